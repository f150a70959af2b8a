/* Processes that a command leaves running. */
#ifndef OODATE_LEFT_H
#define OODATE_LEFT_H

#include "session.h"

/* Is it still running, and a program that may read something more? */
bool left_may_read_more(pid_t pid);
/* Records that it is, if it is. */
void left_record(struct session *s, pid_t pid);
/*
 * Milliseconds until it is looked at again, as it might end by itself: counted from the first call, 0 in the end. That comes later
 * if what was looked at last by the above is about to run, and has only no processor.
 */
int left_patience(void);

#endif
