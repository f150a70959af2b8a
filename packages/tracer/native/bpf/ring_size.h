/* The size of the ring buffer, as the probe is told it, and the loader by the probe. */
#ifndef OODATE_RING_SIZE_H
#define OODATE_RING_SIZE_H

#include <stdlib.h>

/* Bytes, as the kernel wants them: a power of two, in whole pages, which have at most 64 KiB. */
#define RING_SIZE_LEAST (64u << 10)
#define RING_SIZE_MOST (256u << 20)

/* 0 if the word is no such number. */
static inline unsigned ring_size_read(const char *word)
{
	char *end;
	unsigned long size = strtoul(word, &end, 10);

	return *end == '\0' && size <= RING_SIZE_MOST && size >= RING_SIZE_LEAST && (size & (size - 1)) == 0 ?
		       (unsigned)size :
		       0;
}

#endif
