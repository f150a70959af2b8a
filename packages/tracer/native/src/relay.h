/*
 * Stands between the command's output and where it goes, to keep a copy. The
 * copy is a series of chunks: a line "STREAM LENGTH", then that many bytes. The
 * first line is "streams" with the descriptors that are copied; a last line
 * "end" says that it is whole: there was not more than is kept, and every write
 * succeeded.
 */
#ifndef OODATE_RELAY_H
#define OODATE_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct stream {
	int number; /* 1 or 2 */
	int source; /* reading end of the pipe that the command has; -1 when it is closed */
	int sink; /* where it goes; -1 if nobody reads there any more */
};

struct relay {
	int copy;
	size_t kept;
	bool full;
	int count;
	struct stream streams[2];
};

/*
 * copy: descriptor to write to, or -1 for no relay. output[1] and output[2] are
 * set to what the command is to have. Returns -1 with errno.
 */
int relay_open(struct relay *r, int copy, int output[3]);
/* Fills in what to poll; returns how many (2 at most). */
int relay_poll(const struct relay *r, struct pollfd *polled);
/* Passes on what is there. false once every stream has ended or nothing is left at the moment. */
bool relay_pass(struct relay *r);
/* After the command: passes on the rest; who still holds a pipe is served by a process left behind. */
void relay_finish(struct relay *r);

#endif
