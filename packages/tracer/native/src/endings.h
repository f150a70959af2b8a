/*
 * Processes that are about to end. Each sends its parent SIGCHLD, and a signal that comes
 * while a call waits to be received interrupts it, as none of these calls ever is alone: where
 * the handler does not ask for a restart, as that of dash, the program gets EINTR. Once it is
 * received, a call cannot be interrupted. So the last call of a process waits until its
 * parent does something else than making calls, or is at one that was received; that one is
 * answered when the child has ended.
 */
#ifndef OODATE_ENDINGS_H
#define OODATE_ENDINGS_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define ENDINGS_MAX 32

/* Calls that were received and are not answered yet, in memory that the launcher has too, should this process die. */
struct calls_in_hand {
	union {
		struct seccomp_notif notification; /* the one that was received last */
		char room[1024]; /* more than any kernel writes */
	};
	uint64_t held[ENDINGS_MAX], parked[ENDINGS_MAX]; /* their ids; 0: none */
};

struct ending {
	pid_t pid, parent; /* pid 0: none */
	bool is_held;
	struct timespec since;
};

/* A call of a parent, whose child is ending. */
struct parked {
	pid_t pid; /* 0: none */
	struct seccomp_notif_resp answer;
	struct timespec since;
};

struct endings {
	int listener;
	bool copies_terminals; /* the calls that write are sent */
	struct calls_in_hand *in_hand;
	unsigned count; /* of both */
	struct ending endings[ENDINGS_MAX];
	struct parked parked[ENDINGS_MAX];
};

/* The process makes its last call: is that to wait? */
bool endings_hold(struct endings *e, pid_t pid, pid_t parent, uint64_t call);
/* The process makes a call: is its answer to wait? */
bool endings_park(struct endings *e, pid_t pid, const struct seccomp_notif_resp *answer);
/* The process has ended. */
void endings_over(struct endings *e, pid_t pid);
/* Lets go on what need not wait any longer. Gives the nanoseconds after which to look again; 0 if nothing waits. */
long endings_look(struct endings *e);
/* Lets all go on. */
void endings_release(struct endings *e);

#endif
