#include "file_users.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* By the text of the link: to follow it could wait for a file system that does not answer. */
static bool is_writer_of(int descriptors, const char *name, const char *path, ssize_t length)
{
	char text[PATH_MAX];
	struct stat link;

	return readlinkat(descriptors, name, text, sizeof(text)) == length && memcmp(text, path, (size_t)length) == 0 &&
	       fstatat(descriptors, name, &link, AT_SYMLINK_NOFOLLOW) == 0 && (link.st_mode & S_IWUSR);
}

static bool process_writes(const char *pid, const char *path, ssize_t length)
{
	char name[64];
	DIR *descriptors;
	struct dirent *entry;
	bool found = false;

	snprintf(name, sizeof(name), "/proc/%.16s/fd", pid);
	descriptors = opendir(name);
	if (descriptors == NULL)
		return false;
	while (!found && (entry = readdir(descriptors)) != NULL)
		found = entry->d_name[0] != '.' && is_writer_of(dirfd(descriptors), entry->d_name, path, length);
	closedir(descriptors);
	return found;
}

static bool is_own(pid_t pid, const pid_t *own, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (own[i] == pid)
			return true;
	return pid == getpid();
}

bool file_has_other_writers(int fd, const pid_t *own, size_t count)
{
	char name[64], path[PATH_MAX];
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	bool found = false;
	ssize_t length;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	length = readlink(name, path, sizeof(path));
	if (processes == NULL || length < 0) {
		if (processes != NULL)
			closedir(processes);
		return true;
	}
	while (!found && (entry = readdir(processes)) != NULL)
		found = isdigit((unsigned char)entry->d_name[0]) && !is_own(atoi(entry->d_name), own, count) &&
			process_writes(entry->d_name, path, length);
	closedir(processes);
	return found;
}
