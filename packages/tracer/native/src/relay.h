/*
 * Keeps a copy of the command's output, and disturbs it as little as can be:
 *
 * - In place of a pipe or socket the command gets one of its own, of the same kind
 *   and size, and what it writes there is passed on.
 * - A regular file that nobody else writes to stays as it is, since a program can
 *   tell a file from a pipe, seek in it and fill the disk. What has been
 *   written to it is read afterwards.
 * - A regular file that others write to meanwhile, as a log of many commands, is
 *   passed on to as well: afterwards nobody could tell whose the bytes are.
 * - A terminal stays as it is. What is written to it is for the backend to see: see terminal.h.
 * - Another device stays as it is, and is not copied.
 */
#ifndef OODATE_RELAY_H
#define OODATE_RELAY_H

#include "copy.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define RELAY_STREAMS 2
#define RELAY_POLLED (2 * RELAY_STREAMS)

struct stream {
	int number; /* 1 or 2 */
	bool in_place;
	off_t start; /* in place: where the command began to write */
	bool can_block; /* the sink could not be had without waiting: little at a time goes there */
	int source; /* what the command writes, to be read; -1 when it is at its end */
	int sink; /* where it goes */
	size_t begin, end; /* what waits in bytes */
	char bytes[1 << 16];
};

struct relay {
	struct copy copy;
	int error; /* errno of a sink that could not take it all, as a full disk */
	int count;
	struct stream streams[RELAY_STREAMS];
};

enum relay_state { RELAY_MOVED, RELAY_WAITING, RELAY_IDLE };

/*
 * copy: descriptor to write to, or -1 for nothing at all. terminals: as of copy_begin(). own: processes that hold the
 * same files open and do not count as others, 0 for none. output[1] and output[2] are
 * set to what the command is to have, in_place[1] and [2] where that is a file that is
 * read afterwards. Returns -1 with errno.
 */
int relay_open(struct relay *r, int copy, unsigned terminals, const pid_t own[2], int output[3], bool in_place[3]);
/* In a process that shall not keep them open. */
void relay_close(const struct relay *r);
/* Fills in what to poll; returns how many (RELAY_POLLED at most). */
int relay_poll(const struct relay *r, struct pollfd *polled);
/* Passes on what can be without waiting. WAITING: for who reads. IDLE: there is nothing at the moment. */
enum relay_state relay_pass(struct relay *r);
/* After the command, once idle: ends the copy. Who still holds a pipe is served by a process left behind. */
void relay_finish(struct relay *r);
#endif
