/*
 * Signals while a command runs. They are blocked in the probe's own processes
 * and taken from a descriptor; the command gets back what the probe was given.
 *
 * A terminal signals its whole process group, and so may kill(2): then the
 * command has the signal already. What is sent to the probe alone is passed on.
 */
#ifndef OODATE_SIGNALS_H
#define OODATE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <time.h>

struct signals {
	int fd;
	sigset_t given_mask;
	struct sigaction given_child;
	pid_t parent; /* the only one who sends to this process alone; 0: anyone may */
	time_t seen[NSIG]; /* when it last came to the whole process group */
};

/* parent: 0, or whom alone to take signals from that are for this process alone. Returns -1 with errno. */
int signals_open(struct signals *s, pid_t parent);
/* In the child that will be the command. */
void signals_restore(const struct signals *s);
/* The next that has come, or 0. *group: the command has it already, as part of the process group. */
int signals_next(struct signals *s, bool *group);
/* Sends it on; SIGCONT only if the process is stopped. */
void signals_pass(int number, pid_t pid, int pidfd);
/* Stops this process as a command was stopped, and returns when it is to go on. */
void signals_suspend(int number);
/* Ends this process as a command was ended: a shell tells an end by SIGINT from an exit status of 130. */
_Noreturn void signals_die(int number);
/* Tells on this socket, by REPORT_STOPPED, of each time that the child is stopped. socket: -1 for no longer. */
void signals_tell_stops(pid_t child, int socket);

#endif
