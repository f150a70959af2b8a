/*
 * Targets that a bmake builds while the probe watches it. bmake writes a meta
 * file for each, without the filemon section that it cannot make on Linux: opens
 * it, forks the target's commands, writes, closes. What the children forked
 * meanwhile do goes into a log of the target's own; once bmake has closed the
 * file, the section is appended, before bmake can look at the file again.
 *
 * There is no section for a target that failed or of which not all was seen, nor
 * when bmake ended before it closed the file: no file looks better than it is.
 */
#ifndef OODATE_TARGETS_H
#define OODATE_TARGETS_H

#include "path.h"
#include "tasks.h"

struct target {
	struct target *next;
	struct session *session;
	pid_t bmake;
	bool opened; /* bmake has made a call since the one that opens the meta file */
	int log; /* in memory */
	int fd; /* bmake's, of the meta file; -1 while that is not known */
	dev_t device; /* of the meta file, once fd is known */
	ino_t inode;
	char path[RECORD_PATH_MAX + 1]; /* of the meta file */
};

/* A process is about to open path for writing. Begins a target if the process is a bmake and the path a meta file's. */
void targets_open(struct target **all, struct tasks *tasks, struct process *process, const char *path);
/* Does a call of this thread show how far targets are: that of a bmake, or the first one of a new process? */
bool targets_concern(const struct target *all, const struct tasks *tasks, pid_t tid);
/* Appends the sections that are due as the thread makes a call; the ends of processes have been collected before. */
void targets_settle(struct target **all, struct tasks *tasks, pid_t tid);
/*
 * Was this call, which was never received, one that the end of a job interrupted in a
 * bmake? Such a call is made again, as bmake asks for that. False if it can be another's.
 */
bool targets_explain_loss(const struct tasks *tasks, uint64_t call);
/* A process has ended. If it was a bmake, nothing more comes of its targets. */
void targets_abandon(struct target **all, struct tasks *tasks, pid_t pid);

#endif
