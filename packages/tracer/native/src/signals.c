#include "signals.h"

#include "backend.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A parent that hands on what the terminal sent does so within this time. */
#define SAME_EVENT_SECONDS 2

int signals_open(struct signals *s, pid_t parent)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t set;

	*s = (struct signals){ .parent = parent };
	sigfillset(&set);
	sigdelset(&set, SIGCHLD);
	/* Where SIGCHLD is ignored there would be no exit status. */
	if (sigprocmask(SIG_BLOCK, &set, &s->given_mask) < 0 || sigaction(SIGCHLD, &plain, &s->given_child) < 0)
		return -1;
	s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->fd < 0 ? -1 : 0;
}

void signals_restore(const struct signals *s)
{
	sigaction(SIGCHLD, &s->given_child, NULL);
	sigprocmask(SIG_SETMASK, &s->given_mask, NULL);
}

/* Timers are handed on by execve(2): one that was set before the probe began is the command's. */
static bool is_from_timer(int number)
{
	return number == SIGALRM || number == SIGVTALRM || number == SIGPROF;
}

int signals_next(struct signals *s, bool *group)
{
	struct signalfd_siginfo info;

	while (read(s->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		int number = (int)info.ssi_signo;
		pid_t sender = (pid_t)info.ssi_pid;
		time_t now = time(NULL);
		bool from_kernel = info.ssi_code > 0;

		/* Of our own making: a write where nobody reads, or of more than is allowed. */
		if (!from_kernel && sender == getpid())
			continue;
		if (from_kernel ? !is_from_timer(number) : s->parent != 0 && sender != s->parent)
			s->seen[number] = now;
		*group = s->seen[number] != 0 && now - s->seen[number] < SAME_EVENT_SECONDS;
		return number;
	}
	return 0;
}

static bool is_stopped(pid_t pid)
{
	char name[32], text[512];
	const char *state;
	FILE *file;
	size_t length;

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	file = fopen(name, "re");
	if (file == NULL)
		return false;
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	state = strrchr(text, ')');
	return state != NULL && strncmp(state, ") T", 3) == 0;
}

void signals_pass(int number, pid_t pid, int pidfd)
{
	if (number != SIGCONT || is_stopped(pid))
		syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

/* With its default effect, however it was given to us. */
static void raise_plainly(int number)
{
	struct sigaction plain = { .sa_handler = SIG_DFL }, given;
	sigset_t set, before;

	sigemptyset(&set);
	sigaddset(&set, number);
	sigaction(number, &plain, &given);
	kill(getpid(), number);
	sigprocmask(SIG_UNBLOCK, &set, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	sigaction(number, &given, NULL);
}

void signals_suspend(int number)
{
	raise_plainly(number);
}

void signals_die(int number)
{
	struct rlimit none = { 0, 0 };

	/* The command has left its own core file, if any. */
	setrlimit(RLIMIT_CORE, &none);
	raise_plainly(number);
	_exit(128 + number);
}

static volatile pid_t told_child;
static volatile int told_socket;

static void tell_stop(int number)
{
	struct report report = { .kind = REPORT_STOPPED };
	siginfo_t info = { 0 };
	int error = errno;

	(void)number;
	if (waitid(P_PID, (id_t)told_child, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid != 0) {
		report.signal = info.si_status;
		report_send(told_socket, &report, -1);
	}
	errno = error;
}

void signals_tell_stops(pid_t child, int socket)
{
	struct sigaction action = { .sa_handler = socket < 0 ? SIG_DFL : tell_stop, .sa_flags = SA_RESTART };
	sigset_t set;

	told_child = child;
	told_socket = socket;
	sigaction(SIGCHLD, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	/* It may have been stopped before. */
	if (socket >= 0)
		raise(SIGCHLD);
}
