#include "look.h"

#include "path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct look look_at(const char *path, bool follow)
{
	struct look look = { .error = 0 };

	if (fstatat(AT_FDCWD, path, &look.st, AT_NO_AUTOMOUNT | (follow ? 0 : AT_SYMLINK_NOFOLLOW)) < 0)
		look.error = errno;
	return look;
}

bool look_permits(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0;
}

bool look_parent_permits(const char *path)
{
	char parent[PATH_TEXT_MAX];
	size_t length = strlen(path);

	while (length > 0 && path[length - 1] == '/')
		length--;
	while (length > 0 && path[length - 1] != '/')
		length--;
	memcpy(parent, path, length);
	parent[length] = '\0';
	return look_permits(length > 0 ? parent : "/", W_OK | X_OK);
}

/* As many links as Linux follows for one path. */
#define LINKS_MAX 40

bool look_target(const char *path, char *target)
{
	char text[PATH_TEXT_MAX];

	if (strlen(path) >= PATH_TEXT_MAX)
		return false;
	memcpy(target, path, strlen(path) + 1);
	for (unsigned links = 0; links < LINKS_MAX; links++) {
		ssize_t length = readlink(target, text, sizeof(text) - 1);
		const char *name = strrchr(target, '/');
		size_t above = name == NULL ? 0 : (size_t)(name + 1 - target);

		if (length < 0)
			return true;
		text[length] = '\0';
		if (text[0] == '/')
			above = 0;
		if (above + (size_t)length >= PATH_TEXT_MAX)
			return false;
		memcpy(target + above, text, (size_t)length + 1);
	}
	return false;
}

bool look_has_entries(const char *path)
{
	DIR *directory = opendir(path);
	unsigned count = 0;

	if (directory == NULL)
		return false;
	/* Each has . and .. */
	while (count < 3 && readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count == 3;
}

/* A name too long can never be there, so that it is no input either. */
bool look_is_missing(const struct look *look)
{
	return look->error != 0 && look->error != ENAMETOOLONG;
}
