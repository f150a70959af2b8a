/*
 * The threads and processes of the traced tree, learned as they make calls:
 * which process a thread belongs to, who forked whom, and how each ended.
 */
#ifndef OODATE_TASKS_H
#define OODATE_TASKS_H

#include "record.h"

#include <stdint.h>

#define TASK_BUCKETS 1024

struct process {
	struct process *next;
	struct task *threads;
	pid_t pid;
	int pidfd; /* -1 if there are no descriptors left */
	bool exiting;
	int status; /* what it gave to exit_group(2), once exiting */
	unsigned told; /* reasons for incompleteness already recorded, a bit each */
	uint64_t listed; /* hash of the directory it listed last */
};

struct task {
	struct task *next;
	struct task *sibling;
	struct process *process;
	pid_t tid;
};

struct tasks {
	struct recorder *recorder;
	int epoll; /* readable when a process has ended */
	pid_t root;
	bool root_ended;
	int root_status; /* code and signal, once root_ended */
	int root_signal;
	struct task *by_tid[TASK_BUCKETS];
	struct process *by_pid[TASK_BUCKETS];
};

/* Returns -1 with errno. */
int tasks_open(struct tasks *t, struct recorder *recorder, pid_t root);
/* NULL if the thread has gone or memory has. Records forks not known before. */
struct task *tasks_find(struct tasks *t, pid_t tid);
void tasks_thread_exits(struct tasks *t, struct task *task);
void tasks_process_exits(struct tasks *t, struct task *task, int status);
/* After an exec one thread is left, and it has the process's number. */
void tasks_forget_threads(struct tasks *t, struct process *process);
/* Takes note of all processes that have ended; calls ended for each first. */
void tasks_collect(struct tasks *t, void (*ended)(void *context, pid_t pid), void *context);
/* Records what still runs now that the command has ended. */
void tasks_let_go(struct tasks *t);
/* Records a reason once for a process. */
void tasks_incomplete(struct tasks *t, struct process *process, unsigned bit, const char *reason);
void tasks_close(struct tasks *t);

#endif
