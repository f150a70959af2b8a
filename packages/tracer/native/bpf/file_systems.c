#include "file_systems.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#define FILE_SYSTEMS_MAX 64

static struct file_system {
	dev_t device;
	unsigned wants;
	char *point; /* "" for / */
	char *root; /* what lies there, of the file system; "" for all of it */
} all[FILE_SYSTEMS_MAX];
static unsigned count;

static struct file_system *find(dev_t device)
{
	for (unsigned i = 0; i < count; i++)
		if (all[i].device == device)
			return &all[i];
	return NULL;
}

/* Undoes how paths are written in mountinfo, see proc_pid_mountinfo(5). */
static void decode(char *path)
{
	char *to = path;

	for (const char *from = path; *from != '\0'; to++) {
		unsigned value;

		if (*from == '\\' && sscanf(from + 1, "%3o", &value) == 1) {
			*to = (char)value;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	if (strcmp(path, "/") == 0)
		path[0] = '\0';
}

static unsigned mount_of(int fd)
{
	char name[48], line[128];
	unsigned mount = 0;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	file = fopen(name, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "mnt_id: %u", &mount) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return mount;
}

static int replace(char **text, const char *by)
{
	char *copy = strdup(by);

	if (copy == NULL)
		return -1;
	free(*text);
	*text = copy;
	return 0;
}

/* Of all that is mounted of it that of which most can be seen; else that by which it was named. */
static int find_mount(struct file_system *fs, int fd)
{
	unsigned own = mount_of(fd), mount, major, minor;
	char *line = NULL, *root = NULL, *point = NULL;
	size_t room = 0;
	FILE *file = fopen("/proc/self/mountinfo", "re");
	bool found = false;
	int result = 0;

	while (file != NULL && result == 0 && getline(&line, &room, file) > 0) {
		if (sscanf(line, "%u %*u %u:%u %ms %ms", &mount, &major, &minor, &root, &point) == 5 &&
		    makedev(major, minor) == fs->device) {
			decode(root);
			decode(point);
			if (!found || strlen(root) < strlen(fs->root) || (mount == own && strcmp(root, fs->root) == 0)) {
				result = replace(&fs->root, root) < 0 || replace(&fs->point, point) < 0 ? -1 : 0;
				found = true;
			}
		}
		free(root);
		free(point);
		root = point = NULL;
	}
	free(line);
	if (file != NULL)
		fclose(file);
	if (result == 0 && !found) {
		errno = ENODEV;
		return -1;
	}
	return result;
}

int file_systems_set(dev_t device, unsigned wants, int fd)
{
	struct file_system *fs = find(device), new = { .device = device };

	if (wants == 0 && fs != NULL) {
		free(fs->point);
		free(fs->root);
		*fs = all[--count];
	} else if (fs != NULL) {
		fs->wants = wants;
	} else if (wants != 0) {
		if (count == FILE_SYSTEMS_MAX) {
			errno = ENOSPC;
			return -1;
		}
		if (find_mount(&new, fd) < 0) {
			free(new.point);
			free(new.root);
			return -1;
		}
		new.wants = wants;
		all[count++] = new;
	}
	return 0;
}

unsigned file_systems_wants(void)
{
	unsigned wants = 0;

	for (unsigned i = 0; i < count; i++)
		wants |= all[i].wants;
	return wants;
}

unsigned file_systems_count(void)
{
	return count;
}

const char *place_path(const char *names, size_t size)
{
	static char path[TOLD_TEXT_MAX];
	char *begin = path + sizeof(path) - 1;

	if (size == 0)
		return NULL;
	for (const char *name = names; name < names + size; name += strlen(name) + 1) {
		size_t length = strlen(name);

		if ((size_t)(begin - path) < length + 1)
			return NULL;
		begin -= length;
		memcpy(begin, name, length);
		*--begin = '/';
	}
	return begin;
}

const char *file_systems_path(dev_t device, const char *names, size_t size)
{
	static char path[PATH_MAX];
	const struct file_system *fs = find(device);
	const char *within = fs == NULL ? NULL : place_path(names, size);
	size_t root;
	int length;

	if (within == NULL)
		return NULL;
	if (strcmp(within, "/") == 0)
		within = "";
	root = strlen(fs->root);
	/* Nothing that is mounted shows it. */
	if (strncmp(within, fs->root, root) != 0 || (within[root] != '\0' && within[root] != '/'))
		return NULL;
	length = snprintf(path, sizeof(path), "%s%s", fs->point, within + root);
	if (length == 0)
		return "/";
	return length < 0 || (size_t)length >= sizeof(path) ? NULL : path;
}
