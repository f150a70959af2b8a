#include "state.h"

#include "processes.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "link";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	case S_IFBLK:
		return "block";
	default:
		return "character";
	}
}

int state_read(int fd, bool counts, struct file_state *state)
{
	ssize_t length;

	if (fstat(fd, &state->st) < 0)
		return -1;
	state->target[0] = '\0';
	if (S_ISLNK(state->st.st_mode)) {
		length = readlinkat(fd, "", state->target, sizeof(state->target) - 1);
		if (length < 0)
			return -1;
		state->target[length] = '\0';
	}
	state->executing = -1;
	if (counts && S_ISREG(state->st.st_mode)) {
		const struct file_key key = { .device = state->st.st_dev, .inode = state->st.st_ino };

		state->executing = state->st.st_mode & 0111 ? processes_executing(&key, NULL, NULL) : 0;
	}
	return 0;
}

static void write_time(struct text *text, const char *name, const struct timespec *time)
{
	text_format(text, ",\"%s\":\"%" PRId64 "\"", name, (int64_t)time->tv_sec * 1000000000 + time->tv_nsec);
}

void state_write(struct text *text, const struct file_state *state)
{
	const struct stat *st;

	if (state == NULL) {
		text_put(text, "null");
		return;
	}
	st = &state->st;
	text_format(text, "{\"type\":\"%s\",\"device\":\"%u:%u\",\"inode\":\"%ju\",\"mode\":%u,\"size\":\"%jd\",\"links\":%ju",
		    type_name(st->st_mode), major(st->st_dev), minor(st->st_dev), (uintmax_t)st->st_ino, st->st_mode,
		    (intmax_t)st->st_size, (uintmax_t)st->st_nlink);
	text_format(text, ",\"uid\":%u,\"gid\":%u", st->st_uid, st->st_gid);
	write_time(text, "mtime", &st->st_mtim);
	write_time(text, "ctime", &st->st_ctim);
	if (state->executing >= 0)
		text_format(text, ",\"executing\":%ld", state->executing);
	if (S_ISLNK(st->st_mode)) {
		text_put(text, ",\"target\":");
		text_string(text, state->target);
	}
	text_put(text, "}");
}
