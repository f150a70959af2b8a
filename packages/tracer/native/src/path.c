#include "path.h"

#include "tracee.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

uint64_t path_hash(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return hash;
}

void path_forget_directories(struct path_resolver *r)
{
	memset(r->real_directories, 0, sizeof(r->real_directories));
}

enum path_kind path_kind_of(struct path_resolver *r, const char *text)
{
	uint64_t hash = path_hash(text);
	uint64_t *slot = &r->real_directories[hash % REAL_DIRECTORIES];
	struct stat st;

	if (*slot == hash)
		return PATH_REAL_DIRECTORY;
	if (lstat(text, &st) < 0)
		return PATH_MISSING;
	if (S_ISLNK(st.st_mode))
		return PATH_LINK;
	if (!S_ISDIR(st.st_mode))
		return PATH_OTHER;
	*slot = hash;
	return PATH_REAL_DIRECTORY;
}

/* Puts the physical path of the directory that text leads to in its place. */
static int make_physical(char *text)
{
	int fd = open(text, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return -1;
	length = tracee_descriptor(getpid(), fd, text, PATH_TEXT_MAX);
	close(fd);
	return length < 0 ? -1 : 0;
}

static enum path_result go_up(struct path_resolver *r, pid_t pid, char *text, size_t *used)
{
	if (*used == 0)
		return PATH_FOUND;
	text[*used] = '\0';
	switch (path_kind_of(r, text)) {
	case PATH_REAL_DIRECTORY:
		break;
	case PATH_LINK:
		record_path(r->recorder, 'S', pid, text);
		if (make_physical(text) < 0)
			return PATH_NOWHERE;
		*used = strlen(text);
		break;
	case PATH_OTHER:
		record_path(r->recorder, 'S', pid, text);
		return PATH_NOWHERE;
	case PATH_MISSING:
		record_path(r->recorder, 'N', pid, text);
		return PATH_NOWHERE;
	}
	while (*used > 0 && text[--*used] != '/')
		;
	return PATH_FOUND;
}

static enum path_result normalise(struct path_resolver *r, pid_t pid, const char *raw, char *text)
{
	size_t used = 0;

	for (;;) {
		size_t length;

		raw += strspn(raw, "/");
		if (*raw == '\0')
			break;
		length = strcspn(raw, "/");
		if (length == 2 && raw[0] == '.' && raw[1] == '.') {
			enum path_result result = go_up(r, pid, text, &used);

			if (result != PATH_FOUND)
				return result;
		} else if (length != 1 || raw[0] != '.') {
			if (used + 1 + length >= PATH_TEXT_MAX) {
				errno = ENAMETOOLONG;
				return PATH_FAILED;
			}
			text[used] = '/';
			memcpy(text + used + 1, raw, length);
			used += 1 + length;
		}
		raw += length;
	}
	if (used == 0)
		text[used++] = '/';
	text[used] = '\0';
	return PATH_FOUND;
}

/* The path of a descriptor as /proc gives it is no path for what has no name. */
static enum path_result named(struct path *path)
{
	static const char deleted[] = " (deleted)";
	size_t length = strlen(path->text);
	struct stat st;

	if (path->text[0] != '/')
		return PATH_NAMELESS;
	if (length >= sizeof(deleted) && strcmp(path->text + length - (sizeof(deleted) - 1), deleted) == 0 &&
	    lstat(path->text, &st) < 0)
		return PATH_NAMELESS;
	memcpy(path->lookup, path->text, length + 1);
	return PATH_FOUND;
}

enum path_result path_of_descriptor(pid_t tid, int fd, struct path *path)
{
	if (tracee_descriptor(tid, fd, path->text, sizeof(path->text)) < 0)
		return PATH_FAILED;
	snprintf(path->lookup, sizeof(path->lookup), "/proc/%d/fd/%d", (int)tid, fd);
	return named(path);
}

enum path_result path_of_directory(pid_t tid, struct path *path)
{
	if (tracee_directory(tid, path->text, sizeof(path->text)) < 0)
		return PATH_FAILED;
	return named(path);
}

/*
 * Paths that mean another thing in the probe than in the traced process: the
 * rest after its own directory in /proc, or NULL.
 */
static const char *own_proc_entry(pid_t pid, const char *given, const char **entry)
{
	static const char *const standard[] = { "/dev/stdin", "/dev/stdout", "/dev/stderr" };
	static const char *const standard_entry[] = { "fd/0", "fd/1", "fd/2" };
	char own[32];
	size_t length;

	for (size_t i = 0; i < 3; i++)
		if (strcmp(given, standard[i]) == 0) {
			*entry = standard_entry[i];
			return given;
		}
	if (strncmp(given, "/dev/fd/", 8) == 0) {
		*entry = given + 5;
		return given;
	}
	if (strncmp(given, "/proc/", 6) != 0)
		return NULL;
	length = (size_t)snprintf(own, sizeof(own), "/proc/%d/", (int)pid);
	if (strncmp(given, "/proc/self/", 11) == 0)
		*entry = given + 11;
	else if (strncmp(given, "/proc/thread-self/", 18) == 0)
		*entry = given + 18;
	else if (strncmp(given, own, length) == 0)
		*entry = given + length;
	else
		return NULL;
	return given;
}

static int join(char *to, const char *directory, const char *name)
{
	if (snprintf(to, PATH_TEXT_MAX, "%s/%s", directory, name) < PATH_TEXT_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/* What follows the slashes, as a path relative to what is before them. */
static const char *below(const char *slashes)
{
	slashes += strspn(slashes, "/");
	return *slashes == '\0' ? "." : slashes;
}

/* What /proc/self/{fd/N,cwd/...,root/...} of the traced process leads to. */
static enum path_result resolve_own_proc(struct path_resolver *r, pid_t pid, pid_t tid, const char *given,
					 const char *entry, struct path *path)
{
	char rest[PATH_TEXT_MAX];
	int fd, used = 0;

	if (sscanf(entry, "fd/%d%n", &fd, &used) == 1 && entry[used] == '\0')
		return path_of_descriptor(tid, fd, path);
	if (used > 0 && entry[used] == '/')
		return path_resolve(r, pid, tid, fd, below(entry + used), path);
	if (strncmp(entry, "cwd/", 4) == 0)
		return path_resolve(r, pid, tid, AT_FDCWD, below(entry + 3), path);
	if (strncmp(entry, "root/", 5) == 0)
		return path_resolve(r, pid, tid, AT_FDCWD, entry + 4, path);
	if (snprintf(path->lookup, sizeof(path->lookup), "/proc/%d/%s", (int)tid, entry) >= PATH_TEXT_MAX ||
	    snprintf(rest, sizeof(rest), "%s", given) >= PATH_TEXT_MAX) {
		errno = ENAMETOOLONG;
		return PATH_FAILED;
	}
	return normalise(r, pid, rest, path->text);
}

/* Of a directory that was removed, or lies outside of the root, the way up is not known. */
static bool is_reachable(const char *directory, const char *given)
{
	static const char deleted[] = " (deleted)";
	size_t length = strlen(directory);
	struct stat st;

	if (strncmp(directory, "(unreachable)", 13) == 0)
		return false;
	return length < sizeof(deleted) || strcmp(directory + length - (sizeof(deleted) - 1), deleted) != 0 ||
	       lstat(directory, &st) == 0 || strstr(given, "..") == NULL;
}

enum path_result path_resolve(struct path_resolver *r, pid_t pid, pid_t tid, int directory,
			      const char *given, struct path *path)
{
	const char *entry;
	char raw[PATH_TEXT_MAX];

	if (given[0] == '/') {
		if (own_proc_entry(pid, given, &entry) != NULL)
			return resolve_own_proc(r, pid, tid, given, entry, path);
		memcpy(path->lookup, given, strlen(given) + 1);
		return normalise(r, pid, given, path->text);
	}
	if ((directory == AT_FDCWD ? tracee_directory(tid, path->text, sizeof(path->text))
				   : tracee_descriptor(tid, directory, path->text, sizeof(path->text))) < 0)
		return PATH_FAILED;
	if (!is_reachable(path->text, given)) {
		errno = EIO;
		return PATH_FAILED;
	}
	if (path->text[0] != '/')
		return PATH_NAMELESS;
	if (join(raw, path->text, given) < 0)
		return PATH_FAILED;
	if (strlen(raw) <= RECORD_PATH_MAX)
		memcpy(path->lookup, raw, strlen(raw) + 1);
	else if (directory == AT_FDCWD)
		snprintf(path->lookup, sizeof(path->lookup), "/proc/%d/cwd/%s", (int)tid, given);
	else
		snprintf(path->lookup, sizeof(path->lookup), "/proc/%d/fd/%d/%s", (int)tid, directory, given);
	return normalise(r, pid, raw, path->text);
}
