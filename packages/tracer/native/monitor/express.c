#include "express.h"

#include "deletions.h"
#include "engine.h"
#include "events.h"
#include "monitor_backend.h"
#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* How often a path is looked up again that leads elsewhere each time. */
#define TRIES_MAX 64
#define FILE_SYSTEMS_MAX 64

static const struct mask_word {
	const char *name;
	unsigned bit;
} interest_words[] = {
	{ "content", WANT_CONTENT }, { "attribute", WANT_ATTRIBUTE }, { "delete", WANT_DELETE },
	{ "exec", WANT_EXEC },	     { "exit", WANT_EXIT },	      { NULL, 0 },
}, file_system_words[] = {
	{ "open", WANT_OPEN },
	{ "exec", WANT_EXEC },
	{ "content", WANT_CONTENT },
	{ "attribute", WANT_ATTRIBUTE },
	{ NULL, 0 },
};

/* Magic numbers that linux/magic.h lacks are those of statfs(2). */
static const long kernel_file_systems[] = {
	PROC_SUPER_MAGIC,	SYSFS_MAGIC,	  CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC,
	BPF_FS_MAGIC,		SECURITYFS_MAGIC, SELINUX_MAGIC,      PSTOREFS_MAGIC,	   EFIVARFS_MAGIC, DEVPTS_SUPER_MAGIC,
	BINFMTFS_MAGIC,		NSFS_MAGIC,	  PIPEFS_MAGIC,	      SOCKFS_MAGIC,	   ANON_INODE_FS_MAGIC,
	0x62656570 /* configfs */, 0x65735543 /* fusectl */, 0x19800202 /* mqueue */,
};

static const long network_file_systems[] = {
	NFS_SUPER_MAGIC,  CIFS_SUPER_MAGIC, SMB_SUPER_MAGIC,  SMB2_SUPER_MAGIC, V9FS_MAGIC,
	CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC,  AFS_FS_MAGIC,     CODA_SUPER_MAGIC, FUSE_SUPER_MAGIC,
	NCP_SUPER_MAGIC,  OCFS2_SUPER_MAGIC, 0x01161970 /* gfs2 */, 0x0bd00bd0 /* lustre */, 0xaad7aaea /* panfs */,
};

static struct watched_file_system {
	dev_t device;
	unsigned wants;
} file_systems[FILE_SYSTEMS_MAX];
static unsigned file_system_count;

static bool is_among(long type, const long *types, size_t count)
{
	for (size_t i = 0; i < count; i++)
		/* Some architectures have 32 bits for it, and a sign. */
		if ((uint32_t)types[i] == (uint32_t)type)
			return true;
	return false;
}

/* 0 if a word is none. */
static unsigned read_mask(char *words, const struct mask_word *known)
{
	unsigned mask = 0;

	for (char *rest = words, *word; (word = strsep(&rest, ",")) != NULL;) {
		const struct mask_word *entry = known;

		while (entry->name != NULL && strcmp(entry->name, word) != 0)
			entry++;
		if (entry->name == NULL)
			return 0;
		mask |= entry->bit;
	}
	return mask;
}

/* Returns -1 with the reason. */
static int read_words(struct request *request, const struct mask_word *known, unsigned *mask, char **path,
		      struct refusal *refusal)
{
	char *words = request_word(request);

	*path = request->rest;
	*mask = words == NULL ? 0 : read_mask(words, known);
	if (*mask == 0 || *path == NULL) {
		refuse_with(refusal, "BAD_REQUEST", "see docs/formats/monitor.md",
			    "the request does not say what is to be watched, in words that are known, and of which path");
		return -1;
	}
	if (**path != '/') {
		refuse_with(refusal, "NOT_ABSOLUTE", "give the path from the root on", "the path does not begin with a slash");
		return -1;
	}
	return 0;
}

static int open_path(const char *path)
{
	const struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
	int fd;

	/* EAGAIN: something was renamed meanwhile, and `..` could not be followed with certainty. */
	do
		fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	return fd;
}

/* Where the first symbolic link on the way ends in the path. */
static size_t find_link(const char *path)
{
	static char part[PATH_MAX];
	size_t length = 0;

	while (path[length] != '\0') {
		struct stat st;

		length += strspn(path + length, "/");
		length += strcspn(path + length, "/");
		if (length >= sizeof(part))
			break;
		memcpy(part, path, length);
		part[length] = '\0';
		if (lstat(part, &st) == 0 && S_ISLNK(st.st_mode))
			return length;
	}
	return length;
}

static void refuse_path(const char *path, int error, struct refusal *refusal)
{
	switch (error) {
	case ELOOP:
		refuse_with(refusal, "THROUGH_LINK", "give the path that the link leads to",
			    "the path goes through the symbolic link %.*s", (int)find_link(path), path);
		return;
	case ENAMETOOLONG:
		refuse_with(refusal, "NAME_TOO_LONG", "give a shorter path", "the path, or a name in it, is too long");
		return;
	case ENOENT:
	case ENOTDIR:
		refuse_with(refusal, "NOT_THERE", "make it first, or watch its directory", "there is no file of this name");
		return;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOSPC:
		refuse_with(refusal, "TOO_MANY", "revoke others, or raise fs.inotify.max_user_watches by sysctl(8)",
			    "no more files can be watched: %s", strerror(error));
		return;
	case ENODEV:
	case EXDEV:
	case EOPNOTSUPP:
		refuse_with(refusal, "UNSUITABLE_FILE_SYSTEM", "use another backend",
			    "the backend %s cannot watch files on this file system", engine_backend->name);
		return;
	default:
		refuse_with(refusal, "NOT_REACHABLE", "let this user read it", "the file cannot be looked at: %s",
			    strerror(error));
	}
}

static int check_file_system(int fd, struct refusal *refusal)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0) {
		refuse_path("", errno, refusal);
		return -1;
	}
	if (is_among(fs.f_type, kernel_file_systems, sizeof(kernel_file_systems) / sizeof(long))) {
		refuse_with(refusal, "KERNEL_FILE_SYSTEM", "watch a file on a disk",
			    "what is there is made by the kernel when it is read, so that nobody changes it");
		return -1;
	}
	if (is_among(fs.f_type, network_file_systems, sizeof(network_file_systems) / sizeof(long))) {
		refuse_with(refusal, "NETWORK_FILE_SYSTEM", "watch it where the files are kept",
			    "the file can be changed elsewhere, and this machine is not told");
		return -1;
	}
	if (!engine_backend->takes(fs.f_type)) {
		refuse_path("", EOPNOTSUPP, refusal);
		return -1;
	}
	return 0;
}

void express_unwatch(struct interest *interest)
{
	struct file *file = interest->file;

	if (file == NULL || file->interests->next != NULL)
		return;
	engine_backend->unwatch(&file->key);
	deletions_unwatch(file);
}

static void give_up(struct interest *interest)
{
	express_unwatch(interest);
	interests_remove(interest);
}

/* Has the file watched, too, for what is wanted by now. Returns -1 with errno. */
static int watch(struct interest *interest, unsigned mask, int fd)
{
	unsigned before = interest->wants;
	struct file *file = interest->file;

	interest->wants |= mask;
	interests_sum_up(file);
	if (engine_backend->watch(&file->key, file->wants, fd) == 0 && deletions_watch(file, fd) == 0)
		return 0;
	interest->wants = before;
	interests_sum_up(file);
	return -1;
}

static bool leads_to(const char *path, const struct file_key *key)
{
	int fd = open_path(path);
	struct stat st;
	bool same = fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == key->device && st.st_ino == key->inode;

	if (fd >= 0)
		close(fd);
	return same;
}

/*
 * One attempt, with what `fd` has open. 1 if the path led to another file by the time that this one was watched; -1
 * with errno.
 */
static int try(const char *path, unsigned mask, int fd, struct file_state *state)
{
	struct interest *interest;
	struct file_key key;
	struct stat st;
	bool is_new;
	int error;

	if (fstat(fd, &st) < 0)
		return -1;
	key = (struct file_key){ .device = st.st_dev, .inode = st.st_ino };
	/*
	 * What waits to be told happened before: to this file, or to another that had its number, be it the end of that one.
	 * `fd` keeps this one.
	 */
	engine_catch_up();
	interest = interests_find(path, &key);
	is_new = interest == NULL;
	if (is_new && (interest = interests_add(path, &key)) == NULL)
		return -1;
	if (watch(interest, mask, fd) == 0 && state_read(fd, (interest->wants & (WANT_EXEC | WANT_EXIT)) != 0, state) == 0) {
		if (leads_to(path, &key)) {
			interest->mount = mounts_id(fd);
			events_state_is_told(interest);
			return 0;
		}
		errno = 0;
	}
	error = errno;
	if (is_new)
		give_up(interest);
	errno = error;
	return error == 0 ? 1 : -1;
}

/* It has ended, and its client would be told so after the answer about the file that is there now. */
static void forget_ended(const char *path)
{
	struct interest *interest, *next;

	for (interest = interests_find_path(path); interest != NULL; interest = next) {
		next = interests_find_next(interest);
		if (interest->file == NULL)
			interests_remove(interest);
	}
}

static int express_path(const char *path, unsigned mask, struct file_state *state, struct refusal *refusal)
{
	for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
		int fd = open_path(path), result, error;

		if (fd < 0) {
			refuse_path(path, errno, refusal);
			return -1;
		}
		if (check_file_system(fd, refusal) < 0) {
			close(fd);
			return -1;
		}
		result = try(path, mask, fd, state);
		error = errno;
		/* At once: as long as it is open, it does not end. */
		close(fd);
		if (result == 0) {
			forget_ended(path);
			return 0;
		}
		if (result < 0) {
			refuse_path(path, error, refusal);
			return -1;
		}
	}
	refuse_with(refusal, "NOT_THERE", "watch its directory", "the path leads to another file each time it is looked up");
	return -1;
}

void express_interest(struct request *request)
{
	static struct file_state state;
	static char bytes[ANSWER_MAX - 4096];
	struct text text = { .bytes = bytes, .size = sizeof(bytes) };
	struct refusal refusal;
	unsigned mask;
	char *path;

	if (read_words(request, interest_words, &mask, &path, &refusal) < 0 ||
	    express_path(path, mask, &state, &refusal) < 0) {
		request_refuse(request, &refusal);
		return;
	}
	state_write(&text, &state);
	request_answer_with(request, "state", &text);
}

/* False if there is no such interest. */
static bool revoke_path(const char *path, unsigned mask)
{
	struct interest *interest, *next;
	bool found = false;

	for (interest = interests_find_path(path); interest != NULL; interest = next) {
		next = interests_find_next(interest);
		found = true;
		interest->wants &= ~mask;
		if (interest->file == NULL || interest->wants == 0) {
			give_up(interest);
			continue;
		}
		interests_sum_up(interest->file);
		/* What it tells nevertheless is not passed on. */
		engine_backend->watch(&interest->key, interest->file->wants, -1);
	}
	return found;
}

void express_revoke(struct request *request)
{
	struct refusal refusal;
	unsigned mask;
	char *path;

	if (read_words(request, interest_words, &mask, &path, &refusal) < 0) {
		request_refuse(request, &refusal);
		return;
	}
	if (!revoke_path(path, mask)) {
		refuse_with(&refusal, "NOT_EXPRESSED", "", "no interest in this path is expressed, or it has ended");
		request_refuse(request, &refusal);
		return;
	}
	request_answer(request);
}

unsigned express_file_system_wants(dev_t device)
{
	for (unsigned i = 0; i < file_system_count; i++)
		if (file_systems[i].device == device)
			return file_systems[i].wants;
	return 0;
}

static struct watched_file_system *find_file_system(dev_t device)
{
	for (unsigned i = 0; i < file_system_count; i++)
		if (file_systems[i].device == device)
			return &file_systems[i];
	if (file_system_count == FILE_SYSTEMS_MAX)
		return NULL;
	file_systems[file_system_count] = (struct watched_file_system){ .device = device };
	return &file_systems[file_system_count++];
}

static int watch_file_system(int fd, const char *path, unsigned events, struct refusal *refusal)
{
	struct watched_file_system *fs;
	struct stat st;

	if (engine_backend->watch_file_system == NULL) {
		refuse_path(path, EOPNOTSUPP, refusal);
		return -1;
	}
	if (check_file_system(fd, refusal) < 0)
		return -1;
	if (fstat(fd, &st) < 0 || (fs = find_file_system(st.st_dev)) == NULL) {
		refuse_path(path, ENOSPC, refusal);
		return -1;
	}
	if (engine_backend->watch_file_system(st.st_dev, fs->wants | events, fd) < 0) {
		refuse_path(path, errno, refusal);
		return -1;
	}
	fs->wants |= events;
	return 0;
}

void express_file_system(struct request *request)
{
	struct refusal refusal;
	unsigned events;
	char *path;
	int fd, result;

	if (read_words(request, file_system_words, &events, &path, &refusal) < 0) {
		request_refuse(request, &refusal);
		return;
	}
	/* It shows what everybody opens. */
	if (getuid() != 0) {
		refuse_with(&refusal, "NEEDS_ROOT", "run it as root", "only root may watch a whole file system");
		request_refuse(request, &refusal);
		return;
	}
	fd = open_path(path);
	if (fd < 0) {
		refuse_path(path, errno, &refusal);
		request_refuse(request, &refusal);
		return;
	}
	result = watch_file_system(fd, path, events, &refusal);
	close(fd);
	if (result < 0)
		request_refuse(request, &refusal);
	else
		request_answer(request);
}

int express_look(const struct interest *interest, struct file_state *state)
{
	int fd = open_path(interest->path), result, error;

	if (fd < 0)
		return -1;
	result = state_read(fd, (interest->wants & (WANT_EXEC | WANT_EXIT)) != 0, state);
	error = errno;
	close(fd);
	errno = error;
	return result;
}
