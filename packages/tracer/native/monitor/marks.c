#include "marks.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef AT_HANDLE_FID
#define AT_HANDLE_FID 0x200
#endif

/* A power of two. */
#define BUCKETS 4096

union raw_handle {
	struct file_handle head;
	char bytes[sizeof(struct file_handle) + HANDLE_MAX];
};

static struct mark *by_key[BUCKETS], *by_handle[BUCKETS], *all_file_systems;
/* The directory that was found last: events come in bunches. */
static struct {
	struct file_handle_of handle;
	int fd;
	char path[PATH_MAX];
} last = { .fd = -1 };

static unsigned bucket_of(const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;
	uint32_t hash = 2166136261u;

	while (length-- > 0)
		hash = (hash ^ *byte++) * 16777619u;
	return (hash ^ hash >> 16) & (BUCKETS - 1);
}

static struct mark **key_bucket(const struct file_key *key)
{
	const uint64_t parts[] = { key->inode, key->device };

	return &by_key[bucket_of(parts, sizeof(parts))];
}

static bool is_same(const struct file_handle_of *one, const struct file_handle_of *other)
{
	return one->length == other->length && one->type == other->type && memcmp(&one->fs, &other->fs, sizeof(one->fs)) == 0 &&
	       memcmp(one->bytes, other->bytes, one->length) == 0;
}

struct mark *marks_find(const struct file_key *key)
{
	struct mark *mark = *key_bucket(key);

	while (mark != NULL && (mark->key.inode != key->inode || mark->key.device != key->device))
		mark = mark->next_by_key;
	return mark;
}

struct mark *marks_find_handle(const struct file_handle_of *handle)
{
	struct mark *mark = by_handle[bucket_of(handle->bytes, handle->length)];

	while (mark != NULL && !is_same(&mark->handle, handle))
		mark = mark->next_by_handle;
	return mark;
}

static void copy_handle(struct file_handle_of *to, const struct file_handle *from)
{
	if (from->handle_bytes > HANDLE_MAX)
		return;
	to->type = from->handle_type;
	to->length = from->handle_bytes;
	memcpy(to->bytes, from->f_handle, from->handle_bytes);
}

void marks_read_handle(struct file_handle_of *handle, const struct fanotify_event_info_fid *record)
{
	handle->fs = record->fsid;
	copy_handle(handle, (const void *)record->handle);
}

const char *marks_name_behind(const struct fanotify_event_info_fid *record)
{
	const struct file_handle *handle = (const void *)record->handle;

	return (const char *)handle->f_handle + handle->handle_bytes;
}

/* Backslash and three octal digits stand for blanks and the like. */
static void decode(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++)
		if (*text == '\\' && text[1] != '\0' && text[2] != '\0' && text[3] != '\0') {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	*to = '\0';
}

/* A number is given to another mount when the one that has it is gone. */
static bool has_number(const char *path, int number)
{
	struct statx st;

	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) == 0 &&
	       st.stx_mnt_id == (uint64_t)number;
}

/* Where the mount of this number is, to be freed; NULL with errno. */
static char *look_up_mount(int number)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, *found = NULL;
	size_t size = 0;

	while (file != NULL && found == NULL && getline(&line, &size, file) > 0) {
		int own, begin = 0, end = 0;

		if (sscanf(line, "%d %*s %*s %*s %n%*s%n", &own, &begin, &end) == 1 && own == number && end > begin)
			found = strndup(line + begin, (size_t)(end - begin));
	}
	free(line);
	if (file != NULL)
		fclose(file);
	if (found == NULL)
		errno = ENODEV;
	else
		decode(found);
	return found;
}

/* The same; most files are on one mount. */
static char *find_mount(int number)
{
	static char *found;

	if (found == NULL || !has_number(found, number)) {
		free(found);
		found = look_up_mount(number);
	}
	return found == NULL ? NULL : strdup(found);
}

/* The path by which it is open, to be freed; NULL with errno. */
static char *path_of(int fd)
{
	char name[32], path[PATH_MAX];
	ssize_t length;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	length = readlink(name, path, sizeof(path));
	return length < 0 ? NULL : strndup(path, (size_t)length);
}

/* The handle that events will have, and where its file system is mounted. Returns -1 with errno. */
static int identify(struct mark *mark, int fd)
{
	union raw_handle raw = { .head.handle_bytes = HANDLE_MAX };
	struct statfs fs;
	int mount;

	if (name_to_handle_at(fd, "", &raw.head, &mount, AT_EMPTY_PATH) < 0) {
		/* Good for telling files apart alone; overlayfs is such a file system. */
		raw.head.handle_bytes = HANDLE_MAX;
		if (errno != EOPNOTSUPP ||
		    name_to_handle_at(fd, "", &raw.head, &mount, AT_EMPTY_PATH | AT_HANDLE_FID) < 0 ||
		    (mark->path = path_of(fd)) == NULL)
			return -1;
	}
	if (fstatfs(fd, &fs) < 0)
		return -1;
	memcpy(&mark->handle.fs, &fs.f_fsid, sizeof(mark->handle.fs));
	copy_handle(&mark->handle, &raw.head);
	mark->mount = find_mount(mount);
	return mark->mount == NULL ? -1 : 0;
}

static struct mark *new_mark(const struct file_key *key, int fd)
{
	struct mark *mark = calloc(1, sizeof(*mark));
	int error;

	if (mark == NULL)
		return NULL;
	mark->key = *key;
	if (identify(mark, fd) == 0)
		return mark;
	error = errno;
	free(mark->path);
	free(mark);
	errno = error;
	return NULL;
}

struct mark *marks_add(const struct file_key *key, int fd)
{
	struct mark *mark = new_mark(key, fd), **bucket = key_bucket(key);

	if (mark == NULL)
		return NULL;
	mark->next_by_key = *bucket;
	*bucket = mark;
	bucket = &by_handle[bucket_of(mark->handle.bytes, mark->handle.length)];
	mark->next_by_handle = *bucket;
	*bucket = mark;
	return mark;
}

void marks_remove(struct mark *mark)
{
	struct mark **at = key_bucket(&mark->key);

	while (*at != mark)
		at = &(*at)->next_by_key;
	*at = mark->next_by_key;
	at = &by_handle[bucket_of(mark->handle.bytes, mark->handle.length)];
	while (*at != mark)
		at = &(*at)->next_by_handle;
	*at = mark->next_by_handle;
	while (mark->executions != NULL)
		marks_end_execution(mark->executions);
	free(mark->mount);
	free(mark->path);
	free(mark);
}

/* The mount is held for no longer than this takes: it may be unmounted at any time. */
static int open_handle(const char *mount, const struct file_handle_of *handle)
{
	union raw_handle raw = { .head = { .handle_bytes = handle->length, .handle_type = handle->type } };
	int directory = open(mount, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), fd, error;

	if (directory < 0)
		return -1;
	memcpy(raw.head.f_handle, handle->bytes, handle->length);
	fd = open_by_handle_at(directory, &raw.head, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	error = errno;
	close(directory);
	errno = error;
	return fd;
}

int marks_open(const struct mark *mark)
{
	struct stat st;
	int fd;

	if (mark->path == NULL)
		return open_handle(mark->mount, &mark->handle);
	fd = open(mark->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == mark->key.device && st.st_ino == mark->key.inode)
		return fd;
	if (fd >= 0)
		close(fd);
	errno = ESTALE;
	return -1;
}

struct mark *marks_find_file_system(dev_t device)
{
	struct mark *mark = all_file_systems;

	while (mark != NULL && mark->key.device != device)
		mark = mark->next_by_key;
	return mark;
}

struct mark *marks_add_file_system(dev_t device, int fd)
{
	const struct file_key key = { .device = device };
	struct mark *mark = new_mark(&key, fd);

	if (mark == NULL)
		return NULL;
	mark->next_by_key = all_file_systems;
	all_file_systems = mark;
	return mark;
}

void marks_remove_file_system(struct mark *mark)
{
	struct mark **at = &all_file_systems;

	while (*at != mark)
		at = &(*at)->next_by_key;
	*at = mark->next_by_key;
	free(mark->mount);
	free(mark->path);
	free(mark);
}

void marks_forget_paths(void)
{
	if (last.fd >= 0)
		close(last.fd);
	last.fd = -1;
}

static int find_directory(const struct mark *fs, const struct file_handle_of *handle)
{
	char name[32];
	ssize_t length;

	if (last.fd >= 0 && is_same(&last.handle, handle))
		return 0;
	marks_forget_paths();
	last.fd = open_handle(fs->mount, handle);
	if (last.fd < 0)
		return -1;
	last.handle = *handle;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", last.fd);
	length = readlink(name, last.path, sizeof(last.path) - 1);
	if (length < 0)
		return -1;
	last.path[length] = '\0';
	return 0;
}

int marks_find_path(const struct file_handle_of *directory, const char *name, struct file_key *key, char *path, size_t size)
{
	const struct mark *fs = all_file_systems;
	struct stat st;

	while (fs != NULL && memcmp(&fs->handle.fs, &directory->fs, sizeof(directory->fs)) != 0)
		fs = fs->next_by_key;
	if (fs == NULL || name == NULL || find_directory(fs, directory) < 0)
		return -1;
	*key = (struct file_key){ .device = fs->key.device };
	if (fstatat(last.fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		key->inode = st.st_ino;
	if (strcmp(name, ".") == 0)
		snprintf(path, size, "%s", last.path);
	else
		snprintf(path, size, "%s/%s", strcmp(last.path, "/") == 0 ? "" : last.path, name);
	return 0;
}

void marks_begin_execution(struct mark *mark, const struct actor *actor, int pidfd, int poller)
{
	struct execution *execution = mark->executions;
	struct epoll_event event = { .events = EPOLLIN };

	while (execution != NULL && execution->actor.pid != actor->pid)
		execution = execution->next;
	if (execution != NULL || (execution = calloc(1, sizeof(*execution))) == NULL) {
		close(pidfd);
		return;
	}
	*execution = (struct execution){ .next = mark->executions, .mark = mark, .actor = *actor, .pidfd = pidfd };
	execution->actor.executable = execution->actor.words = NULL;
	event.data.ptr = execution;
	if (epoll_ctl(poller, EPOLL_CTL_ADD, pidfd, &event) < 0) {
		close(pidfd);
		free(execution);
		return;
	}
	mark->executions = execution;
}

void marks_end_execution(struct execution *execution)
{
	struct execution **at = &execution->mark->executions;

	while (*at != execution)
		at = &(*at)->next;
	*at = execution->next;
	close(execution->pidfd);
	free(execution);
}
