/*
 * What traced threads write to a terminal, under the notify backend. It sees a call before
 * it is made. How much that has written the thread's counters tell once it is over
 * (proc_pid_io(5)); a call that a signal makes begin anew has then written nothing. Until that is known
 * it waits, and what others write after it waits behind it.
 */
#ifndef OODATE_WRITTEN_H
#define OODATE_WRITTEN_H

#include "tasks.h"

struct writing;

struct writings {
	struct writing *first;
	size_t held; /* bytes */
};

/* What a call is about to write: one buffer, or as many as are listed at that address. */
struct buffers {
	uint64_t address, length, listed;
};

/* The thread is about to write to its descriptor. */
void writings_begin(struct writings *w, struct task *task, int fd, const struct buffers *buffers);
/* It is about to write there what cannot be read from its memory. */
void writings_begin_hidden(struct writings *w, const struct task *task, int fd);
/* The thread makes another call: what it wrote before is over. */
void writings_settle(struct writings *w, struct task *task);
/* The process ends, and all of its threads with it. */
void writings_settle_process(struct writings *w, pid_t pid);
/* It has ended. */
void writings_abandon(struct writings *w, pid_t pid);
/* Copies what is known by now. */
void writings_flush(struct writings *w);
/* Copies are to be whole now: what is not known makes those that it belongs to incomplete. */
void writings_end(struct writings *w);
/* Is there anything to be flushed? */
bool writings_wait(const struct writings *w);

#endif
