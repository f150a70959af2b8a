/* Processes that a command leaves running. */
#ifndef OODATE_LEFT_H
#define OODATE_LEFT_H

#include "session.h"

/* How long what the command left running is still watched, if that might end by itself. */
#define GRACE_MILLISECONDS 50

/* Is it still running, and a program that may read something more? */
bool left_may_read_more(pid_t pid);
/* Records that it is, if it is. */
void left_record(struct session *s, pid_t pid);
long milliseconds_now(void);

#endif
