/*
 * The backend that sees by fanotify(7). It knows the process, as long as that lives, and neither what a change of the
 * content was nor that a mapping is written to.
 */
#include "marks.h"
#include "monitor_backend.h"
#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP_FLAGS (FAN_CLASS_NOTIF | FAN_NONBLOCK | FAN_CLOEXEC | FAN_REPORT_PIDFD | FAN_REPORT_DFID_NAME)
#define NAMES (FAN_CREATE | FAN_DELETE | FAN_MOVED_FROM | FAN_MOVED_TO)
#define EVENTS_AT_ONCE 16
/* Nanoseconds. */
#define EXECUTION_PAUSE 100000
#define EXECUTION_PAUSES 20
#define EXECUTION_PAUSES_MAX 1000

/* One group for single files, and one for whole file systems, whose events have no use for the files by themselves. */
static int files = -1, file_systems = -1, both = -1;
static bool own_only;

/* An event of fanotify taken apart. */
struct seen {
	uint64_t mask;
	pid_t pid;
	int pidfd; /* negative: the process is gone */
	struct file_handle_of object, directory; /* with no bytes if not told */
	const char *name; /* in the directory; NULL if not told */
};

static char read_bytes[64 << 10] __attribute__((aligned(8)));

struct reading {
	change_sink sink;
	void *context;
	uint64_t number;
	int group;
	size_t at, end; /* in read_bytes: what was read and is not taken yet */
	struct timespec time;
	const struct actor *actor; /* of who was seen last in this reading */
	uint64_t lost;
};

static int explain(struct refusal *refusal)
{
	if (errno == EPERM)
		*refusal = (struct refusal){ "NO_CAPABILITY", "fanotify(7) tells who it was to those alone that have CAP_SYS_ADMIN",
					     "run it as root" };
	else if (errno == EMFILE)
		*refusal = (struct refusal){ "TOO_MANY_GROUPS", "this user has too many groups of fanotify(7)",
					     "raise fs.fanotify.max_user_groups by sysctl(8)" };
	else
		*refusal = (struct refusal){ "KERNEL_TOO_OLD", "this kernel has no fanotify(7) that names processes",
					     "use Linux 5.15 or newer" };
	return -1;
}

static int fanotify_check(struct refusal *refusal)
{
	int group = fanotify_init(GROUP_FLAGS | FAN_REPORT_FID, O_RDONLY);

	if (group < 0)
		return explain(refusal);
	close(group);
	return 0;
}

static int add_to_both(int fd, void *what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };

	return epoll_ctl(both, EPOLL_CTL_ADD, fd, &event);
}

static struct monitor_backend fanotify_backend;

static int fanotify_open(const struct monitor_options *options, struct refusal *refusal)
{
	own_only = options->records || getuid() != 0;
	files = fanotify_init(GROUP_FLAGS | FAN_REPORT_FID, O_RDONLY);
	file_systems = files < 0 ? -1 : fanotify_init(GROUP_FLAGS, O_RDONLY);
	both = file_systems < 0 ? -1 : epoll_create1(EPOLL_CLOEXEC);
	if (both < 0 || add_to_both(files, NULL) < 0 || add_to_both(file_systems, NULL) < 0)
		return explain(refusal);
	fanotify_backend.descriptor = both;
	return 0;
}

/* What cannot be watched shows when it is tried. */
static bool fanotify_takes(long type)
{
	(void)type;
	return true;
}

static uint64_t mask_of(unsigned wants, mode_t mode)
{
	uint64_t mask = 0;

	if (wants & WANT_CONTENT)
		mask |= FAN_MODIFY | FAN_MOVE_SELF | (S_ISDIR(mode) ? NAMES : 0);
	if (wants & (WANT_CONTENT | WANT_ATTRIBUTE | WANT_DELETE))
		mask |= FAN_ATTRIB;
	/* Who has removed a file is seen by its attributes; those of a directory stay what they are. */
	if (wants & (WANT_CONTENT | WANT_DELETE) && S_ISDIR(mode))
		mask |= FAN_DELETE_SELF;
	if (wants & (WANT_EXEC | WANT_EXIT) && S_ISREG(mode))
		mask |= FAN_OPEN_EXEC;
	return mask != 0 && S_ISDIR(mode) ? mask | FAN_ONDIR : mask;
}

static int change_mark(unsigned flags, uint64_t mask, int fd)
{
	char name[32];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return fanotify_mark(files, flags, mask, AT_FDCWD, name);
}

static void found_executing(void *context, pid_t pid)
{
	struct mark *mark = context;
	struct actor actor;
	int pidfd = processes_open(pid);

	if (pidfd < 0)
		return;
	actor = *processes_actor(pid, pidfd, own_only);
	marks_begin_execution(mark, &actor, pidfd, both);
}

static int fanotify_watch(const struct file_key *key, unsigned wants, int fd)
{
	struct mark *mark = marks_find(key);
	bool is_new = mark == NULL, counted = mark != NULL && mark->wants & (WANT_EXEC | WANT_EXIT);
	struct stat st;
	uint64_t mask, added;

	if (fd < 0) {
		if (mark != NULL)
			mark->wants = wants;
		return 0;
	}
	if (fstat(fd, &st) < 0 || (is_new && (mark = marks_add(key, fd)) == NULL))
		return -1;
	mask = mask_of(wants, st.st_mode);
	added = mask & ~mark->mask;
	if (added != 0 && change_mark(FAN_MARK_ADD, mask, fd) < 0) {
		if (is_new)
			marks_remove(mark);
		return -1;
	}
	mark->mask |= mask;
	mark->wants = wants;
	/* Of now, as the mark is there: what comes from now on is counted against this, and nothing that waits to be read. */
	if (added & FAN_ATTRIB && fstat(fd, &st) == 0)
		/* Where a path leads to it without a name it is just being removed, and that will be told. */
		mark->links = st.st_nlink > 0 ? st.st_nlink : 1;
	/* Who may be executing it is looked for among all processes, which takes its time. */
	if (!counted && mask & FAN_OPEN_EXEC && st.st_mode & 0111)
		processes_executing(key, found_executing, mark);
	return 0;
}

static void fanotify_unwatch(const struct file_key *key)
{
	struct mark *mark = marks_find(key);
	int fd;

	if (mark == NULL)
		return;
	/* Where it cannot be opened it is gone, or what it tells from now on is of no known file. */
	fd = marks_open(mark);
	if (fd >= 0) {
		change_mark(FAN_MARK_REMOVE, mark->mask, fd);
		close(fd);
	}
	marks_remove(mark);
}

static int fanotify_watch_file_system(dev_t device, unsigned wants, int fd)
{
	struct mark *mark = marks_find_file_system(device);
	bool is_new = mark == NULL;
	char name[32];
	uint64_t mask = (wants & WANT_OPEN ? FAN_OPEN : 0) | (wants & WANT_EXEC ? FAN_OPEN_EXEC : 0) |
			(wants & WANT_CONTENT ? FAN_MODIFY : 0) | (wants & WANT_ATTRIBUTE ? FAN_ATTRIB : 0);

	if (is_new && (mark = marks_add_file_system(device, fd)) == NULL)
		return -1;
	/* Its events would name directories that cannot be opened. */
	if (mark->path != NULL) {
		marks_remove_file_system(mark);
		errno = EOPNOTSUPP;
		return -1;
	}
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (fanotify_mark(file_systems, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, mask, AT_FDCWD, name) == 0)
		return 0;
	if (is_new)
		marks_remove_file_system(mark);
	return -1;
}

static void give(struct reading *reading, enum change_kind kind, const struct file_key *key, const char *name, bool of_file_system)
{
	const struct change change = {
		.kind = kind,
		.key = *key,
		.time = reading->time,
		.actor = reading->actor,
		.name = name,
		.of_file_system = of_file_system,
	};

	reading->sink(reading->context, &change);
}

static void take_record(struct seen *seen, const char *record, const struct fanotify_event_info_header *header)
{
	const struct fanotify_event_info_pidfd *pidfd = (const void *)record;
	const struct fanotify_event_info_fid *fid = (const void *)record;

	switch (header->info_type) {
	case FAN_EVENT_INFO_TYPE_PIDFD:
		seen->pidfd = pidfd->pidfd;
		break;
	case FAN_EVENT_INFO_TYPE_FID:
		marks_read_handle(&seen->object, fid);
		break;
	case FAN_EVENT_INFO_TYPE_DFID:
	case FAN_EVENT_INFO_TYPE_DFID_NAME:
		marks_read_handle(&seen->directory, fid);
		if (header->info_type == FAN_EVENT_INFO_TYPE_DFID_NAME)
			seen->name = marks_name_behind(fid);
	}
}

/* `bytes` are those of the event, which begins there. */
static struct seen take_apart(const struct fanotify_event_metadata *event, const char *bytes)
{
	struct seen seen = { .mask = event->mask, .pid = event->pid, .pidfd = -1 };
	const char *at = bytes + event->metadata_len, *end = bytes + event->event_len;

	while (at + sizeof(struct fanotify_event_info_header) <= end) {
		const struct fanotify_event_info_header *header = (const void *)at;

		if (header->len < sizeof(*header) || header->len > end - at)
			break;
		take_record(&seen, at, header);
		at += header->len;
	}
	return seen;
}

/* False if nothing waits, or there is no room for it. */
static bool read_more(struct reading *reading)
{
	ssize_t length = read(reading->group, read_bytes + reading->end, sizeof(read_bytes) - reading->end);

	if (length > 0)
		reading->end += (size_t)length;
	return length > 0;
}

static struct mark *find_mark(const struct seen *seen)
{
	return marks_find_handle(seen->object.length > 0 ? &seen->object : &seen->directory);
}

/* Names are of any length, and what is behind them not aligned. */
static struct fanotify_event_metadata event_at(size_t at)
{
	struct fanotify_event_metadata event;

	memcpy(&event, read_bytes + at, sizeof(event));
	return event;
}

/* Events of attributes of this file that are not taken yet. */
static nlink_t count_waiting(struct reading *reading, const struct mark *mark)
{
	nlink_t count = 0;

	read_more(reading);
	for (size_t at = reading->at; at < reading->end;) {
		const struct fanotify_event_metadata event = event_at(at);

		if (event.mask & FAN_ATTRIB) {
			const struct seen seen = take_apart(&event, read_bytes + at);

			count += find_mark(&seen) == mark;
		}
		at += event.event_len;
	}
	return count;
}

/*
 * Fewer names than before are a removed one: if several events wait, the last of them. Of several names that were removed
 * before this is read each has an event of its own, unless one process did it.
 */
static enum change_kind attribute_kind(struct reading *reading, struct mark *mark)
{
	struct stat st;
	int fd;

	/* The names of a directory's entries are among its own, and its end has an event of its own. */
	if (mark->mask & FAN_ONDIR)
		return CHANGE_ATTRIBUTE;
	/* If it is known that none is left, those that were not told of are all that can still come. */
	if (mark->reading != reading->number && (mark->links > 0 || mark->path != NULL))
		mark->links_left = mark->links;
	mark->reading = reading->number;
	fd = marks_open(mark);
	/* ENOMEM is the kernel's word for a number that is just being given to a new file. */
	if (fd < 0)
		mark->links = errno == ESTALE || errno == ENOMEM ? 0 : mark->links;
	else if (fstat(fd, &st) == 0)
		mark->links = st.st_nlink;
	if (fd >= 0)
		close(fd);
	if (mark->links < mark->links_left && mark->links + count_waiting(reading, mark) < mark->links_left) {
		mark->links_left--;
		return CHANGE_REMOVE;
	}
	if (mark->links_left < mark->links)
		mark->links_left = mark->links;
	return CHANGE_ATTRIBUTE;
}

static void take_end(struct reading *reading, struct execution *execution)
{
	struct mark *mark = execution->mark;
	struct actor actor = *processes_actor(execution->actor.pid, execution->pidfd, own_only);

	if (actor.name[0] == '\0')
		actor = execution->actor;
	marks_end_execution(execution);
	if (mark->executions != NULL)
		return;
	clock_gettime(CLOCK_REALTIME, &reading->time);
	reading->actor = &actor;
	give(reading, CHANGE_EXIT, &mark->key, NULL, false);
	reading->actor = NULL;
}

/* Of those that have executed it and are no more, before somebody else begins. */
static void take_ends_of(struct reading *reading, struct mark *mark)
{
	struct execution *execution = mark->executions, *next;

	for (; execution != NULL; execution = next) {
		struct pollfd end = { .fd = execution->pidfd, .events = POLLIN };

		next = execution->next;
		if (poll(&end, 1, 0) > 0)
			take_end(reading, execution);
	}
}

static bool has_words(pid_t pid)
{
	char name[32], byte;
	bool has;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/cmdline", (int)pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	has = fd >= 0 && read(fd, &byte, 1) == 1;
	if (fd >= 0)
		close(fd);
	return has;
}

/*
 * The file is opened before the process becomes what it says, and gets its words: a matter of a few hundred microseconds,
 * unless others have the processors. Of a script nothing shows when it is, as of an execution that fails; but of a process
 * that has executed nothing since it was forked it is known that it has not yet.
 */
static void await_execution(const struct mark *mark, pid_t pid)
{
	const struct timespec pause = { .tv_nsec = EXECUTION_PAUSE };
	char name[32];
	struct stat st;

	snprintf(name, sizeof(name), "/proc/%d/exe", (int)pid);
	for (unsigned pauses = 0; pauses < EXECUTION_PAUSES_MAX && stat(name, &st) == 0; pauses++) {
		bool is_it = st.st_dev == mark->key.device && st.st_ino == mark->key.inode;

		if (is_it ? has_words(pid) : pauses >= EXECUTION_PAUSES && processes_has_executed(pid))
			return;
		nanosleep(&pause, NULL);
	}
}

static void give_execution(struct reading *reading, struct mark *mark, const struct seen *seen)
{
	int pidfd = seen->pidfd < 0 ? -1 : fcntl(seen->pidfd, F_DUPFD_CLOEXEC, 0);
	bool first;

	take_ends_of(reading, mark);
	first = mark->executions == NULL;
	if (first)
		await_execution(mark, seen->pid);
	reading->actor = processes_actor(seen->pid, seen->pidfd, own_only);
	if (pidfd >= 0)
		marks_begin_execution(mark, reading->actor, pidfd, both);
	if (!first)
		return;
	give(reading, CHANGE_EXEC, &mark->key, NULL, false);
	/* It has ended already. */
	if (mark->executions == NULL)
		give(reading, CHANGE_EXIT, &mark->key, NULL, false);
}

static void take_file_event(struct reading *reading, const struct seen *seen)
{
	bool is_entry = seen->object.length == 0 && seen->mask & NAMES;
	struct mark *mark = find_mark(seen);

	if (mark == NULL)
		return;
	if (is_entry)
		give(reading, CHANGE_ENTRY, &mark->key, seen->name, false);
	if (seen->mask & FAN_OPEN_EXEC)
		give_execution(reading, mark, seen);
	if (seen->mask & FAN_MODIFY)
		give(reading, CHANGE_CONTENT, &mark->key, NULL, false);
	/* Of what one process has done to a file in a row the kernel makes one event; what is removed was renamed before. */
	if (seen->mask & FAN_MOVE_SELF)
		give(reading, CHANGE_RENAME, &mark->key, NULL, false);
	if (seen->mask & FAN_ATTRIB)
		give(reading, attribute_kind(reading, mark), &mark->key, NULL, false);
	if (seen->mask & FAN_DELETE_SELF)
		give(reading, CHANGE_REMOVE, &mark->key, NULL, false);
}

static void take_file_system_event(struct reading *reading, const struct seen *seen)
{
	static const struct {
		uint64_t bit;
		enum change_kind kind;
	} kinds[] = {
		{ FAN_OPEN, CHANGE_OPEN },
		{ FAN_OPEN_EXEC, CHANGE_EXEC },
		{ FAN_MODIFY, CHANGE_CONTENT },
		{ FAN_ATTRIB, CHANGE_ATTRIBUTE },
	};
	char path[PATH_MAX + NAME_MAX + 2];
	struct file_key key;

	if (marks_find_path(&seen->directory, seen->name, &key, path, sizeof(path)) < 0)
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (seen->mask & kinds[i].bit)
			give(reading, kinds[i].kind, &key, path, true);
}

static void take_seen(struct reading *reading, const struct seen *seen, bool of_file_system)
{
	bool is_own = seen->pid == getpid();

	if (seen->mask & FAN_Q_OVERFLOW) {
		reading->lost = LOST_UNKNOWN;
	} else if (!is_own || seen->mask & FAN_DELETE_SELF) {
		/* A directory ends with who has it open last. If it is this process somebody else has removed it. */
		if (is_own)
			reading->actor = NULL;
		/* Many in a row are of one process. */
		else if (reading->actor == NULL || reading->actor->pid != seen->pid)
			reading->actor = processes_actor(seen->pid, seen->pidfd, own_only);
		if (of_file_system)
			take_file_system_event(reading, seen);
		else
			take_file_event(reading, seen);
	}
	if (seen->pidfd >= 0)
		close(seen->pidfd);
}

static void read_group(struct reading *reading, int group, bool of_file_system)
{
	reading->group = group;
	for (;;) {
		reading->at = reading->end = 0;
		if (!read_more(reading))
			return;
		clock_gettime(CLOCK_REALTIME, &reading->time);
		reading->actor = NULL;
		while (reading->at < reading->end) {
			const struct fanotify_event_metadata event = event_at(reading->at);
			const struct seen seen = take_apart(&event, read_bytes + reading->at);

			reading->at += event.event_len;
			take_seen(reading, &seen, of_file_system);
		}
	}
}

static void read_ends(struct reading *reading)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int count;
	bool more;

	do {
		more = false;
		count = epoll_wait(both, events, EVENTS_AT_ONCE, 0);
		for (int i = 0; i < count; i++)
			if (events[i].data.ptr != NULL) {
				take_end(reading, events[i].data.ptr);
				more = true;
			}
	} while (more);
}

static uint64_t fanotify_read(change_sink sink, void *context)
{
	static uint64_t readings;
	struct reading reading = { .sink = sink, .context = context, .number = ++readings };

	read_group(&reading, files, false);
	read_group(&reading, file_systems, true);
	read_ends(&reading);
	marks_forget_paths();
	return reading.lost;
}

static struct monitor_backend fanotify_backend = {
	.name = "fanotify",
	.description = "fanotify(7): which process, as long as it lives; not what it did, nor what is written to mapped memory",
	.check = fanotify_check,
	.open = fanotify_open,
	.tells = TELLS_PROCESS | TELLS_EXEC | TELLS_EXIT | TELLS_FILE_SYSTEMS,
	.takes = fanotify_takes,
	.watch = fanotify_watch,
	.unwatch = fanotify_unwatch,
	.watch_file_system = fanotify_watch_file_system,
	.read = fanotify_read,
};

struct monitor_backend *const monitor_backends[] = { &fanotify_backend, NULL };
