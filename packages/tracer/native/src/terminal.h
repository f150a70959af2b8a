/*
 * What the command writes to its terminal. Nothing stands in its place, as a command
 * can tell any other terminal from its own: the backend sees the calls, and adds to the copy
 * of the output what they have written. Which terminal is meant its device tells,
 * since programs, as Node, open it anew under another number. /dev/tty is another device,
 * and what is written by that name no output.
 */
#ifndef OODATE_TERMINAL_H
#define OODATE_TERMINAL_H

#include "copy.h"

#include <sys/types.h>

#define TERMINAL_STREAM(number) (1u << ((number) - 1))

struct terminal {
	struct copy copy; /* full, too, once something is missing */
	size_t pieces;
	dev_t device[3]; /* of the streams 1 and 2 that are a terminal; 0 for others */
};

/* Those of this process's standard streams that are a terminal, a TERMINAL_STREAM() each. */
unsigned terminal_streams(void);
/* file: as of struct copy. The streams are those of process pid. */
void terminal_begin(struct terminal *t, int file, unsigned streams, pid_t pid);
/* As of terminal_streams(). */
unsigned terminal_copied_streams(const struct terminal *t);
/* Is anything to be copied? */
bool terminal_is_copied(const struct terminal *t);
/* Which stream a device is; 0 for none. second: if it is both, the second is meant. */
int terminal_stream(const struct terminal *t, dev_t device, bool second);
void terminal_keep(struct terminal *t, int stream, const void *bytes, size_t length);
/* Something was written that could not be copied. */
void terminal_give_up(struct terminal *t);

#endif
