#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
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
	char link[48];
	ssize_t length;

	if (fd < 0)
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, text, PATH_TEXT_MAX - 1);
	close(fd);
	if (length < 0)
		return -1;
	text[length] = '\0';
	return 0;
}

static void take_last_off(const char *text, size_t *used)
{
	while (*used > 0 && text[--*used] != '/')
		;
}

/* A path that is taken apart. */
struct reading {
	struct path_resolver *resolver;
	pid_t pid, tid; /* tid: whose links of /proc are followed; 0 for no one's */
	size_t known; /* so much of the text is a physical directory */
	bool confined; /* and its own parent */
	enum path_way way;
};

/* By `..`, from what is a directory and no link. */
static enum path_result leave_known(const struct reading *reading, char *text, size_t *used)
{
	if (*used == 0)
		return PATH_FOUND;
	text[*used] = '\0';
	record_path(reading->resolver->recorder, 'S', reading->pid, text);
	take_last_off(text, used);
	return PATH_FOUND;
}

/* What the call has found at a directory of its path, which may have become something else since. */
static enum path_kind kind_found(const struct reading *reading, const char *text)
{
	enum path_kind kind = path_kind_of(reading->resolver, text);

	if (kind == PATH_OTHER && reading->way == PATH_WAY_MISSING)
		return PATH_MISSING;
	if (kind == PATH_MISSING && errno == ENOENT && reading->way == PATH_WAY_NO_DIRECTORY)
		return PATH_OTHER;
	return kind;
}

/* By `..`, from whatever it is. */
static enum path_result go_up(const struct reading *reading, char *text, size_t *used)
{
	struct recorder *recorder = reading->resolver->recorder;
	enum path_kind kind;

	if (*used == 0)
		return PATH_FOUND;
	text[*used] = '\0';
	kind = kind_found(reading, text);
	/* It was there, but whether as a link nobody knows any more. */
	if ((kind == PATH_MISSING || kind == PATH_OTHER) && reading->way == PATH_WAY_THERE) {
		errno = EIO;
		return PATH_FAILED;
	}
	if (kind == PATH_LINK && reading->resolver->root != NULL) {
		errno = EIO;
		return PATH_FAILED;
	}
	record_path(recorder, kind == PATH_MISSING ? 'N' : 'S', reading->pid, text);
	if (kind == PATH_MISSING || kind == PATH_OTHER)
		return PATH_NOWHERE;
	if (kind == PATH_LINK) {
		if (make_physical(text) < 0)
			return PATH_NOWHERE;
		*used = strlen(text);
	}
	take_last_off(text, used);
	return PATH_FOUND;
}

bool path_is_removed(const char *text)
{
	static const char deleted[] = " (deleted)";
	size_t length = strlen(text);
	struct stat st;

	return length >= sizeof(deleted) && strcmp(text + length - (sizeof(deleted) - 1), deleted) == 0 &&
	       lstat(text, &st) < 0;
}

/* What a link of /proc leads to. Its text is no path if that has no name. */
static enum path_result path_of_link(const char *link, struct path *path)
{
	ssize_t length = readlink(link, path->text, sizeof(path->text) - 1);

	if (length < 0)
		return PATH_FAILED;
	path->text[length] = '\0';
	snprintf(path->lookup, sizeof(path->lookup), "%s", link);
	return path->text[0] != '/' || path_is_removed(path->text) ? PATH_NAMELESS : PATH_FOUND;
}

enum path_result path_of_descriptor(pid_t tid, int fd, struct path *path)
{
	char link[48];

	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)tid, fd);
	return path_of_link(link, path);
}

/* What comes after the prefix, or NULL. */
static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/*
 * Paths that mean another thing in the probe than in the traced thread: the part
 * of /proc/self/status after `self/`, or NULL. *id is the thread meant.
 */
static const char *proc_entry(const char *text, pid_t tid, int *id)
{
	const char *entry = after(text, "/proc/self/");
	int used = 0;

	*id = tid;
	if (entry == NULL)
		entry = after(text, "/proc/thread-self/");
	if (entry == NULL) {
		if (sscanf(text, "/proc/%d/%n", id, &used) != 1 || used == 0)
			return NULL;
		entry = text + used;
	}
	used = 0;
	return sscanf(entry, "task/%d/%n", id, &used) == 1 && used > 0 ? entry + used : entry;
}

/* Does this entry of /proc lead straight to a file, whatever the text of the link? */
static bool is_magic(const char *entry)
{
	const char *number = after(entry, "fd/");

	if (number != NULL)
		return *number != '\0' && number[strspn(number, "0123456789")] == '\0';
	return strcmp(entry, "cwd") == 0 || strcmp(entry, "root") == 0 || strcmp(entry, "exe") == 0;
}

/* The names in /dev of what is in /proc/self. */
static void replace_device(char *text, size_t *used)
{
	static const char *const names[][2] = { { "/dev/fd", "/proc/self/fd" },
						{ "/dev/stdin", "/proc/self/fd/0" },
						{ "/dev/stdout", "/proc/self/fd/1" },
						{ "/dev/stderr", "/proc/self/fd/2" } };

	for (size_t i = 0; i < 4; i++)
		if (strcmp(text, names[i][0]) == 0)
			*used = (size_t)sprintf(text, "%s", names[i][1]);
}

/* Puts what a link of /proc leads to in the place of its text. rest: what follows it in the path. */
static enum path_result replace_magic(pid_t tid, const char *rest, struct path *path, size_t *used)
{
	char link[64];
	const char *entry;
	enum path_result result;
	int id;

	path->text[*used] = '\0';
	if (path->text[1] == 'd')
		replace_device(path->text, used);
	entry = proc_entry(path->text, tid, &id);
	if (entry == NULL || !is_magic(entry))
		return PATH_FOUND;
	snprintf(link, sizeof(link), "/proc/%d/%.30s", id, entry);
	result = path_of_link(link, path);
	if (result == PATH_FAILED && id != tid) {
		/* The traced thread may look there no more than the probe. */
		path->text[*used] = '\0';
		return PATH_FOUND;
	}
	if (result == PATH_NAMELESS && rest[strspn(rest, "/")] != '\0') {
		errno = EIO;
		return path_is_removed(path->text) && strstr(rest, "..") == NULL ? PATH_NOWHERE : PATH_FAILED;
	}
	*used = strcmp(path->text, "/") == 0 ? 0 : strlen(path->text);
	return result;
}

/* What makes a look-up of the path follow a link at its end, and fail for what is no directory. */
static const char *ending_of(const char *given)
{
	size_t length = strlen(given);

	if (length > 0 && given[length - 1] == '/')
		return "/";
	return length > 1 && strcmp(given + length - 2, "/.") == 0 ? "/." : "";
}

static enum path_result leave(const struct reading *reading, char *text, size_t *used)
{
	const char *root = reading->resolver->root;

	if (root != NULL && strlen(root) == *used && memcmp(root, text, *used) == 0)
		return PATH_FOUND;
	if (*used <= reading->known) {
		if (reading->confined)
			return PATH_FOUND;
		return leave_known(reading, text, used);
	}
	return go_up(reading, text, used);
}

/* Sets path->lookup only where the path as given would lead the probe elsewhere. used: bytes of path->text to begin with. */
static enum path_result normalise(struct reading *reading, const char *raw, size_t used, struct path *path)
{
	char *text = path->text;
	const char *given = raw, *entry;
	bool replaced = false;
	int id;

	path->lookup[0] = '\0';
	for (;;) {
		enum path_result result = PATH_FOUND;
		size_t length;

		raw += strspn(raw, "/");
		if (*raw == '\0')
			break;
		length = strcspn(raw, "/");
		if (length == 2 && raw[0] == '.' && raw[1] == '.') {
			path->lookup[0] = '\0';
			result = leave(reading, text, &used);
			if (reading->known > used)
				reading->known = used;
		} else if (length != 1 || raw[0] != '.') {
			if (used + 1 + length >= PATH_TEXT_MAX) {
				errno = EIO;
				return PATH_FAILED;
			}
			text[used] = '/';
			memcpy(text + used + 1, raw, length);
			used += 1 + length;
			path->lookup[0] = '\0';
			if (reading->tid != 0 && used > 6 && (memcmp(text, "/proc/", 6) == 0 || memcmp(text, "/dev/", 5) == 0))
				result = replace_magic(reading->tid, raw + length, path, &used);
			replaced = replaced || path->lookup[0] != '\0';
		}
		if (result != PATH_FOUND)
			return result;
		raw += length;
	}
	if (used == 0)
		text[used++] = '/';
	text[used] = '\0';
	if (replaced && path->lookup[0] == '\0')
		snprintf(path->lookup, PATH_TEXT_MAX, "%s%s", text, ending_of(given));
	entry = path->lookup[0] == '\0' && reading->tid != 0 ? proc_entry(text, reading->tid, &id) : NULL;
	if (entry != NULL && snprintf(path->lookup, PATH_TEXT_MAX, "/proc/%d/%s", id, entry) >= PATH_TEXT_MAX) {
		errno = EIO;
		return PATH_FAILED;
	}
	return PATH_FOUND;
}

enum path_result path_resolve(struct path_resolver *r, pid_t pid, pid_t tid, int directory,
			      const char *given, struct path *path)
{
	char raw[PATH_TEXT_MAX], link[64];
	struct reading reading = { .resolver = r, .pid = pid, .tid = tid };
	enum path_result result;

	if (given[0] == '/') {
		result = normalise(&reading, given, 0, path);
		if (result == PATH_FOUND && path->lookup[0] == '\0')
			memcpy(path->lookup, given, strlen(given) + 1);
		return result;
	}
	if (directory == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%d/cwd", (int)tid);
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)tid, directory);
	result = path_of_link(link, path);
	path->lookup[0] = '\0';
	if (result == PATH_FAILED && errno == ENAMETOOLONG)
		errno = EIO; /* the call itself does not fail for that */
	if (result == PATH_FAILED)
		return result;
	/* Of a directory that was removed, or lies outside of the root, the way up is not known. */
	if (result == PATH_NAMELESS && (after(path->text, "(unreachable)") != NULL || strstr(given, "..") != NULL)) {
		errno = EIO;
		return PATH_FAILED;
	}
	if (result == PATH_NAMELESS)
		return result;
	if (snprintf(raw, sizeof(raw), "%s/%s", path->text, given) >= PATH_TEXT_MAX) {
		errno = EIO;
		return PATH_FAILED;
	}
	result = normalise(&reading, raw, 0, path);
	if (result != PATH_FOUND || path->lookup[0] != '\0')
		return result;
	if (strlen(raw) <= RECORD_PATH_MAX)
		memcpy(path->lookup, raw, strlen(raw) + 1);
	else
		snprintf(path->lookup, sizeof(path->lookup), "%s/%s", link, given);
	return result;
}

enum path_result path_join(struct path_resolver *r, pid_t pid, const char *place, const char *given,
			   enum path_way way, struct path *path)
{
	size_t known = strlen(place), length = strlen(given), slash = given[0] != '/' && given[0] != '\0';
	struct reading reading = { .resolver = r, .pid = pid, .known = known, .confined = given[0] == '/', .way = way };
	enum path_result result;

	if (known >= PATH_TEXT_MAX / 2) {
		errno = EIO;
		return PATH_FAILED;
	}
	memcpy(path->text, place, known);
	result = normalise(&reading, given, known, path);
	if (result != PATH_FOUND || path->lookup[0] != '\0')
		return result;
	if (length >= PATH_TEXT_MAX - known - slash) {
		errno = EIO;
		return PATH_FAILED;
	}
	memcpy(path->lookup, place, known);
	path->lookup[known] = '/';
	memcpy(path->lookup + known + slash, given, length + 1);
	return result;
}

void path_forget_directory(struct path_resolver *r, const char *text)
{
	r->real_directories[path_hash(text) % REAL_DIRECTORIES] = 0;
}

void path_remember_directory(struct path_resolver *r, const char *text)
{
	uint64_t hash = path_hash(text);

	r->real_directories[hash % REAL_DIRECTORIES] = hash;
}
