/* The state of a file as the monitor tells it, see docs/formats/monitor.md. */
#ifndef OODATE_STATE_H
#define OODATE_STATE_H

#include "change.h"
#include "text.h"

#include <limits.h>
#include <sys/stat.h>

struct file_state {
	struct stat st;
	long executing; /* processes; -1: not counted */
	char target[PATH_MAX]; /* of a symbolic link */
};

/* Of what `fd` has open with O_PATH. Processes that execute it are counted if so asked. Returns -1 with errno. */
int state_read(int fd, bool counts, struct file_state *state);
/* As JSON; null if `state` is NULL. */
void state_write(struct text *text, const struct file_state *state);

#endif
