#include "notify.h"

#include "calls.h"
#include "command.h"
#include "descriptors.h"
#include "filter.h"
#include "handlers.h"
#include "left.h"
#include "resources.h"
#include "signals.h"
#include "tracee.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* From Linux 6.6, newer than the headers in use. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#define X32_BIT 0x40000000

/* Calls made by others while the command ended; those that go on for ever shall not hold it up. */
#define LAST_CALLS_MAX 256

/* How long what was written may wait to be copied. If its thread is killed meanwhile, nobody knows how much it was. */
#define WRITING_MILLISECONDS 10

static const struct backend *const self = &notify_backend;

static void refuse(struct refusal *refusal, const char *code, const char *remedy, const char *sentence)
{
	refusal->code = code;
	refusal->remedy = remedy;
	snprintf(refusal->sentence, sizeof(refusal->sentence), "%s", sentence);
}

static void refuse_filter(struct refusal *refusal, int error)
{
	switch (error) {
	case EBUSY:
		refuse(refusal, "SECCOMP_BUSY", "run it outside of the other tracer or container",
		       "another program already watches this process tree through seccomp");
		break;
	case EPERM:
	case EACCES:
		refuse(refusal, "SECCOMP_FORBIDDEN",
		       "allow seccomp(2) in the sandbox or container, or pass --untraced",
		       "seccomp(2) is forbidden here");
		break;
	default:
		refuse(refusal, "SECCOMP_UNAVAILABLE",
		       "Linux 5.5 or later with CONFIG_SECCOMP_FILTER is needed; in a container, allow seccomp(2); "
		       "or pass --untraced",
		       "seccomp user notification is not available here");
	}
}

static int let_go_on(int listener, uint64_t id)
{
	struct seccomp_notif_resp response = { .id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static void notify_let_go_on(int listener, const void *shared)
{
	const struct calls_in_hand *in_hand = shared;

	let_go_on(listener, in_hand->notification.id);
	for (unsigned i = 0; i < ENDINGS_MAX; i++) {
		if (in_hand->held[i] != 0)
			let_go_on(listener, in_hand->held[i]);
		if (in_hand->parked[i] != 0)
			let_go_on(listener, in_hand->parked[i]);
	}
}

static void notify_let_one_go_on(int listener)
{
	struct seccomp_notif notification;

	memset(&notification, 0, sizeof(notification));
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification) == 0)
		let_go_on(listener, notification.id);
}

/* Until nothing is left under the filter: without a listener even exit_group(2) fails with ENOSYS. */
static void let_all_go_on(int listener)
{
	struct pollfd polled = { .fd = listener, .events = POLLIN };

	pid_t ended = 0;

	/* Before Linux 5.9 the listener does not tell the end; having no descendants does. */
	do {
		if (poll(&polled, 1, 1000) > 0 && (polled.revents & POLLIN))
			notify_let_one_go_on(listener);
		while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
			;
	} while (!(polled.revents & (POLLHUP | POLLERR | POLLNVAL)) && (ended == 0 || errno != ECHILD));
}

/*
 * Once the supervisor has gone, calls that stop fail, exit_group(2) too, unless
 * the launcher lets them go on. While this process itself held the listener they
 * would wait for ever.
 */
static _Noreturn void end_unwatched(int listener, int status)
{
	if (listener >= 0)
		close(listener);
	syscall(SYS_exit_group, status);
	kill(getpid(), SIGKILL);
	abort();
}

/* Trying it out */

/* In the child: a listener for the parent, then one call for it to read. Within a trace there is nothing to try. */
static int try_in_child(int socket)
{
	struct report report = { .kind = REPORT_STARTED };
	bool unprivileged;
	int listener = -1;

	if (session_is_watched())
		return report_send(socket, &report, -1) < 0;
	listener = filter_install(false, &unprivileged);
	if (listener < 0) {
		report.kind = REPORT_FAILED;
		report.status = errno;
	}
	if (report_send(socket, &report, listener) < 0)
		end_unwatched(listener, 1);
	if (listener < 0)
		return 1;
	close(listener);
	access("/oodate-probe", F_OK);
	return 0;
}

static int try_as_supervisor(int socket, pid_t child, struct refusal *refusal)
{
	struct seccomp_notif notification;
	struct report report = { .kind = REPORT_FAILED, .status = EIO };
	const struct call *call;
	char text[32];
	struct pollfd polled = { .events = POLLIN };
	int listener, failed = -1;

	memset(&notification, 0, sizeof(notification));
	if (report_receive(socket, &report, &listener) != 1 || report.kind == REPORT_FAILED) {
		refuse_filter(refusal, report.status);
		return -1;
	}
	if (listener < 0)
		return 0;
	/* Receiving would wait for ever for a child that was killed. */
	polled.fd = listener;
	if (poll(&polled, 1, -1) != 1 || !(polled.revents & POLLIN) ||
	    ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification) < 0) {
		refuse_filter(refusal, errno);
	} else if ((call = call_by_number(notification.data.nr)) == NULL ||
		   tracee_string(child, notification.data.args[call->path - 1], text, sizeof(text)) < 0) {
		refuse(refusal, "MEMORY_FORBIDDEN",
		       "set kernel.yama.ptrace_scope to 0 or 1, or give the probe CAP_SYS_PTRACE",
		       "the memory of a traced process may not be read");
	} else if (let_go_on(listener, notification.id) < 0) {
		refuse_filter(refusal, ENOSYS);
	} else {
		failed = 0;
	}
	if (failed)
		kill(child, SIGKILL);
	let_all_go_on(listener);
	close(listener);
	return failed;
}

static int notify_check(struct refusal *refusal)
{
	int sockets[2], result;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0 || (child = fork()) < 0) {
		refuse(refusal, "NO_PROCESS", "free memory or processes", strerror(errno));
		return -1;
	}
	if (child == 0) {
		close(sockets[0]);
		end_unwatched(-1, try_in_child(sockets[1]));
	}
	close(sockets[1]);
	result = try_as_supervisor(sockets[0], child, refusal);
	close(sockets[0]);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}

/* The command's first process, up to its exec */

/* Comes back with the reason if that is not possible. */
static void come_under_filter(const struct command *command, int socket, int end, struct report *report)
{
	unsigned terminals = terminal_copied_streams(&command->terminal);
	const struct attachment given = { command->log, end, (command->bmake ? ATTACH_BMAKE : 0) | ATTACH_TERMINALS(terminals),
					  command->terminal.copy.file };
	bool unprivileged = false;
	int listener = -1;

	if (!session_is_watched()) {
		listener = filter_install(terminals != 0, &unprivileged);
		if (listener < 0) {
			refuse_filter(&report->refusal, errno);
			return;
		}
	}
	report->kind = REPORT_STARTED;
	report->signal = unprivileged;
	if (report_send(socket, report, listener) < 0)
		end_unwatched(listener, EXIT_PROBE_FAILED);
	if (listener >= 0)
		close(listener);
	/* Attaching notes which files are given to the command: where its output is copied, they are not. */
	command_mark_in_place(command, FD_CLOEXEC);
	if (session_attach(&given) == 0) {
		command_mark_in_place(command, 0);
		return;
	}
	report->kind = REPORT_FAILED;
	refuse(&report->refusal, "NO_SESSION", "Linux 5.6 or later is needed, and free descriptors", strerror(errno));
	/* With no supervisor to tell there is a launcher that lets the command go on. */
	if (report_send(socket, report, -1) == 0)
		_exit(EXIT_PROBE_FAILED);
	report->kind = REPORT_STARTED;
}

static void become_command(const struct command *command, int socket, int end)
{
	struct report report = { .kind = REPORT_FAILED, .status = EXIT_PROBE_FAILED };

	command_take_places(command);
	come_under_filter(command, socket, end, &report);
	if (report.kind == REPORT_STARTED)
		command_execute(command, self->name, &report);
	report_send(socket, &report, -1);
	end_unwatched(-1, report.status);
}

/* The supervisor */

/* A thread could not be placed: any of the sessions may be its own. */
static void tell_overload(struct watch *w)
{
	for (struct session *s = w->tasks.sessions; s != NULL; s = s->next) {
		if (!s->overload_told)
			record_incomplete_here(&s->recorder, s->root,
					       "there were too few descriptors or too little memory to see all");
		s->overload_told = true;
	}
}

/*
 * A signal that comes while a call waits to be received ends it unseen. Mostly
 * it is made again, but a program whose handler does not ask for that finds an
 * error that it would never have found alone.
 */
static void tell_interruption(struct watch *w)
{
	for (struct session *s = w->tasks.sessions; s != NULL; s = s->next) {
		if (!s->interruption_told)
			record_incomplete_here(&s->recorder, s->root,
					       "a signal interrupted a call that would not have been interrupted otherwise");
		s->interruption_told = true;
	}
}

static void process_ended(void *context, pid_t pid)
{
	struct watch *w = context;

	tasks_note_end(&w->tasks, pid, w->next_call);
	changes_settle_process(&w->changes, pid);
	writings_abandon(&w->writings, pid);
	targets_abandon(&w->targets, &w->tasks, pid);
	endings_over(&w->endings, pid);
	if (pid == w->root)
		w->root_ended = true;
}

/*
 * Calls are numbered one by one. Those of threads that their process ends just
 * now need not be made any more. Go interrupts its own threads by SIGURG all the
 * time, and what it interrupts is made again. So is what the end of a job interrupts
 * in bmake.
 */
static void count_call(struct watch *w, uint64_t number)
{
	struct tasks *t = &w->tasks;

	if (w->next_call != 0 && number != w->next_call && t->ending_threads == 0) {
		tasks_collect(t, process_ended, w);
		if (!tasks_catch(t, SIGURG) && !targets_explain_loss(t, w->next_call))
			tell_interruption(w);
	}
	w->next_call = number + 1;
}

/* Gives the process, if it is watched and still there. */
static const struct process *record_call(struct watch *w, const struct seccomp_notif *notification,
					 struct seccomp_notif_resp *answer)
{
	struct request request = { .watch = w, .notification = notification, .answer = answer };
	bool foreign = notification->data.arch != FILTER_ARCHITECTURE || (notification->data.nr & X32_BIT);

	request.call = foreign ? NULL : call_by_number(notification->data.nr);
	changes_settle(&w->changes, (pid_t)notification->pid);
	if (targets_concern(w->targets, &w->tasks, (pid_t)notification->pid)) {
		tasks_collect(&w->tasks, process_ended, w);
		targets_settle(&w->targets, &w->tasks, (pid_t)notification->pid);
	}
	request.task = tasks_find(&w->tasks, (pid_t)notification->pid);
	if (request.task == NULL) {
		/* Gone meanwhile, or there was no descriptor or memory to place it with. */
		if (errno != ENOENT && errno != ESRCH)
			tell_overload(w);
		return NULL;
	}
	request.process = request.task->process;
	request.task->writer.counted = false;
	if (request.task->writer.writes)
		writings_settle(&w->writings, request.task);
	request.process->exiting = false;
	if (request.process->session == NULL) {
		if (request.call != NULL && request.call->handle == handle_attach)
			handle_attach(&request);
		return NULL;
	}
	w->resolver.recorder = &request.process->session->recorder;
	if (foreign)
		handle_foreign(&request);
	else if (request.call != NULL)
		request.call->handle(&request);
	return request.process;
}

static bool answer_waits(struct watch *w, const struct process *process, const struct seccomp_notif_resp *answer)
{
	if (process->exiting)
		return endings_hold(&w->endings, process->pid, process->parent, answer->id);
	return endings_park(&w->endings, process->pid, answer);
}

/* may_wait: what waits to be answered will be looked at again. */
static void serve(struct watch *w, int listener, bool may_wait)
{
	struct seccomp_notif *notification = &w->endings.in_hand->notification;
	struct seccomp_notif_resp answer = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	const struct process *process;

	memset(notification, 0, sizeof(*notification));
	/*
	 * ENOENT: the thread was killed meanwhile. The kernel itself writes to the
	 * shared memory, so that at no moment a call is received and not known there.
	 */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, notification) < 0)
		return;
	answer.id = notification->id;
	count_call(w, notification->id);
	process = record_call(w, notification, &answer);
	if (process != NULL && may_wait && answer_waits(w, process, &answer))
		return;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0 && errno == ENOENT && w->interruptible)
		tell_interruption(w);
}

/* What ends because the command has ended needs a moment for it. */
static void serve_those_left(struct watch *w, int listener)
{
	struct pollfd polled[] = { { .fd = listener, .events = POLLIN }, { .fd = w->tasks.epoll, .events = POLLIN } };
	int left;

	while (tasks_await_ends(&w->tasks) && (left = left_patience()) > 0) {
		if (poll(polled, 2, left) <= 0)
			continue;
		if (polled[1].revents)
			tasks_collect(&w->tasks, process_ended, w);
		if (polled[0].revents & POLLIN)
			serve(w, listener, false);
		else if (polled[0].revents)
			polled[0].fd = -1;
	}
}

/* Processes have ended, sessions perhaps with them: those end when what has been called by then is recorded. */
static void collect(struct watch *w, int listener)
{
	struct pollfd polled = { .fd = listener, .events = POLLIN };

	tasks_collect(&w->tasks, process_ended, w);
	if (!tasks_have_ended_session(&w->tasks))
		return;
	endings_release(&w->endings);
	for (int i = 0; i < LAST_CALLS_MAX && poll(&polled, 1, 0) > 0 && (polled.revents & POLLIN); i++)
		serve(w, listener, false);
	tasks_collect(&w->tasks, process_ended, w);
	serve_those_left(w, listener);
	writings_end(&w->writings);
	tasks_end_sessions(&w->tasks);
}

/* Waits as poll(2) does, and sees meanwhile to what must not wait for long. */
static int await(struct watch *w, struct pollfd polled[2])
{
	const struct timespec soon = { .tv_nsec = w->endings.count > 0 ? endings_look(&w->endings) : 0 };
	int count;

	if (soon.tv_nsec > 0)
		return ppoll(polled, 2, &soon, NULL);
	count = poll(polled, 2, writings_wait(&w->writings) ? WRITING_MILLISECONDS : -1);
	if (count == 0)
		writings_flush(&w->writings);
	return count;
}

static void watch_until_end(struct watch *w, int listener)
{
	struct pollfd polled[] = { { .fd = listener, .events = POLLIN }, { .fd = w->tasks.epoll, .events = POLLIN } };

	while (!w->root_ended) {
		int count = await(w, polled);

		if (count < 0)
			continue;
		/* That may serve the call which was waiting; receiving another where there is none would not return. */
		if (polled[1].revents)
			collect(w, listener);
		else if (polled[0].revents & POLLIN)
			serve(w, listener, true);
		else if (polled[0].revents)
			polled[0].fd = -1;
	}
	endings_release(&w->endings);
}

static void linger(int listener)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++)
		dup2(nowhere, fd);
	keep_descriptors(&listener, 1);
	let_all_go_on(listener);
}

/* Sees to it that the command's process is watched, by this process unless a probe around it does. */
static int start_watch(struct watch *w, const struct command *command, pid_t child, int listener)
{
	uint64_t flags = SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP;

	if (listener < 0)
		return 0;
	w->endings.listener = listener;
	w->endings.in_hand = command->shared;
	w->copies_terminals = terminal_copied_streams(&command->terminal) != 0;
	w->endings.copies_terminals = w->copies_terminals;
	w->root = child;
	w->changes.resolver = &w->resolver;
	w->interruptible = filter_is_interruptible();
	raise_limit(RLIMIT_NOFILE);
	raise_limit(RLIMIT_FSIZE);
	/* Before Linux 6.6 there is no such flag, and waking up takes a little longer. */
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags);
	return tasks_open(&w->tasks) < 0 || tasks_find(&w->tasks, child) == NULL ? -1 : 0;
}

static void notify_supervise(const struct command *command, int launcher)
{
	static struct watch w;
	struct report report = { .status = EXIT_PROBE_FAILED };
	int sockets[2], ends[2], listener = -1, unused;
	pid_t child;

	child = command_fork(command, launcher, sockets, ends);
	if (child < 0)
		return;
	if (child == 0)
		become_command(command, sockets[1], ends[1]);
	close(sockets[1]);
	close(ends[1]);
	refuse_filter(&report.refusal, EIO);
	if (report_receive(sockets[0], &report, &listener) != 1 || report.kind == REPORT_FAILED) {
		command_fail(command, launcher, &report);
		return;
	}
	w.unprivileged = report.signal;
	if (start_watch(&w, command, child, listener) < 0) {
		refuse(&report.refusal, "NO_PROCESS", "free memory or descriptors", strerror(errno));
		report.status = EXIT_PROBE_FAILED;
		command_fail(command, launcher, &report);
		return;
	}
	command_close_output(command);
	report = (struct report){ .kind = REPORT_STARTED, .pid = child };
	report_send(launcher, &report, listener);
	signals_tell_stops(child, launcher);

	if (listener >= 0)
		watch_until_end(&w, listener);
	command_receive_ending(command, ends[0], child, &report);

	fcntl(sockets[0], F_SETFL, O_NONBLOCK);
	if (report_receive(sockets[0], &report, &unused) == 1)
		command_write_failure(command, &report.refusal);
	close(command->log);
	signals_tell_stops(0, -1);
	report_send(launcher, &report, -1);
	close(launcher);
	if (listener < 0)
		return;
	tasks_close(&w.tasks);
	linger(listener);
}

static void notify_release(void)
{
}

static void notify_collect(void)
{
}

const struct backend notify_backend = {
	.name = "notify",
	.description = "seccomp user notification; needs no privilege",
	.limits = notify_limits,
	.check = notify_check,
	.release = notify_release,
	.collect = notify_collect,
	.supervise = notify_supervise,
	.let_go_on = notify_let_go_on,
	.let_one_go_on = notify_let_one_go_on,
};
