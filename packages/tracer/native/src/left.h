/* Processes that a command leaves running. */
#ifndef OODATE_LEFT_H
#define OODATE_LEFT_H

#include "session.h"

/* Is it still running, and a program that may read something more? */
bool left_may_read_more(pid_t pid);
/* Records that it is, if it is. */
void left_record(struct session *s, pid_t pid);
/* Milliseconds for which it is still watched, as it might end by itself: counted from the first call, 0 in the end. */
int left_patience(void);

#endif
