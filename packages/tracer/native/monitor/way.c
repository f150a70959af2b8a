#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as in path_resolution(7) */
#define XFS_MAGIC 0x58465342

static void trouble(struct way *w, const char *what)
{
	if (w->trouble == NULL)
		w->trouble = what;
}

/* Of these it is known that each change goes through the kernel's setting of the time of change, and that stat gives the device of the super block. */
static bool suits(int fd)
{
	struct statfs system;

	if (fstatfs(fd, &system) < 0)
		return false;
	switch ((unsigned long)system.f_type) {
	case EXT4_SUPER_MAGIC: /* and those before it */
	case TMPFS_MAGIC:
	case XFS_MAGIC:
		return true;
	default:
		return false;
	}
}

/* 1, 0, or -1 if it has not been asked. */
static int known_device(const struct way *w, dev_t device)
{
	for (unsigned i = 0; i < w->devices; i++)
		if (w->device[i].device == device)
			return w->device[i].suits;
	return -1;
}

static void check_device(struct way *w, dev_t device, int fd)
{
	int known = known_device(w, device);

	if (known < 0) {
		known = suits(fd);
		if (w->devices < WAY_DEVICES_MAX) {
			w->device[w->devices].device = device;
			w->device[w->devices++].suits = known;
		}
	}
	if (!known)
		trouble(w, UNSUITABLE_FILE_SYSTEM);
}

void way_name(struct way *w, const struct file_key *key, uint32_t folder_place, uint32_t name_place)
{
	struct place_list *list = &w->passed;

	if (list->count == list->room) {
		size_t room = list->room * 2 + 64;
		struct place *places = realloc(list->places, room * sizeof(*places));

		if (places == NULL) {
			trouble(w, OUT_OF_MEMORY);
			return;
		}
		list->places = places;
		list->room = room;
	}
	list->places[list->count++] = (struct place){ .key = *key, .folder = folder_place, .name = name_place };
}

/* Notes what `fd` is of. Returns its type, 0 if that cannot be known. */
static mode_t note(struct way *w, int fd, struct file_key *key)
{
	struct statx found;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO, &found) < 0) {
		trouble(w, UNCLEAR_WAY);
		return 0;
	}
	*key = (struct file_key){ .inode = found.stx_ino, .device = makedev(found.stx_dev_major, found.stx_dev_minor) };
	way_name(w, key, NO_NAME, NO_NAME);
	check_device(w, key->device, fd);
	if (S_ISDIR(found.stx_mode) && (found.stx_attributes & STATX_ATTR_ENCRYPTED))
		trouble(w, ENCRYPTED_DIRECTORY);
	return found.stx_mode & S_IFMT;
}

static int walk(struct way *w, int dir, const char *path, unsigned *links);

/* Where a name of `length` bytes in `dir` leads. The descriptor is the caller's; -1 with errno. */
static int step(struct way *w, int dir, const char *name, size_t length, unsigned *links, struct file_key *key)
{
	char component[NAME_MAX + 1], target[PATH_MAX];
	ssize_t size;
	int fd, end, error;

	if (length >= sizeof(component)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(component, name, length);
	component[length] = '\0';
	fd = openat(dir, component, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || note(w, fd, key) != S_IFLNK)
		return fd;
	size = readlinkat(fd, "", target, sizeof(target) - 1);
	error = errno;
	close(fd);
	if (size < 0 || ++*links > LINKS_MAX) {
		errno = size < 0 ? error : ELOOP;
		return -1;
	}
	target[size] = '\0';
	end = walk(w, dir, target, links);
	if (end >= 0)
		note(w, end, key);
	return end;
}

static size_t skip_slashes(const char *path, size_t at)
{
	while (path[at] == '/')
		at++;
	return at;
}

static int walk(struct way *w, int dir, const char *path, unsigned *links)
{
	int fd = dup(path[0] == '/' ? w->root : dir);
	size_t at = skip_slashes(path, 0);

	while (fd >= 0 && path[at] != '\0') {
		size_t length = strcspn(path + at, "/");
		struct file_key key;
		int next = step(w, fd, path + at, length, links, &key), error = errno;

		close(fd);
		errno = error;
		fd = next;
		at = skip_slashes(path, at + length);
	}
	return fd;
}

int way_open(struct way *w, size_t expected)
{
	*w = (struct way){ .root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) };
	if (w->root < 0)
		return -1;
	w->passed.places = malloc(expected * sizeof(*w->passed.places));
	if (w->passed.places == NULL) {
		close(w->root);
		return -1;
	}
	w->passed.room = expected;
	note(w, w->root, &w->root_key);
	return 0;
}

static void go_back(struct way *w, unsigned depth)
{
	while (w->depth > depth)
		close(w->place[--w->depth].fd);
}

void way_close(struct way *w)
{
	go_back(w, 0);
	close(w->root);
}

/* How many of the places passed last are on the way of this path, too. */
static unsigned common_places(const struct way *w, const char *path)
{
	unsigned common = 0;
	size_t same = 0;

	while (path[same] != '\0' && path[same] == w->path[same])
		same++;
	while (common < w->depth && w->place[common].end <= same &&
	       (path[w->place[common].end] == '/' || path[w->place[common].end] == '\0'))
		common++;
	return common;
}

int way_to_directory(struct way *w, const char *path, struct file_key *key)
{
	unsigned links = 0;
	size_t at;

	if (strlen(path) >= sizeof(w->path) || path[0] != '/') {
		errno = ENAMETOOLONG;
		return -1;
	}
	go_back(w, common_places(w, path));
	strcpy(w->path, path);
	at = skip_slashes(path, w->depth > 0 ? w->place[w->depth - 1].end : 0);
	while (path[at] != '\0') {
		size_t length = strcspn(path + at, "/");
		int from = w->depth > 0 ? w->place[w->depth - 1].fd : w->root, fd;

		if (w->depth == WAY_DEPTH_MAX) {
			trouble(w, UNCLEAR_WAY);
			errno = ENAMETOOLONG;
			return -1;
		}
		fd = step(w, from, path + at, length, &links, &w->place[w->depth].key);
		if (fd < 0)
			return -1;
		w->place[w->depth].fd = fd;
		w->place[w->depth++].end = at + length;
		at = skip_slashes(path, at + length);
	}
	*key = w->depth > 0 ? w->place[w->depth - 1].key : w->root_key;
	return 0;
}

int way_through_link(struct way *w, int dir, const char *name, struct file_key *key)
{
	unsigned links = 0;
	int fd = step(w, dir, name, strlen(name), &links, key);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

void way_note(struct way *w, int dir, const char *name, const struct stat *stats, uint32_t folder_place,
	      uint32_t name_place)
{
	struct file_key key = { .inode = stats->st_ino, .device = stats->st_dev };
	int fd;

	way_name(w, &key, folder_place, name_place);
	if (known_device(w, key.device) > 0)
		return;
	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		trouble(w, UNCLEAR_WAY);
		return;
	}
	check_device(w, key.device, fd);
	close(fd);
}
