/*
 * Signals while a command runs. They are blocked in the probe's own processes
 * and taken from a descriptor; the command gets back what the probe was given.
 */
#ifndef OODATE_SIGNALS_H
#define OODATE_SIGNALS_H

#include <signal.h>
#include <time.h>

struct signals {
	int fd;
	sigset_t given_mask;
	struct sigaction given_child;
	time_t from_terminal[NSIG]; /* when the terminal last sent it */
};

/* Returns -1 with errno. */
int signals_open(struct signals *s);
/* In the child that will be the command. */
void signals_restore(const struct signals *s);
/* Passes on to the command what came, unless the terminal has sent it there too. */
void signals_forward(struct signals *s, int pidfd);

#endif
