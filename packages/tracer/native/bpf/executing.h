/*
 * Which processes execute the files that are of interest, so that the first to begin and the last to end can be told.
 * A process is known by what process_key() in changes.bpf.c gives.
 */
#ifndef OODATE_EXECUTING_H
#define OODATE_EXECUTING_H

#include "../monitor/change.h"

/* The program and, for a script, the script. */
#define EXECUTED_MAX 2

/* Returns 1 if nobody has executed it until now, 0 if somebody has, -1 with errno. */
int executing_begin(uint64_t process, const struct file_key *file);
void executing_fork(uint64_t parent, uint64_t child);
/* Writes the files that nobody executes any more. Returns how many. */
unsigned executing_end(uint64_t process, struct file_key ended[EXECUTED_MAX]);
/* Something was lost: drops the processes that are gone. */
void executing_check(void);

#endif
