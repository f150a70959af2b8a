/* A BPF ring buffer, read from. See the kernel's Documentation/bpf/ringbuf.rst. */
#ifndef OODATE_RING_H
#define OODATE_RING_H

#include <stddef.h>

struct ring {
	unsigned long *consumer, *producer; /* positions, in bytes from the beginning */
	const char *data; /* twice in a row, so that no record is cut */
	size_t size;
};

/* size: as the ring was made. Returns -1 with errno. */
int ring_open(struct ring *ring, int fd, size_t size);
/* Calls take for each record that is there. */
void ring_take_all(struct ring *ring, void (*take)(void *context, const void *record, size_t length), void *context);

#endif
