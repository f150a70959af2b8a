#include "written.h"

#include "tracee.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct writing {
	struct writing *next;
	struct session *session;
	pid_t pid, tid;
	int fd;
	dev_t device;
	bool second; /* it goes through descriptor 2, or what that is */
	bool over;
	struct write_counts before;
	size_t held;
	size_t length; /* once it is over, of what was written */
	char bytes[];
};

static int open_counts(pid_t pid, pid_t tid)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/task/%d/io", (int)pid, (int)tid);
	return open(name, O_RDONLY | O_CLOEXEC);
}

static int read_counts(int file, struct write_counts *counts)
{
	char text[512];
	ssize_t length = pread(file, text, sizeof(text) - 1, 0);

	text[length < 0 ? 0 : length] = '\0';
	return sscanf(text, "rchar: %*u wchar: %llu syscr: %*u syscw: %llu", &counts->bytes, &counts->calls) == 2 ? 0 : -1;
}

/* Of one that makes a call; so they stay as they are until that has been dealt with. */
static int count(struct task *task)
{
	struct writer *writer = &task->writer;

	if (writer->counted)
		return 0;
	if (writer->file <= 0)
		writer->file = open_counts(task->process->pid, task->tid);
	if (writer->file <= 0 || read_counts(writer->file, &writer->counts) < 0)
		return -1;
	writer->counted = true;
	return 0;
}

static int count_other(const struct writing *writing, struct write_counts *counts)
{
	int file = open_counts(writing->pid, writing->tid);
	int result = file < 0 ? -1 : read_counts(file, counts);

	if (file >= 0)
		close(file);
	return result;
}

static bool can_block(const struct writing *writing)
{
	char name[64];
	unsigned flags = O_NONBLOCK;
	FILE *info;

	snprintf(name, sizeof(name), "/proc/%d/fdinfo/%d", (int)writing->tid, writing->fd);
	info = fopen(name, "re");
	if (info == NULL)
		return false;
	if (fscanf(info, "pos: %*d flags: %o", &flags) != 1)
		flags = O_NONBLOCK;
	fclose(info);
	return !(flags & O_NONBLOCK);
}

static void give_up(struct session *s, dev_t device)
{
	for (; s != NULL; s = s->outer)
		if (terminal_stream(&s->terminal, device, false) != 0)
			terminal_give_up(&s->terminal);
}

static void lose(struct writing *writing)
{
	give_up(writing->session, writing->device);
	writing->length = 0;
	writing->over = true;
}

/* now: NULL if they could not be had. returned: the call has, by whatever else the thread does. */
static void settle(struct writing *writing, const struct write_counts *now, bool returned)
{
	unsigned long long calls, bytes;

	if (now == NULL) {
		lose(writing);
		return;
	}
	calls = now->calls - writing->before.calls;
	bytes = now->bytes - writing->before.bytes;
	if (calls == 0 && !returned)
		return;
	/* One that failed before it came to the file is not counted. */
	if (calls <= 1 && bytes <= writing->length)
		writing->length = bytes;
	/* Others have come after it which are not seen. A call that may wait writes all of it. */
	else if (bytes < writing->length || !can_block(writing)) {
		lose(writing);
		return;
	}
	writing->over = true;
}

static void try_to_settle(struct writing *writing)
{
	struct write_counts now;

	if (!writing->over)
		settle(writing, count_other(writing, &now) < 0 ? NULL : &now, false);
}

static void copy(const struct writing *writing)
{
	for (struct session *s = writing->session; s != NULL; s = s->outer) {
		int stream = terminal_stream(&s->terminal, writing->device, writing->second);

		if (stream != 0)
			terminal_keep(&s->terminal, stream, writing->bytes, writing->length);
	}
}

void writings_flush(struct writings *w)
{
	struct writing *writing;

	while ((writing = w->first) != NULL) {
		try_to_settle(writing);
		if (!writing->over)
			return;
		copy(writing);
		w->first = writing->next;
		w->held -= writing->held;
		free(writing);
	}
}

void writings_settle(struct writings *w, struct task *task)
{
	for (struct writing *writing = w->first; writing != NULL; writing = writing->next)
		if (writing->tid == task->tid && !writing->over)
			settle(writing, count(task) < 0 ? NULL : &task->writer.counts, true);
	task->writer.writes = false;
}

void writings_settle_process(struct writings *w, pid_t pid)
{
	for (struct writing *writing = w->first; writing != NULL; writing = writing->next)
		if (writing->pid == pid)
			try_to_settle(writing);
}

void writings_abandon(struct writings *w, pid_t pid)
{
	for (struct writing *writing = w->first; writing != NULL; writing = writing->next)
		if (writing->pid == pid && !writing->over)
			lose(writing);
}

void writings_end(struct writings *w)
{
	for (struct writing *writing = w->first; writing != NULL; writing = writing->next) {
		try_to_settle(writing);
		if (!writing->over)
			lose(writing);
	}
	writings_flush(w);
}

bool writings_wait(const struct writings *w)
{
	return w->first != NULL;
}

/* Which terminal a descriptor is, if that is to be copied for any session; else 0. */
static dev_t copied_device(const struct task *task, int fd)
{
	char link[48];
	struct stat st;
	const struct session *s = task->process->session;

	while (s != NULL && !terminal_is_copied(&s->terminal))
		s = s->outer;
	if (s == NULL)
		return 0;
	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)task->tid, fd);
	if (stat(link, &st) < 0 || !S_ISCHR(st.st_mode))
		return 0;
	while (s != NULL && terminal_stream(&s->terminal, st.st_rdev, false) == 0)
		s = s->outer;
	return s == NULL ? 0 : st.st_rdev;
}

static bool is_same_file(pid_t tid, int one, int other)
{
	return syscall(SYS_kcmp, tid, tid, KCMP_FILE, one, other) == 0;
}

/* Node opens a terminal anew, and puts that in the place of the stream. */
static bool is_second(pid_t tid, int fd)
{
	return fd == STDERR_FILENO ||
	       (fd > STDERR_FILENO && is_same_file(tid, fd, STDERR_FILENO) && !is_same_file(tid, fd, STDOUT_FILENO));
}

/* How much it is. Nothing if that is too much, or cannot be found out. */
static uint64_t read_list(pid_t tid, const struct buffers *buffers, struct iovec list[IOV_MAX])
{
	uint64_t sum = 0;

	if (buffers->listed > IOV_MAX || tracee_bytes(tid, buffers->address, list, buffers->listed * sizeof(list[0])) < 0)
		return 0;
	for (uint64_t i = 0; i < buffers->listed; i++) {
		if (list[i].iov_len > COPY_MAX)
			return 0;
		sum += list[i].iov_len;
	}
	return sum;
}

static int read_listed(pid_t tid, const struct iovec *list, uint64_t listed, char *bytes)
{
	for (uint64_t i = 0; i < listed; i++) {
		if (list[i].iov_len > 0 &&
		    tracee_bytes(tid, (uint64_t)(uintptr_t)list[i].iov_base, bytes, list[i].iov_len) < 0)
			return -1;
		bytes += list[i].iov_len;
	}
	return 0;
}

/* NULL if it is too much, or cannot be read. */
static struct writing *read_writing(struct writings *w, pid_t tid, const struct buffers *buffers)
{
	static struct iovec list[IOV_MAX];
	uint64_t length = buffers->listed == 0 ? buffers->length : read_list(tid, buffers, list);
	struct writing *writing;

	if (length == 0 || length > COPY_MAX - w->held || (writing = malloc(sizeof(*writing) + length)) == NULL)
		return NULL;
	*writing = (struct writing){ .tid = tid, .length = length, .held = length };
	if (buffers->listed == 0 ? tracee_bytes(tid, buffers->address, writing->bytes, length) :
				   read_listed(tid, list, buffers->listed, writing->bytes)) {
		free(writing);
		return NULL;
	}
	return writing;
}

void writings_begin(struct writings *w, struct task *task, int fd, const struct buffers *buffers)
{
	dev_t device = copied_device(task, fd);
	struct writing *writing, **end = &w->first;

	if (device == 0 || (buffers->length == 0 && buffers->listed == 0))
		return;
	writings_flush(w);
	writing = read_writing(w, task->tid, buffers);
	if (writing == NULL || count(task) < 0) {
		give_up(task->process->session, device);
		free(writing);
		return;
	}
	writing->before = task->writer.counts;
	writing->session = task->process->session;
	writing->pid = task->process->pid;
	writing->fd = fd;
	writing->device = device;
	writing->second = is_second(task->tid, fd);
	w->held += writing->held;
	while (*end != NULL)
		end = &(*end)->next;
	*end = writing;
	task->writer.writes = true;
}

void writings_begin_hidden(struct writings *w, const struct task *task, int fd)
{
	dev_t device = copied_device(task, fd);

	if (device != 0) {
		writings_flush(w);
		give_up(task->process->session, device);
	}
}
