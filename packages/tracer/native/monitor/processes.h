/* What /proc knows of processes. */
#ifndef OODATE_PROCESSES_H
#define OODATE_PROCESSES_H

#include "change.h"

/*
 * Who it is, as far as it still lives: of one that is gone only the pid is known, and the name is empty. `pidfd` says
 * that it is the same one; -1 if there is none, and then nothing is taken for known. With `own_only` executable and words are told of
 * processes of this user alone. The answer is valid until the next call.
 */
const struct actor *processes_actor(pid_t pid, int pidfd, bool own_only);
/* A descriptor of it; -1 with errno. */
int processes_open(pid_t pid);
/* Has it executed anything since it was forked? True if that is not known. */
bool processes_has_executed(pid_t pid);
/* How many execute this file; each is told to `found`, unless that is NULL. */
long processes_executing(const struct file_key *key, void (*found)(void *context, pid_t pid), void *context);

#endif
