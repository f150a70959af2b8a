#include "look.h"

#include <errno.h>

static int64_t nanoseconds(struct timespec time)
{
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void identity_of(struct identity *identity, const struct stat *stats)
{
	*identity = (struct identity){ .device = stats->st_dev,
				       .inode = stats->st_ino,
				       .size = (uint64_t)stats->st_size,
				       .mtime = nanoseconds(stats->st_mtim),
				       .ctime = nanoseconds(stats->st_ctim),
				       .mode = stats->st_mode };
}

bool identity_matches(const struct identity *identity, const struct stat *stats)
{
	return identity->inode == stats->st_ino && identity->ctime == nanoseconds(stats->st_ctim) &&
	       identity->mtime == nanoseconds(stats->st_mtim) && identity->size == (uint64_t)stats->st_size &&
	       identity->mode == stats->st_mode && identity->device == stats->st_dev;
}

/* What the planner takes for "not there". */
static bool is_absence(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG;
}

bool look_failure_matches(const struct look *look, int error)
{
	if (look->kind == LOOK_ABSENT)
		return is_absence(error);
	return look->kind == LOOK_UNREADABLE && !is_absence(error) && look->identity.size == (uint64_t)error;
}

bool look_matches(const struct look *look, const struct stat *stats)
{
	switch (look->kind) {
	case LOOK_DIRECTORY:
		return S_ISDIR(stats->st_mode);
	case LOOK_SPECIAL:
		return !S_ISDIR(stats->st_mode) && !S_ISREG(stats->st_mode) && !S_ISLNK(stats->st_mode);
	case LOOK_SAME:
		return identity_matches(&look->identity, stats);
	case LOOK_PLACE:
		return look->identity.inode == stats->st_ino && look->identity.device == stats->st_dev;
	default:
		return false;
	}
}
