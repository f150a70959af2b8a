/*
 * What the monitor waits for: descriptors and moments, all in one thread. Sources and timers belong to who adds them,
 * and are mostly the first member of something larger.
 */
#ifndef OODATE_LOOP_H
#define OODATE_LOOP_H

#include <stdint.h>

struct source {
	int fd;
	short events; /* as of poll(2); may be changed at any time. 0: errors and hang-ups alone */
	void (*ready)(struct source *source, short happened);
};

struct timer {
	int64_t due; /* as of loop_now(); 0: not set. May be changed at any time */
	void (*elapsed)(struct timer *timer); /* `due` is 0 by then */
};

/* Sources that are ready at the same time are called in the order in which they were added. Returns -1 with errno. */
int loop_add(struct source *source);
int loop_add_timer(struct timer *timer);
/* Both may be called by any that was called by the loop, and for itself, too. */
void loop_remove(struct source *source);
void loop_remove_timer(struct timer *timer);
/* CLOCK_MONOTONIC in nanoseconds. */
int64_t loop_now(void);
/* Calls `before_waiting` each time, and returns what loop_end() has been given. */
int loop_run(void (*before_waiting)(void));
void loop_end(int status);

#endif
