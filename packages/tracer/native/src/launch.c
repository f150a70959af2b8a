#include "launch.h"

#include "descriptors.h"
#include "record.h"
#include "relay.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct launcher {
	const struct launch *launch;
	struct signals signals;
	struct relay relay;
	int supervisor; /* socket; -1 once it has gone */
	pid_t supervisor_pid; /* 0 once it was waited for */
	pid_t command; /* 0 before it is started */
	int pidfd;
	int calls; /* for let_go_on() */
	void *shared;
	bool ended;
	int status; /* exit status, or */
	int signal; /* what ended it */
};

static void say(const struct launcher *l, const struct refusal *refusal)
{
	if (l->launch->quiet)
		return;
	fprintf(stderr, "oodate-probe: %s\n", refusal->sentence);
	if (refusal->remedy != NULL)
		fprintf(stderr, "oodate-probe: %s\n", refusal->remedy);
}

/* From now on this process lets the command's calls go on. */
static void take_over(struct launcher *l)
{
	static const struct refusal never_began = { .code = "PROBE_FAILED",
						    .sentence = "the probe's supervisor was ended as the command began" };

	close(l->supervisor);
	l->supervisor = -1;
	if (recorder_give_up(l->launch->log) < 0)
		fprintf(stderr, "oodate-probe: the log could not be written: %s\n", strerror(errno));
	if (l->command == 0) {
		/* Its first call, with which it would begin, fails without the supervisor. */
		dprintf(l->launch->log, "# Failed %s %s\n", never_began.code, never_began.sentence);
		say(l, &never_began);
		l->ended = true;
		l->status = EXIT_PROBE_FAILED;
	} else {
		l->launch->backend->let_go_on(l->calls, l->shared);
	}
}

static void hear_supervisor(struct launcher *l)
{
	struct report report;
	int fd;

	if (report_receive(l->supervisor, &report, &fd) != 1) {
		take_over(l);
		return;
	}
	switch (report.kind) {
	case REPORT_STARTED:
		l->command = report.pid;
		l->calls = fd;
		l->pidfd = (int)syscall(SYS_pidfd_open, report.pid, 0);
		break;
	case REPORT_STOPPED:
		/* Who waits for this process is to see that; the command goes on by itself, or by signals_pass(). */
		signals_suspend(report.signal);
		break;
	case REPORT_ENDED:
		l->ended = true;
		l->status = report.status;
		l->signal = report.signal;
		break;
	case REPORT_FAILED:
		l->ended = true;
		l->status = report.status;
		say(l, &report.refusal);
		break;
	}
}

static void collect_command(struct launcher *l)
{
	pid_t ended;
	int status;

	/* Only with its end do its children become this process's; its socket is closed before. */
	if (l->supervisor_pid != 0 && waitpid(l->supervisor_pid, NULL, WNOHANG) == 0)
		return;
	l->supervisor_pid = 0;
	ended = waitpid(l->command, &status, WNOHANG);
	if (ended == 0 || (ended < 0 && errno != ECHILD))
		return;
	l->ended = true;
	/* The supervisor had waited for it and could not tell any more. */
	if (ended < 0)
		l->status = EXIT_PROBE_FAILED;
	else if (WIFSIGNALED(status))
		l->signal = WTERMSIG(status);
	else
		l->status = WEXITSTATUS(status);
}

static void hear_signals(struct launcher *l)
{
	bool group;
	int number;

	while ((number = signals_next(&l->signals, &group)) != 0)
		if (!group)
			signals_pass(number, l->command, l->pidfd);
}

static void run(struct launcher *l)
{
	enum { SIGNALS, SUPERVISOR, CALLS, COMMAND, FIXED };

	while (!l->ended) {
		bool alone = l->supervisor < 0;
		struct pollfd polled[FIXED + RELAY_POLLED] = {
			[SIGNALS] = { .fd = l->command == 0 ? -1 : l->signals.fd, .events = POLLIN },
			[SUPERVISOR] = { .fd = l->supervisor, .events = POLLIN },
			[CALLS] = { .fd = alone ? l->calls : -1, .events = POLLIN },
			[COMMAND] = { .fd = alone ? l->pidfd : -1, .events = POLLIN },
		};
		int streams = relay_poll(&l->relay, polled + FIXED);

		if (poll(polled, (nfds_t)(FIXED + streams), -1) < 0)
			continue;
		relay_pass(&l->relay);
		if (polled[SIGNALS].revents)
			hear_signals(l);
		if (polled[SUPERVISOR].revents)
			hear_supervisor(l);
		if (polled[CALLS].revents & POLLIN)
			l->launch->backend->let_one_go_on(l->calls);
		if (polled[COMMAND].revents)
			collect_command(l);
	}
}

/* Is this one to end by, as the command would that still had to write? */
static bool is_ending(int number)
{
	return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
}

/* Passes on what the command has written, until there is nothing left at the moment. */
static void deliver(struct launcher *l)
{
	enum relay_state state;

	while ((state = relay_pass(&l->relay)) != RELAY_IDLE) {
		struct pollfd polled[1 + RELAY_POLLED] = { { .fd = l->signals.fd, .events = POLLIN } };
		bool group;
		int number;

		if (state == RELAY_MOVED)
			continue;
		if (poll(polled, (nfds_t)(1 + relay_poll(&l->relay, polled + 1)), -1) < 0 || !polled[0].revents)
			continue;
		while ((number = signals_next(&l->signals, &group)) != 0)
			if (is_ending(number))
				signals_die(number);
	}
}

/* What could not be passed on is lost, as the command would have noticed had it been alone. */
static void tell_lost_output(struct launcher *l)
{
	if (l->relay.error == 0)
		return;
	fprintf(stderr, "oodate-probe: the command's output could not be written: %s\n", strerror(l->relay.error));
	if (l->signal == 0 && l->status == 0)
		l->status = EXIT_PROBE_FAILED;
}

/* A process of its own lets what outlives the command go on. */
static void leave_behind(const struct launcher *l)
{
	struct pollfd polled = { .fd = l->calls, .events = POLLIN };

	if (fork() != 0)
		return;
	keep_descriptors(&l->calls, 1);
	while (poll(&polled, 1, -1) < 0 || (polled.revents & POLLIN))
		l->launch->backend->let_one_go_on(l->calls);
	_exit(0);
}

int launch(const struct launch *launch)
{
	static struct launcher l = { .pidfd = -1, .calls = -1 };
	struct command command = { .words = launch->words, .log = launch->log, .bmake = launch->bmake, .output = { 0, 1, 2 } };
	const pid_t own[2] = { launch->caller, launch->caller == 0 ? 0 : getppid() };
	int sockets[2];
	pid_t child;

	l.launch = launch;
	l.shared = mmap(NULL, SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	terminal_begin(&command.terminal, launch->copy, launch->terminals, getpid());
	command.signals = &l.signals;
	command.shared = l.shared;
	if (l.shared == MAP_FAILED || signals_open(&l.signals, own[1]) < 0 ||
	    relay_open(&l.relay, launch->copy, terminal_copied_streams(&command.terminal), own, command.output, command.in_place) < 0 ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0 || (child = fork()) < 0) {
		fprintf(stderr, "oodate-probe: cannot start: %s\n", strerror(errno));
		return EXIT_PROBE_FAILED;
	}
	if (child == 0) {
		close(sockets[0]);
		relay_close(&l.relay);
		launch->backend->supervise(&command, sockets[1]);
		_exit(0);
	}
	close(sockets[1]);
	launch->backend->release();
	for (int i = 1; i < 3; i++)
		if (command.output[i] > 2)
			close(command.output[i]);
	l.supervisor = sockets[0];
	l.supervisor_pid = child;
	run(&l);
	deliver(&l);
	relay_finish(&l.relay);
	tell_lost_output(&l);
	/* With no calls to let go on the supervisor ends; a probe around this one shall have seen that before our own end. */
	if (l.calls < 0)
		waitpid(child, NULL, 0);
	launch->backend->collect();
	if (l.supervisor < 0 && l.calls >= 0)
		leave_behind(&l);
	if (l.signal != 0)
		signals_die(l.signal);
	return l.status;
}
