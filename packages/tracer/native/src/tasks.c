#include "tasks.h"

#include "left.h"
#include "tracee.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* From linux/pidfd.h of Linux 6.13 and 6.15, newer than the headers in use. */
struct pidfd_info_v0 {
	uint64_t mask;
	uint64_t cgroupid;
	uint32_t pid, tgid, ppid;
	uint32_t credentials[8];
	int32_t exit_code;
};
#define PIDFD_INFO_PID_BIT (1u << 0)
#define PIDFD_INFO_EXIT_BIT (1u << 3)
#define PIDFD_GET_INFO_V0 _IOWR(0xFF, 11, struct pidfd_info_v0)

static size_t bucket(pid_t id)
{
	return (size_t)id % TASK_BUCKETS;
}

static struct process *find_process(struct tasks *t, pid_t pid)
{
	struct process *process = t->by_pid[bucket(pid)];

	while (process != NULL && process->pid != pid)
		process = process->next;
	return process;
}

static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* Takes the descriptor over. */
static struct process *add_process(struct tasks *t, pid_t pid, pid_t parent, struct session *session, int pidfd)
{
	struct process *process = calloc(1, sizeof(*process));
	struct epoll_event event = { .events = EPOLLIN };

	if (process == NULL)
		return NULL;
	process->pid = pid;
	process->parent = parent;
	process->session = session;
	process->pidfd = pidfd;
	process->next = t->by_pid[bucket(pid)];
	t->by_pid[bucket(pid)] = process;
	event.data.ptr = process;
	if (process->pidfd >= 0)
		epoll_ctl(t->epoll, EPOLL_CTL_ADD, process->pidfd, &event);
	return process;
}

static struct task *add_task(struct tasks *t, pid_t tid, struct process *process)
{
	struct task *task = calloc(1, sizeof(*task));

	if (task == NULL)
		return NULL;
	task->tid = tid;
	task->process = process;
	task->sibling = process->threads;
	process->threads = task;
	task->next = t->by_tid[bucket(tid)];
	t->by_tid[bucket(tid)] = task;
	return task;
}

static void remove_from_bucket(struct tasks *t, struct task *task)
{
	struct task **link = &t->by_tid[bucket(task->tid)];

	while (*link != task)
		link = &(*link)->next;
	*link = task->next;
}

static void remove_task(struct tasks *t, struct task *task)
{
	struct task **link = &task->process->threads;

	while (*link != task)
		link = &(*link)->sibling;
	*link = task->sibling;
	remove_from_bucket(t, task);
	if (task->writer.file > 0)
		close(task->writer.file);
	free(task);
}

static void remove_process(struct tasks *t, struct process *process)
{
	struct process **link = &t->by_pid[bucket(process->pid)];

	t->ending_threads -= process->ends_threads;
	while (process->threads != NULL)
		remove_task(t, process->threads);
	while (*link != process)
		link = &(*link)->next;
	*link = process->next;
	if (process->pidfd >= 0)
		close(process->pidfd);
	free(process);
}

int tasks_open(struct tasks *t)
{
	memset(t, 0, sizeof(*t));
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	return t->epoll < 0 ? -1 : 0;
}

void tasks_close(struct tasks *t)
{
	for (size_t i = 0; i < TASK_BUCKETS; i++)
		while (t->by_pid[i] != NULL)
			remove_process(t, t->by_pid[i]);
	close(t->epoll);
}

/* Returns the thread's process and that one's parent; -1 if the thread has gone. */
static int read_ids(pid_t tid, pid_t *pid, pid_t *parent)
{
	char status[512];
	const char *line;

	if (tracee_proc(tid, "status", status, sizeof(status)) < 0)
		return -1;
	line = strstr(status, "\nTgid:");
	errno = EIO;
	if (line == NULL || sscanf(line, "\nTgid: %d", pid) != 1)
		return -1;
	line = strstr(line, "\nPPid:");
	return line != NULL && sscanf(line, "\nPPid: %d", parent) == 1 ? 0 : -1;
}

/* The cheap way, which knows first threads only. */
static bool read_pidfd_parent(int pidfd, pid_t *parent)
{
	struct pidfd_info_v0 info = { .mask = PIDFD_INFO_PID_BIT };

	if (pidfd < 0 || ioctl(pidfd, PIDFD_GET_INFO_V0, &info) < 0)
		return false;
	*parent = (pid_t)info.ppid;
	return true;
}

/*
 * The parent may not have been seen yet, having done nothing but fork. A child
 * whose parent has gone is the supervisor's; it counts as the command's own.
 * NULL for the outermost command itself.
 */
static const struct process *find_parent(struct tasks *t, pid_t parent)
{
	const struct process *found = NULL;
	const struct task *task;

	for (const struct session *s = t->sessions; s != NULL && found == NULL; s = s->next)
		if (s->supervisor == parent)
			found = find_process(t, s->root);
	if (found == NULL)
		found = find_process(t, parent);
	if (found == NULL && parent != getpid() && (task = tasks_find(t, parent)) != NULL)
		found = task->process;
	for (const struct session *s = t->sessions; s != NULL && found == NULL; s = s->next)
		if (s->outer == NULL)
			found = find_process(t, s->root);
	return found;
}

static struct process *add_child(struct tasks *t, pid_t parent_pid, pid_t pid, int pidfd)
{
	const struct process *parent = find_parent(t, parent_pid);

	if (parent == NULL)
		return add_process(t, pid, parent_pid, NULL, pidfd);
	if (parent->session != NULL)
		record_fork(&parent->session->recorder, parent->pid, pid, record_clock());
	return add_process(t, pid, parent_pid, parent->target != NULL ? parent->target : parent->session, pidfd);
}

static struct task *find_task(const struct tasks *t, pid_t tid)
{
	struct task *task = t->by_tid[bucket(tid)];

	while (task != NULL && task->tid != tid)
		task = task->next;
	return task;
}

bool tasks_know(const struct tasks *t, pid_t tid)
{
	return find_task(t, tid) != NULL;
}

struct task *tasks_find(struct tasks *t, pid_t tid)
{
	struct task *task = find_task(t, tid);
	struct process *process;
	pid_t pid = tid, parent;
	int pidfd;

	if (task != NULL)
		return task;
	process = find_process(t, tid);
	if (process != NULL)
		return add_task(t, tid, process);
	pidfd = open_pidfd(tid);
	if (!read_pidfd_parent(pidfd, &parent) && read_ids(tid, &pid, &parent) < 0) {
		int error = errno;

		if (pidfd >= 0)
			close(pidfd);
		errno = error;
		return NULL;
	}
	process = find_process(t, pid);
	if (process == NULL)
		process = add_child(t, parent, pid, pidfd >= 0 ? pidfd : open_pidfd(pid));
	else if (pidfd >= 0)
		close(pidfd);
	return process == NULL ? NULL : add_task(t, tid, process);
}

void tasks_thread_exits(struct tasks *t, struct task *task)
{
	/* The first thread's number stays in use as the process's own. */
	if (task->tid != task->process->pid)
		remove_task(t, task);
}

void tasks_forget_threads(struct tasks *t, struct process *process)
{
	struct task *task = process->threads;

	while (task != NULL) {
		struct task *sibling = task->sibling;

		tasks_thread_exits(t, task);
		task = sibling;
	}
}

/* Every process tells of its own end, so one that has ended and waits for its parent was known before. */
static bool has_ended(int pidfd)
{
	struct pollfd polled = { .fd = pidfd, .events = POLLIN };

	return poll(&polled, 1, 0) > 0;
}

static void add_children(struct tasks *t, pid_t pid, pid_t tid)
{
	char name[48], children[4096];
	const char *next = children;
	struct process *process;
	int child, used;

	snprintf(name, sizeof(name), "task/%d/children", (int)tid);
	if (tracee_proc(pid, name, children, sizeof(children)) < 0)
		return;
	/* A list that was cut could end within a number. */
	if (strlen(children) == sizeof(children) - 1)
		*(strrchr(children, ' ') + 1) = '\0';
	while (sscanf(next, "%d%n", &child, &used) == 1) {
		int pidfd = find_process(t, child) == NULL ? open_pidfd(child) : -1;

		next += used;
		if (pidfd < 0)
			continue;
		if (has_ended(pidfd))
			close(pidfd);
		else if ((process = add_child(t, pid, child, pidfd)) == NULL || add_task(t, child, process) == NULL)
			return;
	}
}

/* As the kernel counts them: one may have made no call yet. */
static bool has_several_threads(pid_t pid)
{
	char directory[32];
	struct stat st;

	snprintf(directory, sizeof(directory), "/proc/%d/task", (int)pid);
	return stat(directory, &st) == 0 && st.st_nlink > 3;
}

/* Now is the last moment to learn whose children they were that made no call yet. */
void tasks_process_exits(struct tasks *t, struct task *task, int status)
{
	struct process *process = task->process;

	if (!process->ends_threads && has_several_threads(process->pid)) {
		process->ends_threads = true;
		t->ending_threads++;
	}
	process->exiting = true;
	process->status = status & 0xff;
	for (struct task *thread = process->threads; thread != NULL; thread = thread->sibling)
		add_children(t, process->pid, thread->tid);
}

static void set_ending(int *status, int *signal, int wait_status)
{
	*status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 0;
	*signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
}

static bool read_exit_info(struct process *process, int *status, int *signal)
{
	struct pidfd_info_v0 info = { .mask = PIDFD_INFO_EXIT_BIT };

	if (process->pidfd < 0 || ioctl(process->pidfd, PIDFD_GET_INFO_V0, &info) < 0 ||
	    !(info.mask & PIDFD_INFO_EXIT_BIT))
		return false;
	set_ending(status, signal, info.exit_code);
	return true;
}

/* While nobody has waited for it yet, its state can be read. */
static bool read_zombie(struct process *process, int *status, int *signal)
{
	char text[1024];
	const char *last;
	int code;

	if (tracee_proc(process->pid, "stat", text, sizeof(text)) < 0 || strstr(text, ") Z ") == NULL)
		return false;
	last = strrchr(text, ' ');
	if (last == NULL || sscanf(last, "%d", &code) != 1)
		return false;
	set_ending(status, signal, code);
	return true;
}

static void find_ending(struct process *process, int *status, int *signal)
{
	siginfo_t info = { .si_pid = 0 };

	*signal = 0;
	/* The supervisor's own children: the command, and orphans. */
	if (process->pidfd >= 0 && waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | WNOHANG) == 0 &&
	    info.si_pid != 0) {
		*status = info.si_code == CLD_EXITED ? info.si_status : 0;
		*signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
		return;
	}
	/*
	 * It may have been killed after it called exit_group(2), or two threads may have called it.
	 * The kernel has the end of a process that was waited for, and /proc that of one that was not:
	 * its parent may wait for it between the two questions.
	 */
	if (!read_exit_info(process, status, signal) && !read_zombie(process, status, signal) &&
	    !read_exit_info(process, status, signal))
		*status = process->exiting ? process->status : -1;
}

static void record_ending(struct process *process)
{
	int status, signal;

	find_ending(process, &status, &signal);
	if (process->session != NULL)
		record_exit(&process->session->recorder, process->pid, status, signal, record_clock());
	for (struct session *s = process->session; s != NULL; s = s->outer)
		if (s->root == process->pid && !s->is_target) {
			s->root_ended = true;
			s->root_status = status;
			s->root_signal = signal;
		}
}

void tasks_collect(struct tasks *t, void (*ended)(void *context, pid_t pid), void *context)
{
	struct epoll_event events[64];
	int count;

	while ((count = epoll_wait(t->epoll, events, 64, 0)) > 0)
		for (int i = 0; i < count; i++) {
			struct process *process = events[i].data.ptr;

			ended(context, process->pid);
			record_ending(process);
			remove_process(t, process);
		}
}

int tasks_begin_session(struct tasks *t, struct process *process, const struct attachment *given)
{
	struct session *s = session_begin(&t->sessions, process->session, process->pid, process->pidfd, given);

	if (s == NULL)
		return -1;
	s->supervisor = process->parent;
	process->session = s;
	return 0;
}

bool tasks_have_ended_session(const struct tasks *t)
{
	const struct session *s = t->sessions;

	while (s != NULL && !s->root_ended)
		s = s->next;
	return s != NULL;
}

static bool catches(pid_t pid, int signal)
{
	char status[2048];
	const char *line;
	unsigned long long caught;

	if (tracee_proc(pid, "status", status, sizeof(status)) < 0 || (line = strstr(status, "\nSigCgt:")) == NULL ||
	    sscanf(line, "\nSigCgt: %llx", &caught) != 1)
		return false;
	return caught >> (signal - 1) & 1;
}

bool tasks_catch(const struct tasks *t, int signal)
{
	for (size_t i = 0; i < TASK_BUCKETS; i++)
		for (const struct process *process = t->by_pid[i]; process != NULL; process = process->next)
			if (catches(process->pid, signal))
				return true;
	return false;
}

void tasks_note_end(struct tasks *t, pid_t pid, uint64_t call)
{
	struct process *process = find_process(t, pid);
	struct process *parent = process == NULL ? NULL : find_process(t, process->parent);

	if (parent != NULL)
		parent->child_ended = call;
}

bool tasks_may_lose(const struct tasks *t, const struct process *process, uint64_t call)
{
	uint64_t waiting = 1;

	if (process->child_ended == 0 || !catches(process->pid, SIGCHLD))
		return false;
	/* As many calls as there are threads can have had their numbers by then. */
	for (size_t i = 0; i < TASK_BUCKETS; i++)
		for (const struct task *task = t->by_tid[i]; task != NULL; task = task->next)
			waiting++;
	return process->child_ended + waiting > call;
}

/* What has called exit_group(2) reads no more, but its end is still to be told. */
static bool is_awaited_by(const struct process *process, const struct session *s)
{
	return session_is_within(process->session, s) && (process->exiting || left_may_read_more(process->pid));
}

bool tasks_await_ends(const struct tasks *t)
{
	for (const struct session *s = t->sessions; s != NULL; s = s->next)
		for (size_t i = 0; i < TASK_BUCKETS && s->root_ended; i++)
			for (const struct process *process = t->by_pid[i]; process != NULL; process = process->next)
				if (is_awaited_by(process, s))
					return true;
	return false;
}

static void record_all_left(struct tasks *t, struct session *s)
{
	for (size_t i = 0; i < TASK_BUCKETS; i++)
		for (struct process *process = t->by_pid[i]; process != NULL; process = process->next)
			if (!process->exiting && session_is_within(process->session, s))
				left_record(s, process->pid);
}

void tasks_end_sessions(struct tasks *t)
{
	struct session *next;

	for (struct session *s = t->sessions; s != NULL; s = next) {
		next = s->next;
		if (!s->root_ended)
			continue;
		record_all_left(t, s);
		session_end(&t->sessions, s);
	}
}

void tasks_end_target(struct tasks *t, struct session *s, pid_t bmake)
{
	struct process *process = find_process(t, bmake);

	if (process != NULL && process->target == s)
		process->target = NULL;
	record_all_left(t, s);
	session_end(&t->sessions, s);
}

void tasks_incomplete(struct process *process, unsigned bit, const char *reason)
{
	if (process->told & bit)
		return;
	process->told |= bit;
	record_incomplete(&process->session->recorder, process->pid, reason);
}
