#include "notify.h"

#include "calls.h"
#include "descriptors.h"
#include "filter.h"
#include "handlers.h"
#include "signals.h"
#include "tracee.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* From Linux 6.6, newer than the headers in use. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

#define X32_BIT 0x40000000

/* Calls made by others while the command ended; those that go on for ever shall not hold it up. */
#define LAST_CALLS_MAX 256

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

static void notify_let_go_on(int listener, uint64_t call)
{
	let_go_on(listener, call);
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

/* Trying it out */

/* In the child: a listener for the parent, then one call for it to read. */
static int try_in_child(int socket)
{
	struct report report = { .kind = REPORT_STARTED };
	bool unprivileged;
	int listener = filter_install(false, &unprivileged);

	if (listener < 0) {
		report.kind = REPORT_FAILED;
		report.status = errno;
	}
	if (report_send(socket, &report, listener) < 0 || listener < 0)
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
	int listener, failed = -1;

	memset(&notification, 0, sizeof(notification));
	if (report_receive(socket, &report, &listener) != 1 || listener < 0) {
		refuse_filter(refusal, report.status);
		return -1;
	}
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification) < 0) {
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
	if (child == 0)
		_exit(try_in_child(sockets[1]));
	close(sockets[1]);
	result = try_as_supervisor(sockets[0], child, refusal);
	close(sockets[0]);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}

/* The command's first process, up to its exec */

static void become_command(const struct command *command, int socket, bool watch_input)
{
	struct report report = { .kind = REPORT_STARTED };
	bool unprivileged = false;
	int listener;

	/* Away from the places below, before those are taken. */
	for (int i = 0; i < 3; i++)
		if (command->output[i] != i && dup2(command->output[i], i) < 0)
			_exit(EXIT_PROBE_FAILED);
	setenv("OODATE_PROBE", self->name, 1);
	listener = filter_install(watch_input, &unprivileged);
	if (listener < 0) {
		report.kind = REPORT_FAILED;
		report.status = errno;
	}
	report.signal = unprivileged;
	if (report_send(socket, &report, listener) < 0 || listener < 0)
		_exit(EXIT_PROBE_FAILED);
	close(listener);
	signals_restore(command->signals);
	execvp(command->words[0], command->words);
	report = (struct report){ .kind = REPORT_FAILED, .status = errno };
	report_send(socket, &report, -1);
	_exit(EXIT_NOT_FOUND);
}

/* The supervisor */

static void add_stream(struct watch *w, const struct stat *st)
{
	if (w->streams_count < GIVEN_STREAMS_MAX)
		w->streams[w->streams_count++] = (struct given_stream){ st->st_dev, st->st_ino };
}

/* Does the command get this descriptor of ours, and not for its output alone? */
static bool is_given(const struct command *command, int fd)
{
	return fd == STDIN_FILENO || (fd < 3 ? command->output[fd] == fd : !(fcntl(fd, F_GETFD) & FD_CLOEXEC));
}

/* Calls action for each open file that the command is given. */
static int for_each_given(struct watch *w, const struct command *command,
			  void (*action)(struct watch *w, int fd, const struct stat *st))
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	struct stat st;

	if (directory == NULL)
		return -1;
	while ((entry = readdir(directory)) != NULL) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && is_given(command, fd) && fstat(fd, &st) == 0)
			action(w, fd, &st);
	}
	closedir(directory);
	return 0;
}

static void find_stream(struct watch *w, int fd, const struct stat *st)
{
	bool output = fd == STDOUT_FILENO || fd == STDERR_FILENO;

	if (!output && (S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode) || isatty(fd)))
		add_stream(w, st);
}

/* Files that the command is given open are used without an open that could be seen. */
static void record_given(struct watch *w, int fd, const struct stat *st)
{
	struct path path;
	int mode;

	if (!S_ISREG(st->st_mode) || path_of_descriptor(getpid(), fd, &path) != PATH_FOUND)
		return;
	mode = fcntl(fd, F_GETFL) & O_ACCMODE;
	if (mode != O_WRONLY)
		record_path(w->recorder, 'R', w->tasks.root, path.text);
	if (mode != O_RDONLY)
		record_path(w->recorder, 'W', w->tasks.root, path.text);
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void tell_overload(struct watch *w)
{
	static bool told;

	if (!told)
		record_incomplete(w->recorder, w->tasks.root, "there were too few descriptors or too little memory to see all");
	told = true;
}

static void record_call(struct watch *w, const struct seccomp_notif *notification)
{
	struct request request = { .watch = w, .notification = notification };
	bool foreign = notification->data.arch != FILTER_ARCHITECTURE || (notification->data.nr & X32_BIT);

	request.call = foreign ? NULL : call_by_number(notification->data.nr);
	changes_settle(&w->changes, (pid_t)notification->pid);
	request.task = tasks_find(&w->tasks, (pid_t)notification->pid);
	if (request.task == NULL) {
		/* Gone meanwhile, or there was no descriptor or memory to place it with. */
		if (errno != ENOENT && errno != ESRCH)
			tell_overload(w);
		return;
	}
	request.process = request.task->process;
	request.process->exiting = false;
	if (foreign)
		handle_foreign(&request);
	else if (request.call != NULL)
		request.call->handle(&request);
}

static void serve(struct watch *w, int listener)
{
	struct seccomp_notif notification;

	memset(&notification, 0, sizeof(notification));
	/* ENOENT: the thread was killed meanwhile. */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification) < 0)
		return;
	*w->answering = notification.id;
	record_call(w, &notification);
	let_go_on(listener, notification.id);
	*w->answering = 0;
}

static void process_ended(void *context, pid_t pid)
{
	struct watch *w = context;

	changes_settle_process(&w->changes, pid);
}

static void watch_until_end(struct watch *w, int listener)
{
	struct pollfd polled[] = { { .fd = listener, .events = POLLIN }, { .fd = w->tasks.epoll, .events = POLLIN } };

	while (!w->tasks.root_ended) {
		if (poll(polled, 2, -1) < 0)
			continue;
		if (polled[1].revents)
			tasks_collect(&w->tasks, process_ended, w);
		if (polled[0].revents & POLLIN)
			serve(w, listener);
		else if (polled[0].revents)
			polled[0].fd = -1;
	}
	for (int i = 0; i < LAST_CALLS_MAX && poll(polled, 1, 0) > 0 && (polled[0].revents & POLLIN); i++)
		serve(w, listener);
	tasks_collect(&w->tasks, process_ended, w);
}

static void linger(int listener)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++)
		dup2(nowhere, fd);
	keep_descriptors(&listener, 1);
	let_all_go_on(listener);
}

static void describe_exec_failure(struct report *report, const char *word, int error)
{
	const char *sentence = strerror(error);

	report->kind = REPORT_FAILED;
	report->status = error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
	report->refusal.code = error == ENOENT ? "COMMAND_NOT_FOUND" : "CANNOT_EXECUTE";
	report->refusal.remedy = NULL;
	if (error == ENOENT)
		sentence = strchr(word, '/') != NULL && access(word, F_OK) == 0 ?
				   "the interpreter that it names was not found" :
				   "command not found";
	else if (error == EACCES)
		sentence = "may not be executed";
	snprintf(report->refusal.sentence, sizeof(report->refusal.sentence), "%.160s: %s", word, sentence);
}

static void fail(const struct command *command, struct recorder *recorder, int launcher, struct report *report)
{
	report->kind = REPORT_FAILED;
	recorder_open(recorder, command->log);
	record_failure(recorder, report->refusal.code, report->refusal.sentence);
	recorder_flush(recorder);
	report_send(launcher, report, -1);
}

static void close_output(const struct command *command)
{
	for (int i = 1; i < 3; i++)
		if (command->output[i] > 2)
			close(command->output[i]);
}

static void notify_supervise(const struct command *command, int launcher)
{
	static struct recorder recorder;
	static struct watch w = { .recorder = &recorder };
	struct report report = { .status = EXIT_PROBE_FAILED };
	uint64_t flags = SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP;
	int sockets[2], listener = -1, unused;
	pid_t child;

	for_each_given(&w, command, find_stream);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0 || (child = fork()) < 0) {
		refuse(&report.refusal, "NO_PROCESS", "free memory or processes", strerror(errno));
		fail(command, &recorder, launcher, &report);
		return;
	}
	if (child == 0)
		become_command(command, sockets[1], w.streams_count > 0);
	close(sockets[1]);
	if (report_receive(sockets[0], &report, &listener) != 1 || report.kind == REPORT_FAILED || listener < 0) {
		refuse_filter(&report.refusal, report.kind == REPORT_FAILED ? report.status : EIO);
		report.status = EXIT_PROBE_FAILED;
		fail(command, &recorder, launcher, &report);
		return;
	}
	w.answering = command->answering;
	w.unprivileged = report.signal;
	raise_descriptor_limit();
	/* Before Linux 6.6 there is no such flag, and waking up takes a little longer. */
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags);
	recorder_open(&recorder, command->log);
	recorder_start(&recorder, child);
	w.resolver.recorder = &recorder;
	w.changes.resolver = &w.resolver;
	if (tasks_open(&w.tasks, &recorder, child) < 0)
		abort(); /* the launcher looks after the command */
	if (for_each_given(&w, command, record_given) < 0)
		record_incomplete(&recorder, child, "the files it was given open could not be listed");
	close_output(command);
	report = (struct report){ .kind = REPORT_STARTED, .pid = child };
	report_send(launcher, &report, listener);

	watch_until_end(&w, listener);

	report = (struct report){ .kind = REPORT_ENDED, .status = w.tasks.root_status, .signal = w.tasks.root_signal };
	fcntl(sockets[0], F_SETFL, O_NONBLOCK);
	if (report_receive(sockets[0], &report, &unused) == 1) {
		describe_exec_failure(&report, command->words[0], report.status);
		record_failure(&recorder, report.refusal.code, report.refusal.sentence);
	}
	tasks_let_go(&w.tasks);
	if (recorder_stop(&recorder) < 0)
		fprintf(stderr, "oodate-probe: the log could not be written: %s\n", strerror(errno));
	close(command->log);
	tasks_close(&w.tasks);
	report_send(launcher, &report, -1);
	close(launcher);
	linger(listener);
}

const struct backend notify_backend = {
	.name = "notify",
	.description = "seccomp user notification; needs no privilege",
	.check = notify_check,
	.supervise = notify_supervise,
	.let_go_on = notify_let_go_on,
	.let_one_go_on = notify_let_one_go_on,
};
