/* A BPF ring buffer, read from. See the kernel's Documentation/bpf/ringbuf.rst. */
#ifndef OODATE_RING_H
#define OODATE_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring {
	unsigned long *consumer, *producer; /* positions, in bytes from the beginning */
	const char *data; /* twice in a row, so that no record is cut */
	size_t size;
};

/* size: as the ring was made. Returns -1 with errno. */
int ring_open(struct ring *ring, int fd, size_t size);
typedef void (*ring_taker)(void *context, const void *record, size_t length);

/* Calls take for each record that is there. */
void ring_take_all(struct ring *ring, ring_taker take, void *context);
/* How far it is filled, for ring_take_until(). */
unsigned long ring_end(const struct ring *ring);
/* Calls take for each record up to there. Returns false at one that is just being written. */
bool ring_take_until(struct ring *ring, unsigned long end, ring_taker take, void *context);

#endif
