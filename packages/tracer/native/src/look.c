#include "look.h"

#include "path.h"

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

/* A name too long can never be there, so that it is no input either. */
bool look_is_missing(const struct look *look)
{
	return look->error != 0 && look->error != ENAMETOOLONG;
}
