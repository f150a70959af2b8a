#include "signals.h"

#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int forwarded[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH };

/* A parent that hands on what the terminal sent does so within this time. */
#define SAME_EVENT_SECONDS 2

int signals_open(struct signals *s)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t set, blocked;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		sigaddset(&set, forwarded[i]);
	blocked = set;
	/* Writing where nobody reads, or more than is allowed, is no reason for the probe to die. */
	sigaddset(&blocked, SIGPIPE);
	sigaddset(&blocked, SIGXFSZ);
	/* Where SIGCHLD is ignored there would be no exit status. */
	if (sigprocmask(SIG_BLOCK, &blocked, &s->given_mask) < 0 || sigaction(SIGCHLD, &plain, &s->given_child) < 0)
		return -1;
	for (size_t i = 0; i < NSIG; i++)
		s->from_terminal[i] = 0;
	s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->fd < 0 ? -1 : 0;
}

void signals_restore(const struct signals *s)
{
	sigaction(SIGCHLD, &s->given_child, NULL);
	sigprocmask(SIG_SETMASK, &s->given_mask, NULL);
}

void signals_forward(struct signals *s, int pidfd)
{
	struct signalfd_siginfo info;

	while (read(s->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		int number = (int)info.ssi_signo;
		time_t now = time(NULL);

		/* The terminal's signal goes to its whole process group, the command included. */
		if (info.ssi_code == SI_KERNEL && number != SIGALRM) {
			s->from_terminal[number] = now;
			continue;
		}
		if (s->from_terminal[number] != 0 && now - s->from_terminal[number] < SAME_EVENT_SECONDS)
			continue;
		if (pidfd >= 0)
			syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
	}
}
