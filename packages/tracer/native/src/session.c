#include "session.h"

#include "backend.h"
#include "path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Null, zero and random devices give the same to everyone. */
#define MEMORY_DEVICES 1

int session_attach(const struct attachment *given)
{
	return (int)syscall(ATTACH_CALL, ATTACH_VERSION, given->log, given->end, given->flags, given->copy);
}

bool session_is_watched(void)
{
	return session_attach(&(struct attachment){ .log = -1, .end = -1, .copy = -1 }) == 0;
}

/* pidfd: whose it is; -1 for this process. */
static int take_descriptor(int pidfd, int fd)
{
	if (pidfd < 0)
		return fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}

static bool is_stream(const struct stat *st)
{
	return S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode) ||
	       (S_ISCHR(st->st_mode) && major(st->st_rdev) != MEMORY_DEVICES);
}

/* Files that the command is given open are used without an open that could be seen. */
static void record_given_file(struct session *s, int fd, int flags)
{
	struct path path;

	if (path_of_descriptor(s->root, fd, &path) != PATH_FOUND)
		return;
	if ((flags & O_ACCMODE) != O_WRONLY)
		record_path(&s->recorder, 'R', s->root, path.text);
	if ((flags & O_ACCMODE) != O_RDONLY)
		record_path(&s->recorder, 'W', s->root, path.text);
}

static int read_flags(pid_t pid, const char *fd, int *flags)
{
	char name[64];
	FILE *info;
	int found;

	snprintf(name, sizeof(name), "/proc/%d/fdinfo/%.16s", (int)pid, fd);
	info = fopen(name, "re");
	if (info == NULL)
		return -1;
	found = fscanf(info, "pos: %*d flags: %o", (unsigned *)flags);
	fclose(info);
	return found == 1 ? 0 : -1;
}

static void note_given(struct session *s, const char *fd)
{
	int number = atoi(fd), flags;
	char link[64];
	struct stat st;

	snprintf(link, sizeof(link), "/proc/%d/fd/%.16s", (int)s->root, fd);
	if (read_flags(s->root, fd, &flags) < 0 || (flags & O_CLOEXEC) || stat(link, &st) < 0)
		return;
	if (S_ISREG(st.st_mode)) {
		record_given_file(s, number, flags);
		/* Which file it is another time cannot be told from its number. */
		if (number > STDERR_FILENO && (flags & O_ACCMODE) != O_WRONLY)
			record_incomplete_here(&s->recorder, s->root, "a file was given to the command open for reading");
	} else if (number == STDIN_FILENO && !is_stream(&st)) {
		s->stdin_device = (struct given_stream){ st.st_dev, st.st_ino };
	}
	if (number != STDOUT_FILENO && number != STDERR_FILENO && is_stream(&st) &&
		 s->streams_count < GIVEN_STREAMS_MAX)
		s->streams[s->streams_count++] = (struct given_stream){ st.st_dev, st.st_ino };
}

static void note_all_given(struct session *s)
{
	char name[32];
	struct dirent *entry;
	DIR *directory;

	snprintf(name, sizeof(name), "/proc/%d/fd", (int)s->root);
	directory = opendir(name);
	if (directory == NULL) {
		record_incomplete(&s->recorder, s->root, "the files it was given open could not be listed");
		return;
	}
	while ((entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.')
			note_given(s, entry->d_name);
	closedir(directory);
}

static void close_taken(const struct attachment *taken)
{
	if (taken->log >= 0)
		close(taken->log);
	if (taken->end >= 0)
		close(taken->end);
	if (taken->copy >= 0)
		close(taken->copy);
}

/* Takes the descriptors over, also if it fails. */
static struct session *open_session(struct session **all, struct session *outer, pid_t root, const struct attachment *taken)
{
	unsigned streams = taken->flags / ATTACH_TERMINALS(1);
	bool lacks = taken->log < 0 || (streams != 0 && taken->copy < 0);
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL || lacks || recorder_open(&s->recorder, taken->log, outer == NULL ? NULL : &outer->recorder) < 0) {
		int error = errno;

		close_taken(taken);
		free(s);
		errno = error;
		return NULL;
	}
	s->outer = outer;
	s->bmake = outer == NULL ? NULL : outer->bmake;
	s->root = root;
	s->end = taken->end;
	terminal_begin(&s->terminal, taken->copy, streams, root);
	s->next = *all;
	*all = s;
	return s;
}

struct session *session_begin(struct session **all, struct session *outer, pid_t root, int pidfd,
			      const struct attachment *given)
{
	struct attachment taken = { .log = -1, .end = take_descriptor(pidfd, given->end), .copy = -1, .flags = given->flags };
	struct session *s;

	if (taken.end >= 0)
		taken.log = take_descriptor(pidfd, given->log);
	if (taken.log >= 0 && given->flags >= ATTACH_TERMINALS(1))
		taken.copy = take_descriptor(pidfd, given->copy);
	s = open_session(all, outer, root, &taken);
	if (s == NULL)
		return NULL;
	if (given->flags & ATTACH_BARE) {
		s->recorder.bare = true;
		/* What is open in it then is bmake's. */
		return s;
	}
	recorder_start(&s->recorder, root);
	if (given->flags & ATTACH_BMAKE) {
		s->bmake = s;
		s->recorder.muted = true;
	}
	note_all_given(s);
	return s;
}

struct session *session_begin_target(struct session **all, struct session *outer, pid_t bmake, int log)
{
	struct session *s;

	/* What a bmake within a target builds is its own, and none of the outer target's. */
	while (outer->is_target)
		outer = outer->outer;
	s = open_session(all, outer, bmake, &(struct attachment){ .log = dup(log), .end = -1, .copy = -1 });
	if (s != NULL) {
		s->is_target = true;
		recorder_start(&s->recorder, bmake);
	}
	return s;
}

/* bmake/filemon_oodatetrace.c reads reports, too. */
_Static_assert(REPORT_ENDED == 2 && offsetof(struct report, error) == 4 * sizeof(int), "see struct report there");

void session_end(struct session **all, struct session *s)
{
	struct report report = { .kind = REPORT_ENDED, .status = s->root_status, .signal = s->root_signal };

	while (*all != s)
		all = &(*all)->next;
	*all = s->next;
	report.error = recorder_close(&s->recorder) < 0 ? errno : 0;
	if (s->terminal.copy.file >= 0)
		close(s->terminal.copy.file);
	s->terminal.copy.file = -1;
	if (s->end < 0)
		return;
	report_send(s->end, &report, -1);
	close(s->end);
}

bool session_is_within(const struct session *s, const struct session *around)
{
	while (s != NULL && s != around)
		s = s->outer;
	return s != NULL;
}

static bool is_stream_of(const struct given_stream *stream, const struct stat *st)
{
	return st->st_dev == stream->device && st->st_ino == stream->inode;
}

void session_use_stream(struct session *s, pid_t pid, const struct stat *st, const char *reason)
{
	for (; s != NULL; s = s->outer) {
		if (!s->stdin_read && is_stream_of(&s->stdin_device, st)) {
			record_stdin_read(&s->recorder);
			s->stdin_read = true;
		}
		for (unsigned i = 0; i < s->streams_count && !s->input_told; i++)
			if (is_stream_of(&s->streams[i], st)) {
				record_incomplete_here(&s->recorder, pid, reason);
				s->input_told = true;
			}
	}
}

void session_use_network(struct session *s, int family, bool serves)
{
	if (family != AF_INET && family != AF_INET6)
		return;
	for (; s != NULL; s = s->outer) {
		bool *told = serves ? &s->network_served : &s->network_used;

		if (!*told)
			record_network(&s->recorder, serves);
		*told = true;
	}
}
