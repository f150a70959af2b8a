#include "mounts.h"

#include "engine.h"
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 6.8, and newer than many a C library. */
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000u
#endif
#define SYSTEM_CALL_STATMOUNT 457

static int mountinfo = -1;
/* Else a number may be given to another mount as soon as the one that has it is gone. */
static bool unique;

/* Is the mount still there? */
static bool ask_statmount(uint64_t id)
{
	const struct {
		uint32_t size, spare;
		uint64_t id, wanted;
	} request = { .size = sizeof(request), .id = id };
	char answer[1024];

	return syscall(SYSTEM_CALL_STATMOUNT, &request, answer, sizeof(answer), 0) == 0;
}

static uint64_t id_at(int directory, const char *path, int flags)
{
	struct statx st;

	if (statx(directory, path, flags | AT_NO_AUTOMOUNT, unique ? STATX_MNT_ID_UNIQUE : STATX_MNT_ID, &st) < 0)
		return 0;
	return st.stx_mnt_id;
}

int mounts_open(void)
{
	mountinfo = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	unique = true;
	unique = ask_statmount(id_at(AT_FDCWD, "/", 0));
	return mountinfo;
}

uint64_t mounts_id(int fd)
{
	return id_at(fd, "", AT_EMPTY_PATH);
}

bool mounts_changed(void)
{
	struct pollfd changed = { .fd = mountinfo, .events = POLLPRI };

	return poll(&changed, 1, 0) > 0;
}

/* One line begins with the number of each mount. NULL if there is no memory. */
static uint64_t *list_mounts(size_t *count)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	uint64_t *list = NULL, id;
	size_t room = 0;
	char *line = NULL;
	size_t size = 0;

	*count = 0;
	while (file != NULL && getline(&line, &size, file) > 0) {
		if (sscanf(line, "%" SCNu64, &id) != 1)
			continue;
		if (*count == room) {
			uint64_t *larger = realloc(list, (room = room * 2 + 64) * sizeof(*list));

			if (larger == NULL)
				break;
			list = larger;
		}
		list[(*count)++] = id;
	}
	free(line);
	if (file != NULL)
		fclose(file);
	return list;
}

static bool is_there(uint64_t id, const uint64_t *list, size_t count)
{
	if (unique)
		return ask_statmount(id);
	for (size_t i = 0; i < count; i++)
		if (list[i] == id)
			return true;
	return false;
}

/* The mount that the path leads to, as far as it leads anywhere; 0 if that cannot be told. */
static uint64_t find_reached(const char *path)
{
	char part[PATH_MAX];
	uint64_t id;

	snprintf(part, sizeof(part), "%s", path);
	while ((id = id_at(AT_FDCWD, part, AT_SYMLINK_NOFOLLOW)) == 0 && (errno == ENOENT || errno == ENOTDIR)) {
		char *slash = strrchr(part, '/');

		if (slash == NULL || slash[1] == '\0')
			return 0;
		/* The root keeps its slash. */
		slash[slash == part ? 1 : 0] = '\0';
	}
	return id;
}

static void compare(struct interest *interest, const struct actor *who)
{
	uint64_t reached = find_reached(interest->path);

	if (reached == interest->mount) {
		interest->cover = 0;
	} else if (reached != 0 && reached != interest->cover) {
		interest->cover = reached;
		events_tell_overmounted(interest, who);
	}
}

void mounts_compare(void)
{
	const struct actor *who = engine_mounter();
	uint64_t *list = NULL;
	size_t count = 0;
	struct interest *interest, *next;

	if (!unique)
		list = list_mounts(&count);
	for (interest = TAILQ_FIRST(&interests); interest != NULL; interest = next) {
		next = TAILQ_NEXT(interest, all);
		if (interest->file == NULL || interest->mount == 0)
			continue;
		if (is_there(interest->mount, list, count))
			compare(interest, who);
		else
			events_tell_unmounted(interest, who);
	}
	free(list);
}
