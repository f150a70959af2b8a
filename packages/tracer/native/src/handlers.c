#include "handlers.h"

#include "findings.h"
#include "tracee.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* As fopen(3) has them for "w". */
#define NEW_FILE_FLAGS (O_WRONLY | O_CREAT | O_TRUNC)

enum told {
	TOLD_OPAQUE = 1 << 0,
	TOLD_FOREIGN = 1 << 1,
	TOLD_NAMESPACE = 1 << 2,
	TOLD_ROOT = 1 << 3,
	TOLD_HANDLE = 1 << 4,
	TOLD_PATH = 1 << 5,
	TOLD_MOUNT = 1 << 6,
};

static uint64_t argument(const struct request *r, unsigned number)
{
	return r->notification->data.args[number - 1];
}

static int directory_argument(const struct request *r, unsigned number)
{
	return number == 0 ? AT_FDCWD : (int)argument(r, number);
}

static int flags_of(const struct request *r)
{
	return r->call->flags == 0 ? r->call->fixed_flags : (int)argument(r, r->call->flags);
}

static struct recorder *recorder_of(struct request *r)
{
	return &r->process->session->recorder;
}

static void record(struct request *r, char letter, const char *path)
{
	record_path(recorder_of(r), letter, r->process->pid, path);
}

static void alter(struct request *r, const char *path)
{
	record_alteration(recorder_of(r), r->process->pid, path);
}

static struct finder finder_of(struct request *r)
{
	return (struct finder){ &r->watch->resolver, r->process->pid };
}

static void incomplete(struct request *r, enum told told, const char *reason)
{
	tasks_incomplete(r->process, told, reason);
}

/* What could not be read of a thread is unseen, unless the call itself will fail for the same cause. */
static void report_failure(struct request *r)
{
	switch (errno) {
	case EPERM:
	case EACCES:
		incomplete(r, TOLD_OPAQUE, "a process does not let itself be looked into");
		break;
	case EFAULT:
	case ENAMETOOLONG:
	case ESRCH:
	case ENOENT:
	case EBADF:
		break;
	default:
		incomplete(r, TOLD_PATH, "a path could not be found out");
	}
}

static bool read_string(struct request *r, unsigned number, char text[RECORD_PATH_MAX + 1])
{
	if (tracee_string(r->task->tid, argument(r, number), text, RECORD_PATH_MAX + 1) >= 0)
		return true;
	report_failure(r);
	return false;
}

/* PATH_NAMELESS for an empty string, which names nothing or, with AT_EMPTY_PATH, the descriptor itself. */
static enum path_result resolve(struct request *r, unsigned directory, unsigned number, struct path *path)
{
	char given[RECORD_PATH_MAX + 1];
	enum path_result result;

	path->lookup[0] = '\0';
	if (!read_string(r, number, given))
		return PATH_FAILED;
	if (given[0] == '\0')
		return PATH_NAMELESS;
	result = path_resolve(&r->watch->resolver, r->process->pid, r->task->tid, directory_argument(r, directory),
			      given, path);
	if (result == PATH_FAILED)
		report_failure(r);
	return result;
}

/* Looks a path up; if it is not there records that and returns false. */
static bool find(struct request *r, const struct path *path, bool follow, struct look *look)
{
	struct finder finder = finder_of(r);

	*look = look_at(path->lookup, follow);
	if (look->error == 0)
		return true;
	if (look_is_missing(look))
		find_missing(&finder, path, look);
	return false;
}

static struct change *begin_change(struct request *r, enum change_kind kind, const struct path *path,
				   const struct look *look)
{
	struct change *change = changes_add(&r->watch->changes, kind, recorder_of(r), r->process->pid, r->task->tid);

	size_t given = strlen(path->lookup);
	bool inside = given > 2 && strcmp(path->lookup + given - 2, "/.") == 0;
	const char *lookup = path->lookup;

	/* As it is given it may lead through what the change itself moves away: `mv d d/../e`. */
	if (!inside && strstr(path->lookup, "/..") != NULL && strlen(path->text) <= RECORD_PATH_MAX)
		lookup = path->text;
	memcpy(change->lookup, lookup, strlen(lookup) + 1);
	memcpy(change->to, path->text, strlen(path->text) + 1);
	if (look != NULL) {
		change->device = look->st.st_dev;
		change->inode = look->st.st_ino;
		change->directory = S_ISDIR(look->st.st_mode);
		change->symlink = S_ISLNK(look->st.st_mode);
	}
	return change;
}

static void begin_change_from(struct request *r, enum change_kind kind, const char *from, const struct path *to,
			      const struct look *look)
{
	struct change *change = begin_change(r, kind, to, look);

	memcpy(change->from, from, strlen(from) + 1);
}

/*
 * A name is to be made: is it free? Where the directory is missing the call
 * fails, unless another thread is just making that: it counts as looked for,
 * and its effect is waited for all the same.
 */
static bool is_free(struct request *r, const struct path *path)
{
	struct look look = look_at(path->lookup, false);
	struct finder finder = finder_of(r);

	if (look.error == 0) {
		record(r, 'S', path->text);
		return false;
	}
	if (!look_parent_permits(path->lookup))
		find_no_room(&finder, path, &look);
	return true;
}

void handle_look(struct request *r)
{
	struct path path;
	struct look look;

	if (resolve(r, r->call->directory, r->call->path, &path) == PATH_FOUND &&
	    find(r, &path, !(flags_of(r) & AT_SYMLINK_NOFOLLOW), &look))
		record(r, 'S', path.text);
}

/* name_to_handle_at(2) does not follow a link at the end unless it is asked to. */
void handle_name_to_handle(struct request *r)
{
	struct path path;
	struct look look;

	if (resolve(r, r->call->directory, r->call->path, &path) == PATH_FOUND &&
	    find(r, &path, flags_of(r) & AT_SYMLINK_FOLLOW, &look))
		record(r, 'S', path.text);
}

/* That something is no link is an answer, too: realpath(3) asks for no other. */
void handle_readlink(struct request *r)
{
	struct path path;
	struct look look;

	/* The links of /proc are the kernel's own; libc reads that of the executable when it starts. */
	if (resolve(r, r->call->directory, r->call->path, &path) != PATH_FOUND || strncmp(path.lookup, "/proc/", 6) == 0)
		return;
	if (path_kind_of(&r->watch->resolver, path.text) == PATH_REAL_DIRECTORY || find(r, &path, false, &look))
		record(r, 'S', path.text);
}

static void open_missing(struct request *r, const struct path *path, unsigned flags, const struct look *look)
{
	struct finder finder = finder_of(r);
	char target[PATH_TEXT_MAX];

	if (!(flags & O_CREAT) || (flags & O_DIRECTORY) || path->lookup[strlen(path->lookup) - 1] == '/') {
		find_missing(&finder, path, look);
	} else if (look_target(path->lookup, target) && look_parent_permits(target)) {
		record(r, 'W', path->text);
	} else if (look_at(path->lookup, false).error == 0) {
		find_dead_end(&finder, path, look);
	} else {
		find_no_room(&finder, path, look);
		begin_change(r, CHANGE_MAKE, path, NULL);
	}
}

static void open_existing(struct request *r, const struct path *path, unsigned flags, mode_t mode)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
	bool reads = (flags & O_ACCMODE) != O_WRONLY && !(flags & O_TRUNC);
	int permission = (writes ? W_OK : 0) | ((flags & O_ACCMODE) != O_WRONLY ? R_OK : 0);

	if ((flags & O_PATH) || S_ISDIR(mode) || S_ISLNK(mode) || S_ISSOCK(mode) || (flags & O_DIRECTORY) ||
	    (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) || !look_permits(path->lookup, permission)) {
		record(r, 'S', path->text);
		return;
	}
	if (reads)
		record(r, 'R', path->text);
	if (writes && S_ISREG(mode) && !(flags & O_TRUNC))
		alter(r, path->text);
	else if (writes)
		record(r, 'W', path->text);
}

/* link: leads to an open pipe, socket or terminal. */
static void use_stream(struct request *r, const char *link, const char *reason)
{
	struct stat st;

	if (stat(link, &st) == 0)
		session_use_stream(r->process->session, r->process->pid, &st, reason);
}

static void open_path(struct request *r, unsigned flags)
{
	enum path_result result;

	bool exclusive = (flags & O_CREAT) && (flags & O_EXCL);
	struct path path;
	struct look look;

	result = resolve(r, r->call->directory, r->call->path, &path);
	if (result == PATH_NAMELESS && (flags & O_ACCMODE) != O_WRONLY)
		use_stream(r, path.lookup, "a pipe that the command was given was read");
	if (result != PATH_FOUND)
		return;
	if ((flags & NEW_FILE_FLAGS) == NEW_FILE_FLAGS)
		targets_open(&r->watch->targets, &r->watch->tasks, r->process, path.text);
	look = look_at(path.lookup, !(flags & O_NOFOLLOW) && !exclusive);
	if (look.error == 0)
		open_existing(r, &path, flags, look.st.st_mode);
	else if (look_is_missing(&look))
		open_missing(r, &path, flags, &look);
}

void handle_open(struct request *r)
{
	open_path(r, (unsigned)flags_of(r));
}

/* The same look-up as openat2(2) will make it. Returns a descriptor, or -1 with errno. */
static int open_as_told(struct request *r, const char *given, const struct open_how *how)
{
	struct open_how look = { .flags = O_PATH | O_CLOEXEC | (how->flags & (O_NOFOLLOW | O_DIRECTORY)),
				 .resolve = how->resolve & ~(uint64_t)RESOLVE_CACHED };
	int directory = directory_argument(r, r->call->directory), start, fd;
	char link[48];

	if (directory == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%d/cwd", (int)r->task->tid);
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)r->task->tid, directory);
	start = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (start < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, start, given, &look, sizeof(look));
	close(start);
	return fd;
}

/* Do the limits that the call sets to its look-up stop it? Then that is recorded. */
static bool is_stopped(struct request *r, const struct open_how *how)
{
	char given[RECORD_PATH_MAX + 1];
	struct path path;
	struct look look;
	int fd;

	if (!read_string(r, r->call->path, given))
		return true;
	fd = open_as_told(r, given, how);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 || (errno != ELOOP && errno != EXDEV))
		return false;
	if (resolve(r, r->call->directory, r->call->path, &path) == PATH_FOUND && find(r, &path, true, &look))
		record(r, 'S', path.text);
	return true;
}

void handle_openat2(struct request *r)
{
	struct open_how how;

	if (argument(r, 4) < sizeof(how))
		return;
	if (tracee_bytes(r->task->tid, argument(r, 3), &how, sizeof(how)) < 0)
		report_failure(r);
	else if (how.resolve & RESOLVE_IN_ROOT)
		incomplete(r, TOLD_ROOT, "a path was looked up below a root of its own");
	else if ((how.resolve & ~(uint64_t)RESOLVE_CACHED) == 0 || !is_stopped(r, &how))
		open_path(r, (unsigned)how.flags);
}

static enum path_result resolve_for_exec(void *context, const char *given, struct path *path)
{
	const struct request *r = context;

	return path_resolve(&r->watch->resolver, r->process->pid, r->task->tid, AT_FDCWD, given, path);
}

/* As the program will see it; but what the kernel puts before the words of a script is left out. */
static void record_command_line(struct request *r, bool script)
{
	char words[RECORD_WORDS_MAX];
	ssize_t name = 0, length;
	bool whole;

	/* Of a script the first word is lost, and the name that was given takes its place. */
	if (script) {
		name = tracee_string(r->task->tid, argument(r, r->call->path), words, sizeof(words));
		if (name < 0)
			return;
		name = name == 0 ? 0 : name + 1;
	}
	length = tracee_strings(r->task->tid, argument(r, r->call->path + 1), name > 0, words + name,
				sizeof(words) - (size_t)name, &whole);
	if (length >= 0)
		record_words(recorder_of(r), r->process->pid, words, (size_t)(name + length), whole);
}

void handle_exec(struct request *r)
{
	static struct images images;
	int flags = flags_of(r);
	bool runs;
	struct path path;
	struct look look;
	enum path_result result = resolve(r, r->call->directory, r->call->path, &path);
	bool follow = !(flags & AT_SYMLINK_NOFOLLOW);

	if (result == PATH_NAMELESS && path.lookup[0] == '\0' && (flags & AT_EMPTY_PATH)) {
		result = path_of_descriptor(r->task->tid, directory_argument(r, r->call->directory), &path);
		follow = true;
	}
	/* A file in memory, or removed, is executed like others. */
	if (result == PATH_NAMELESS && path.lookup[0] != '\0')
		look = look_at(path.lookup, true);
	else if (result != PATH_FOUND || !find(r, &path, follow, &look))
		return;
	if (look.error != 0 || !S_ISREG(look.st.st_mode) || !look_permits(path.lookup, X_OK)) {
		if (result == PATH_FOUND)
			record(r, 'S', path.text);
		return;
	}
	if (r->watch->unprivileged && (look.st.st_mode & (S_ISUID | S_ISGID)))
		record_note(recorder_of(r), "is set-user-id or set-group-id and ran without those privileges, "
			    "as everything does under an unprivileged probe", path.text);
	runs = find_images(&images, &path, result == PATH_FOUND, resolve_for_exec, r);
	if (images.foreign)
		handle_foreign(r);
	if (runs && images.count > 0 && images.file[0].letter == 'E')
		record_time(recorder_of(r), r->process->pid, record_clock());
	for (unsigned i = 0; i < images.count; i++)
		record(r, runs ? images.file[i].letter : 'S', images.file[i].text);
	if (images.missing && find(r, &path, true, &look))
		record(r, 'S', path.text);
	if (!runs)
		return;
	record_command_line(r, images.count > 1 && images.file[1].letter == 'E');
	tasks_forget_threads(&r->watch->tasks, r->process);
}

void handle_list(struct request *r)
{
	struct path path;
	uint64_t hash;

	if (path_of_descriptor(r->task->tid, directory_argument(r, r->call->directory), &path) != PATH_FOUND)
		return;
	/* One listing takes several calls. */
	hash = path_hash(path.text);
	if (hash == r->process->listed)
		return;
	r->process->listed = hash;
	record(r, 'G', path.text);
}

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 && path[length] == '/';
}

/* What keeps a rename from being done is looked at, even if another thread is just taking it away. */
static void record_obstacles(struct request *r, const struct path *from, const struct look *source,
			     const struct path *to, const struct look *target, unsigned flags)
{
	bool exchange = flags & RENAME_EXCHANGE, there = target->error == 0;
	bool directory = S_ISDIR(source->st.st_mode);
	bool into_itself = (directory && is_below(to->text, from->text)) || (exchange && is_below(from->text, to->text));
	bool other_type = there && !exchange && directory != S_ISDIR(target->st.st_mode);
	bool full = there && !exchange && directory && !other_type && !into_itself && look_has_entries(to->lookup);

	if ((!into_itself && !other_type && !full) || (!there && !look_parent_permits(to->lookup)))
		return;
	record(r, 'S', from->text);
	if (there)
		record(r, 'S', to->text);
	if (full)
		record(r, 'G', to->text);
}

void handle_rename(struct request *r)
{
	unsigned flags = (unsigned)flags_of(r);
	struct finder finder = finder_of(r);
	struct path from, to;
	struct look source, target;

	if (resolve(r, r->call->directory, r->call->path, &from) != PATH_FOUND || !find(r, &from, false, &source) ||
	    resolve(r, r->call->directory2, r->call->path2, &to) != PATH_FOUND)
		return;
	target = look_at(to.lookup, false);
	if (target.error != 0 && (flags & RENAME_EXCHANGE)) {
		find_missing(&finder, &to, &target);
		return;
	}
	if (target.error != 0 && !is_free(r, &to))
		return;
	if (target.error == 0 && (flags & RENAME_NOREPLACE)) {
		record(r, 'S', to.text);
		return;
	}
	/* Two names of one file: nothing happens, says rename(2). */
	if (target.error == 0 && target.st.st_dev == source.st.st_dev && target.st.st_ino == source.st.st_ino) {
		record(r, 'S', from.text);
		record(r, 'S', to.text);
		return;
	}
	record_obstacles(r, &from, &source, &to, &target, flags);
	begin_change_from(r, flags & RENAME_EXCHANGE ? CHANGE_EXCHANGE : CHANGE_RENAME, from.text, &to, &source);
}

void handle_remove(struct request *r)
{
	bool directory = flags_of(r) & AT_REMOVEDIR;
	struct path path;
	struct look look;

	if (resolve(r, r->call->directory, r->call->path, &path) != PATH_FOUND || !find(r, &path, false, &look))
		return;
	if (S_ISDIR(look.st.st_mode) != directory || !look_parent_permits(path.lookup)) {
		record(r, 'S', path.text);
		return;
	}
	if (directory && look_has_entries(path.lookup)) {
		record(r, 'S', path.text);
		record(r, 'G', path.text);
	}
	begin_change(r, CHANGE_REMOVE, &path, &look);
}

void handle_make(struct request *r)
{
	struct path path;

	if (resolve(r, r->call->directory, r->call->path, &path) == PATH_FOUND && is_free(r, &path))
		begin_change(r, CHANGE_MAKE, &path, NULL);
}

void handle_make_directory(struct request *r)
{
	handle_make(r);
}

void handle_link(struct request *r)
{
	int flags = flags_of(r);
	struct path from, to;
	struct look source;
	enum path_result named = resolve(r, r->call->directory, r->call->path, &from);

	if (named == PATH_NAMELESS && (flags & AT_EMPTY_PATH))
		named = path_of_descriptor(r->task->tid, directory_argument(r, r->call->directory), &from);
	if (named == PATH_FOUND && !find(r, &from, flags & AT_SYMLINK_FOLLOW, &source))
		return;
	if ((named != PATH_FOUND && named != PATH_NAMELESS) ||
	    resolve(r, r->call->directory2, r->call->path2, &to) != PATH_FOUND || !is_free(r, &to))
		return;
	/* A file made without a name (O_TMPFILE) gets its first one. */
	if (named == PATH_NAMELESS) {
		begin_change(r, CHANGE_MAKE, &to, NULL);
		return;
	}
	if (S_ISDIR(source.st.st_mode) && look_parent_permits(to.lookup))
		record(r, 'S', from.text);
	begin_change_from(r, CHANGE_LINK, from.text, &to, &source);
}

void handle_symlink(struct request *r)
{
	char text[RECORD_PATH_MAX + 1];
	struct path path;

	if (read_string(r, r->call->path, text) &&
	    resolve(r, r->call->directory2, r->call->path2, &path) == PATH_FOUND && is_free(r, &path))
		begin_change_from(r, CHANGE_SYMLINK, text, &path, NULL);
}

static void alter_if_permitted(struct request *r, const struct path *path, const struct look *look)
{
	bool permitted = look->st.st_uid == geteuid() || look_permits(path->lookup, W_OK);

	if (r->call->number == __NR_truncate)
		permitted = S_ISREG(look->st.st_mode) && look_permits(path->lookup, W_OK);
	if (permitted)
		alter(r, path->text);
	else
		record(r, 'S', path->text);
}

void handle_alter_descriptor(struct request *r)
{
	struct path path;
	struct look look;

	if (path_of_descriptor(r->task->tid, directory_argument(r, r->call->directory), &path) == PATH_FOUND &&
	    find(r, &path, true, &look))
		alter_if_permitted(r, &path, &look);
}

void handle_alter(struct request *r)
{
	enum path_result result;
	struct path path;
	struct look look;

	/* utimensat(2) with no path is about the descriptor. */
	if (argument(r, r->call->path) == 0) {
		handle_alter_descriptor(r);
		return;
	}
	result = resolve(r, r->call->directory, r->call->path, &path);
	if (result == PATH_NAMELESS && (flags_of(r) & AT_EMPTY_PATH))
		handle_alter_descriptor(r);
	else if (result == PATH_FOUND && find(r, &path, !(flags_of(r) & AT_SYMLINK_NOFOLLOW), &look))
		alter_if_permitted(r, &path, &look);
}

void handle_chdir(struct request *r)
{
	struct path path;
	struct look look;

	if (resolve(r, r->call->directory, r->call->path, &path) == PATH_FOUND && find(r, &path, true, &look))
		record(r, S_ISDIR(look.st.st_mode) && look_permits(path.lookup, X_OK) ? 'C' : 'S', path.text);
}

void handle_fchdir(struct request *r)
{
	struct path path;

	if (path_of_descriptor(r->task->tid, directory_argument(r, r->call->directory), &path) == PATH_FOUND)
		record(r, 'C', path.text);
}

/* The path in the address of a socket, for a Unix socket that has one. serves: others are to connect to it. */
static bool resolve_address(struct request *r, uint64_t at, size_t length, bool serves, struct path *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNSPEC };
	char given[sizeof(address.sun_path) + 1] = "";

	if (length <= offsetof(struct sockaddr_un, sun_path))
		return false;
	if (length > sizeof(address))
		length = sizeof(address);
	if (tracee_bytes(r->task->tid, at, &address, length) < 0) {
		report_failure(r);
		return false;
	}
	session_use_network(r->process->session, address.sun_family, serves);
	if (address.sun_family != AF_UNIX || address.sun_path[0] == '\0')
		return false;
	memcpy(given, address.sun_path, length - offsetof(struct sockaddr_un, sun_path));
	return path_resolve(&r->watch->resolver, r->process->pid, r->task->tid, AT_FDCWD, given, path) == PATH_FOUND;
}

void handle_bind(struct request *r)
{
	struct path path;

	if (resolve_address(r, argument(r, 2), (uint32_t)argument(r, 3), true, &path) && is_free(r, &path))
		begin_change(r, CHANGE_MAKE, &path, NULL);
}

/* A server that is not there is a look-up in vain: libc asks for that of nscd, and for names does without. */
static void look_for_server(struct request *r, uint64_t address, uint64_t length)
{
	struct path path;
	struct look look;

	if (resolve_address(r, address, (uint32_t)length, false, &path) && find(r, &path, true, &look))
		record(r, 'S', path.text);
}

void handle_connect(struct request *r)
{
	look_for_server(r, argument(r, 2), argument(r, 3));
}

void handle_sendto(struct request *r)
{
	look_for_server(r, argument(r, 5), argument(r, 6));
}

void handle_exit(struct request *r)
{
	if (r->process->threads->sibling == NULL)
		handle_exit_group(r);
	else
		tasks_thread_exits(&r->watch->tasks, r->task);
}

void handle_exit_group(struct request *r)
{
	tasks_process_exits(&r->watch->tasks, r->task, (int)argument(r, 1));
	writings_settle_process(&r->watch->writings, r->process->pid);
}

void handle_namespace(struct request *r)
{
	incomplete(r, TOLD_NAMESPACE, "a process entered a mount namespace of its own");
}

/* 0 stands for whatever the descriptor is. */
void handle_setns(struct request *r)
{
	int kinds = (int)argument(r, 2);

	if (kinds == 0 || (kinds & CLONE_NEWNS))
		handle_namespace(r);
}

void handle_clone3(struct request *r)
{
	uint64_t flags; /* the first member of struct clone_args */

	if (tracee_bytes(r->task->tid, argument(r, 1), &flags, sizeof(flags)) < 0)
		report_failure(r);
	else if (flags & CLONE_NEWNS)
		handle_namespace(r);
}

/* Has the thread this capability (capabilities(7)), in a user namespace of its own perhaps? If in doubt, yes. */
static bool is_capable(struct request *r, unsigned capability)
{
	char file[48], status[2048];
	unsigned long long effective;
	const char *line;
	ssize_t length;
	int fd;

	snprintf(file, sizeof(file), "/proc/%d/status", (int)r->task->tid);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	length = read(fd, status, sizeof(status) - 1);
	close(fd);
	status[length < 0 ? 0 : length] = '\0';
	line = strstr(status, "\nCapEff:");
	return line == NULL || sscanf(line, "\nCapEff: %llx", &effective) != 1 || (effective >> capability & 1);
}

void handle_chroot(struct request *r)
{
	struct path path;
	struct look look;

	if (resolve(r, r->call->directory, r->call->path, &path) != PATH_FOUND || !find(r, &path, true, &look))
		return;
	record(r, 'S', path.text);
	if (S_ISDIR(look.st.st_mode) && is_capable(r, CAP_SYS_CHROOT))
		incomplete(r, TOLD_ROOT, "a process changed its root directory");
}

/* From then on paths may mean other files. */
void handle_mount(struct request *r)
{
	struct path path;
	struct look look;

	if (r->call->path != 0) {
		if (resolve(r, r->call->directory, r->call->path, &path) != PATH_FOUND || !find(r, &path, true, &look))
			return;
		record(r, 'S', path.text);
	}
	if (is_capable(r, CAP_SYS_ADMIN) && !(r->process->told & TOLD_NAMESPACE))
		incomplete(r, TOLD_MOUNT, "a process changed what is mounted where");
}

void handle_open_tree(struct request *r)
{
	if (flags_of(r) & OPEN_TREE_CLONE)
		handle_mount(r);
	else
		handle_look(r);
}

void handle_taken_descriptor(struct request *r)
{
	incomplete(r, TOLD_HANDLE, "a descriptor was taken from another process");
}

void handle_open_by_handle(struct request *r)
{
	incomplete(r, TOLD_HANDLE, "a file was opened by its handle, without a path");
}

void handle_read(struct request *r)
{
	char link[48];

	snprintf(link, sizeof(link), "/proc/%d/fd/0", (int)r->task->tid);
	use_stream(r, link, "standard input was read, and it is not a file");
}

void handle_write(struct request *r)
{
	const struct buffers buffers = { .address = argument(r, 2), .length = argument(r, 3) };

	writings_begin(&r->watch->writings, r->task, (int)argument(r, 1), &buffers);
}

void handle_writev(struct request *r)
{
	const struct buffers buffers = { .address = argument(r, 2), .listed = argument(r, 3) };

	writings_begin(&r->watch->writings, r->task, (int)argument(r, 1), &buffers);
}

void handle_sendfile(struct request *r)
{
	writings_begin_hidden(&r->watch->writings, r->task, (int)argument(r, 1));
}

void handle_splice(struct request *r)
{
	if (argument(r, 1) == STDIN_FILENO)
		handle_read(r);
	writings_begin_hidden(&r->watch->writings, r->task, (int)argument(r, 3));
}

void handle_attach(struct request *r)
{
	const struct attachment given = { (int)argument(r, 2), (int)argument(r, 3), (unsigned)argument(r, 4), (int)argument(r, 5) };

	r->answer->flags = 0;
	if (argument(r, 1) != ATTACH_VERSION)
		r->answer->error = -ENOSYS;
	else if (given.log >= 0 && tasks_begin_session(&r->watch->tasks, r->process, &given) < 0)
		r->answer->error = -errno;
	else if (given.log >= 0 && !r->watch->copies_terminals)
		terminal_give_up(&r->process->session->terminal);
}

void handle_foreign(struct request *r)
{
	incomplete(r, TOLD_FOREIGN, "a program of another architecture was run");
}
