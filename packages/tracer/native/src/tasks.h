/*
 * The threads and processes of the traced tree, learned as they make calls:
 * which process a thread belongs to, who forked whom, and how each ended.
 */
#ifndef OODATE_TASKS_H
#define OODATE_TASKS_H

#include "session.h"

#include <stdint.h>

#define TASK_BUCKETS 1024

/* Calls of a thread that wrote, and bytes that they have written. */
struct write_counts {
	unsigned long long calls, bytes;
};

struct process {
	struct process *next;
	struct task *threads;
	struct session *session; /* the innermost one it is part of; NULL before the outermost has begun */
	struct session *target; /* of the process itself, a bmake: that its children go to; NULL for its own */
	pid_t pid, parent; /* parent: when it was first seen */
	int pidfd; /* -1 if there are no descriptors left */
	bool exiting;
	bool ends_threads; /* by its exit, which may find other threads amid a call */
	int status; /* what it gave to exit_group(2), once exiting */
	unsigned told; /* reasons for incompleteness already recorded, a bit each */
	uint64_t child_ended; /* number of the call that was awaited when a child of its had ended; 0: none has */
	uint64_t listed; /* hash of the directory it listed last */
};

/* What is known of a thread that writes to a terminal, see written.h. */
struct writer {
	bool writes; /* how much is not known yet */
	bool counted; /* since it made the call in hand */
	struct write_counts counts;
	int file; /* that has its counts, from the first time on; else 0 */
};

struct task {
	struct task *next;
	struct task *sibling;
	struct process *process;
	pid_t tid;
	struct writer writer;
};

struct tasks {
	int epoll; /* readable when a process has ended */
	struct session *sessions; /* that are open */
	unsigned ending_threads; /* processes that end other threads of theirs at this moment */
	struct task *by_tid[TASK_BUCKETS];
	struct process *by_pid[TASK_BUCKETS];
};

/* Returns -1 with errno. */
int tasks_open(struct tasks *t);
bool tasks_know(const struct tasks *t, pid_t tid);
/* NULL if the thread has gone or memory has. Records forks not known before. */
struct task *tasks_find(struct tasks *t, pid_t tid);
void tasks_thread_exits(struct tasks *t, struct task *task);
void tasks_process_exits(struct tasks *t, struct task *task, int status);
/* After an exec one thread is left, and it has the process's number. */
void tasks_forget_threads(struct tasks *t, struct process *process);
/* Takes note of all processes that have ended; calls ended for each first. */
void tasks_collect(struct tasks *t, void (*ended)(void *context, pid_t pid), void *context);
/* Before the process is forgotten: its parent is sent SIGCHLD for it. call: number of the one awaited. */
void tasks_note_end(struct tasks *t, pid_t pid, uint64_t call);
/* May the end of a child have interrupted the process in this call, which was never received? */
bool tasks_may_lose(const struct tasks *t, const struct process *process, uint64_t call);
/* The process begins a session, with descriptors of its own. Returns -1 with errno. */
int tasks_begin_session(struct tasks *t, struct process *process, const struct attachment *given);
bool tasks_have_ended_session(const struct tasks *t);
/* Does any process catch this signal? */
bool tasks_catch(const struct tasks *t, int signal);
/* Is anything still running that makes an ended session incomplete, or about to end? */
bool tasks_await_ends(const struct tasks *t);
/* Ends the sessions whose root has ended, after recording what they left running. */
void tasks_end_sessions(struct tasks *t);
/* Ends the session of a target of the process bmake, after recording what it left running. */
void tasks_end_target(struct tasks *t, struct session *s, pid_t bmake);
/* Records a reason once for a process. */
void tasks_incomplete(struct process *process, unsigned bit, const char *reason);
void tasks_close(struct tasks *t);

#endif
