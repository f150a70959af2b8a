/*
 * The copy of what the command prints, as a file: a line "streams" with those of its
 * descriptors 1 and 2 that are a pipe or file, perhaps a line "terminals" with those that are a
 * terminal, then pieces in their order: a line "STREAM LENGTH", then that many bytes. A line
 * "void" among them says that those of terminals are not all there. A last line
 * "end" says that the others are: there was not more than is kept, and every write succeeded.
 *
 * Two processes add to it, the launcher and the supervisor, each by one call a piece.
 */
#ifndef OODATE_COPY_H
#define OODATE_COPY_H

#include <stdbool.h>
#include <stddef.h>

/* More is not kept, in bytes. */
#define COPY_MAX (16u << 20)

struct copy {
	int file; /* open for appending; -1 for none */
	bool full; /* nothing more is added by this process */
	bool broken; /* the last piece is not there as a whole */
	size_t kept;
};

/* Writes the beginning. streams, terminals: bit 0 for stdout, bit 1 for stderr. */
void copy_begin(struct copy *c, unsigned streams, unsigned terminals);
void copy_keep(struct copy *c, int stream, const void *bytes, size_t length);
/* Of what is written to terminals something is missing. To be called by the supervisor. */
void copy_give_up_terminals(struct copy *c);
void copy_end(struct copy *c);

#endif
