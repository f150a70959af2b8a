#include "seen.h"

#include "changes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* From Linux 6.14 and before, newer than the headers in use. */
#define RING_READ_MULTISHOT 49
#define RING_BIND 56

enum told {
	TOLD_FOREIGN = 1 << 0,
	TOLD_NAMESPACE = 1 << 1,
	TOLD_ROOT = 1 << 2,
	TOLD_PATH = 1 << 4,
	TOLD_MOUNT = 1 << 5,
	TOLD_RING = 1 << 6,
	TOLD_SCRIPT = 1 << 7,
};

static uint64_t argument(const struct returned *r, unsigned number)
{
	return r->seen->arguments[number - 1];
}

static int error_of(const struct returned *r)
{
	return r->seen->result < 0 ? -r->seen->result : 0;
}

static unsigned flags_of(const struct returned *r)
{
	return r->seen->flags;
}

static void record(struct returned *r, char letter, const char *path)
{
	find_record(&r->finder, letter, path);
}

static void alter(struct returned *r, const char *path)
{
	record_alteration(&r->session->recorder, r->finder.pid, path);
}

static void incomplete(struct returned *r, enum told told, const char *reason)
{
	if (r->process->told & told)
		return;
	r->process->told |= told;
	record_incomplete(&r->session->recorder, r->finder.pid, reason);
}

static void incomplete_path(struct returned *r)
{
	incomplete(r, TOLD_PATH, "a path could not be found out");
}

static enum path_way way_of(const struct returned *r)
{
	switch (error_of(r)) {
	case ENOENT:
		return PATH_WAY_MISSING;
	case ENOTDIR:
		return PATH_WAY_NO_DIRECTORY;
	case ELOOP:
	case EACCES:
	case ENAMETOOLONG:
	case EFAULT:
		return PATH_WAY_UNKNOWN;
	default:
		return PATH_WAY_THERE;
	}
}

/* Something was at the path when the call failed, whatever is there by now. */
static bool tells_presence(int error)
{
	return error == EEXIST || error == ENOTEMPTY || error == ETXTBSY || error == ENODATA || error == ERANGE;
}

static const char *after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* Does a path end with one of the kernel's links straight to a file, whatever the text of the link? */
static bool is_magic(const char *text)
{
	const char *entry = after(text, "/proc/"), *next;

	if (entry == NULL)
		return after(text, "/dev/fd/") != NULL || after(text, "/dev/std") != NULL;
	if ((next = after(entry, "self/")) == NULL && (next = after(entry, "thread-self/")) == NULL)
		next = entry + strspn(entry, "0123456789") + 1;
	if (next > entry + strlen(entry))
		return false;
	if ((entry = after(next, "task/")) != NULL)
		next = entry + strcspn(entry, "/") + (strchr(entry, '/') != NULL);
	return after(next, "fd/") != NULL || after(next, "cwd") != NULL || after(next, "root") != NULL ||
	       after(next, "exe") != NULL;
}

/* What comes after such a link that a path begins with, where the kernel program has told its place. */
static const char *after_magic(const char *given)
{
	const char *rest = after(given, "/proc/self/fd/");

	if (rest == NULL)
		rest = after(given, "/dev/fd/");
	if (rest == NULL)
		rest = after(given, "/proc/self/");
	if (rest == NULL)
		rest = after(given, "/dev/");
	return rest == NULL ? "" : rest + strcspn(rest, "/");
}

/* The names come from the last to the first. A directory can lie deeper than a path can tell. */
static bool spell_place(struct returned *r, enum seen_text which, char text[PATH_TEXT_MAX])
{
	const char *names = r->texts[which], *name;
	size_t used = 0;

	text[0] = '\0';
	if (names == NULL)
		return false;
	if (r->seen->lengths[which] >= PATH_TEXT_MAX) {
		incomplete_path(r);
		return false;
	}
	for (name = names + r->seen->lengths[which] - 1; name > names;) {
		const char *end = name;
		size_t length;

		while (name > names && name[-1] != '\0')
			name--;
		length = (size_t)(end - name);
		text[used++] = '/';
		memcpy(text + used, name, length);
		used += length;
		if (name > names)
			name--;
	}
	text[used] = '\0';
	return true;
}

/* A directory's own path. */
static bool spell_whole(struct returned *r, enum seen_text which, struct path *path)
{
	if (!spell_place(r, which, path->text))
		return false;
	if (path->text[0] == '\0')
		strcpy(path->text, "/");
	strcpy(path->lookup, path->text);
	return true;
}

/* Do links on the way lead elsewhere below the process's own root than they lead the probe, and whoever reads the log? */
static bool leads_elsewhere(const char *root, const struct path *path)
{
	const char *below = after(path->text, root);
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	struct look inside = { .error = 0 }, outside;
	int top, fd;

	/* What was open before can lie outside of the root. */
	if (below == NULL || below[0] != '/')
		return false;
	top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = (int)syscall(SYS_openat2, top, below, &how, sizeof(how));
	if (fd < 0 || fstat(fd, &inside.st) < 0)
		inside.error = errno;
	if (fd >= 0)
		close(fd);
	if (top >= 0)
		close(top);
	outside = look_at(path->text, true);
	return inside.error != outside.error || (inside.error == 0 && (inside.st.st_dev != outside.st.st_dev ||
								       inside.st.st_ino != outside.st.st_ino));
}

static enum path_result join_from(struct returned *r, const char *place, const char *given, enum path_way way,
				  struct path *path)
{
	const char *root = r->process->root;
	enum path_result result;

	r->finder.resolver->root = root;
	result = path_join(r->finder.resolver, r->finder.pid, place, given, way, path);
	r->finder.resolver->root = NULL;
	if (result == PATH_FOUND && root != NULL && leads_elsewhere(root, path))
		incomplete(r, TOLD_ROOT, "a link was followed below a root directory of its own");
	return result;
}

static enum path_result join(struct returned *r, const char *place, const char *given, struct path *path)
{
	enum path_result result = join_from(r, place, given, way_of(r), path);

	if (result == PATH_FAILED)
		incomplete_path(r);
	return result;
}

/* Do the steps of the path lead out of where it begins, at any time? */
static bool leads_out(const char *given)
{
	int depth = 0;

	while (*given != '\0' && depth >= 0) {
		size_t length = strcspn(given, "/");

		if (length == 2 && given[0] == '.' && given[1] == '.')
			depth--;
		else if (length > 1 || (length == 1 && given[0] != '.'))
			depth++;
		given += length;
		given += strspn(given, "/");
	}
	return depth < 0;
}

/* Relative to a directory that was removed: only ways up lead to something. */
static enum path_result join_removed(struct returned *r, const char *place, const char *given, struct path *path)
{
	enum path_result result = leads_out(given) ? join(r, place, given, path) : PATH_NAMELESS;

	strcpy(path->lookup, result == PATH_FOUND ? path->text : "/");
	return result;
}

/* PATH_NAMELESS for an empty string, with an empty lookup; and for what is below a directory that was removed. */
static enum path_result resolve(struct returned *r, enum seen_text which, struct path *path)
{
	bool second = which != TEXT_PATH;
	uint32_t bits = r->seen->bits;
	bool removed = bits & (second ? BIT_REMOVED2 : BIT_REMOVED), magic = bits & (second ? BIT_MAGIC2 : BIT_MAGIC);
	const char *given = r->texts[which];
	char place[PATH_TEXT_MAX];
	bool placed;

	path->lookup[0] = '\0';
	if (bits & BIT_UNREADABLE) {
		incomplete_path(r);
		return PATH_FAILED;
	}
	if (given == NULL || given[0] == '\0')
		return PATH_NAMELESS;
	placed = spell_place(r, which + 1, place);
	if (magic) {
		given = after_magic(given);
		given += strspn(given, "/");
	} else if (given[0] != '/' && !placed) {
		return PATH_FAILED; /* the descriptor was none */
	}
	if (!removed || given[0] == '/')
		return join(r, place, given, path);
	if (given[0] == '\0') {
		strcpy(path->lookup, "/");
		return PATH_NAMELESS;
	}
	return join_removed(r, place, given, path);
}

/* What a descriptor is, where the call is about that. */
static bool find_own(struct returned *r, struct path *path)
{
	if (r->seen->bits & BIT_UNREADABLE)
		incomplete_path(r);
	return !(r->seen->bits & (BIT_UNREADABLE | BIT_REMOVED)) && spell_whole(r, TEXT_PLACE, path);
}

/* Does the call fail for a path that leads to something other than a directory? */
static bool wants_directory(const struct returned *r, const struct path *path)
{
	size_t length = strlen(path->lookup);
	bool ending = length > 0 && (path->lookup[length - 1] == '/' ||
				     (length > 1 && strcmp(path->lookup + length - 2, "/.") == 0));
	bool opens = r->call->seen == seen_open || r->call->seen == seen_openat2;

	return ending || (opens && (flags_of(r) & O_DIRECTORY)) || r->call->seen == seen_chdir ||
	       r->call->seen == seen_remove || r->call->seen == seen_chroot || r->call->seen == seen_mount;
}

/* By then something may be there; that is asked for only where the error leaves it open. */
static void record_missing(struct returned *r, const struct path *path, const struct look *look)
{
	if (look->error == ENOTDIR && wants_directory(r, path))
		find_missing(&r->finder, path, look);
	else
		record(r, 'N', path->text);
}

/* The call has failed: what is at the path, or not, is why. Returns whether something is there. */
static bool record_failure(struct returned *r, const struct path *path, bool follow)
{
	struct look look = { .error = error_of(r) };

	if (tells_presence(look.error))
		look.error = 0;
	else if (look.error != ENOENT && (look.error != ENOTDIR || wants_directory(r, path)))
		look = look_at(path->lookup, follow);
	if (look.error == 0)
		record(r, 'S', path->text);
	else if (look_is_missing(&look))
		record_missing(r, path, &look);
	return look.error == 0;
}

/* Returns whether something was found, which path is. */
static bool look(struct returned *r, bool follow, struct path *path)
{
	if (resolve(r, TEXT_PATH, path) != PATH_FOUND)
		return false;
	if (r->seen->result < 0) {
		record_failure(r, path, follow);
		return false;
	}
	record(r, 'S', path->text);
	return true;
}

void seen_look(struct returned *r)
{
	struct path path;

	look(r, !(flags_of(r) & AT_SYMLINK_NOFOLLOW), &path);
}

/* name_to_handle_at(2) does not follow a link at the end unless it is asked to. */
void seen_name_to_handle(struct returned *r)
{
	struct path path;

	look(r, flags_of(r) & AT_SYMLINK_FOLLOW, &path);
}

/* That something is no link is an answer, too: realpath(3) asks for no other. */
void seen_readlink(struct returned *r)
{
	struct path path;

	/* The links of /proc are the kernel's own; libc reads that of the executable when it starts. */
	if (resolve(r, TEXT_PATH, &path) != PATH_FOUND || strncmp(path.lookup, "/proc/", 6) == 0)
		return;
	if (r->seen->result >= 0 || error_of(r) == EINVAL)
		record(r, 'S', path.text);
	else
		record_failure(r, &path, false);
}

static bool is_stream(uint32_t mode)
{
	return S_ISFIFO(mode) || S_ISSOCK(mode) || S_ISCHR(mode);
}

static void use_stream(struct returned *r, const char *reason)
{
	/* The kernel has 20 bits for the minor number within. */
	struct stat st = { .st_dev = makedev(r->seen->device >> 20, r->seen->device & 0xfffff),
			   .st_ino = r->seen->inode };

	session_use_stream(r->session, r->finder.pid, &st, reason);
}

void seen_read(struct returned *r)
{
	use_stream(r, "standard input was read, and it is not a file");
}

void seen_splice(struct returned *r)
{
	seen_read(r);
}

static void open_missing(struct returned *r, const struct path *path)
{
	struct look failed = { .error = error_of(r) };
	unsigned flags = flags_of(r);

	if (!(flags & O_CREAT) || (flags & O_DIRECTORY) || path->lookup[strlen(path->lookup) - 1] == '/')
		record_missing(r, path, &failed);
	else if (look_at(path->lookup, false).error == 0)
		find_dead_end(&r->finder, path, &failed);
	else
		find_no_room(&r->finder, path, &failed);
}

static void open_failed(struct returned *r, const struct path *path)
{
	unsigned flags = flags_of(r);
	bool exclusive = (flags & O_CREAT) && (flags & O_EXCL);
	struct look found = { .error = error_of(r) };

	/* A link that is not to be followed is no directory. */
	if (tells_presence(found.error))
		found.error = 0;
	else if (found.error != ENOENT && (found.error != ENOTDIR || (flags & O_NOFOLLOW)))
		found = look_at(path->lookup, !(flags & O_NOFOLLOW) && !exclusive);
	/* A link that is not to be followed was there, unless it is the way to it that goes round. */
	if (error_of(r) == ELOOP && (flags & O_NOFOLLOW) && found.error != ELOOP)
		found.error = 0;
	if (found.error == 0)
		record(r, 'S', path->text);
	else if (look_is_missing(&found))
		open_missing(r, path);
}

static void record_opened(struct returned *r, const char *path)
{
	unsigned flags = flags_of(r);
	uint32_t mode = r->seen->mode;

	if (r->seen->bits & BIT_CREATED) {
		record(r, 'W', path);
		return;
	}
	if ((flags & (O_PATH | O_DIRECTORY)) || S_ISDIR(mode) || S_ISLNK(mode)) {
		record(r, 'S', path);
		return;
	}
	if ((flags & O_ACCMODE) != O_WRONLY && !(flags & O_TRUNC))
		record(r, 'R', path);
	if ((flags & O_ACCMODE) != O_RDONLY && S_ISREG(mode) && !(flags & O_TRUNC))
		alter(r, path);
	else if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC))
		record(r, 'W', path);
}

/* As the kernel found it, where the path given does not say which file it is. */
static void record_opened_file(struct returned *r)
{
	struct path path;

	if (r->seen->bits & BIT_UNREADABLE)
		incomplete_path(r);
	else if (!(r->seen->bits & BIT_FILE_REMOVED) && spell_whole(r, TEXT_FILE, &path))
		record_opened(r, path.text);
	else if (is_stream(r->seen->mode) && (flags_of(r) & O_ACCMODE) != O_WRONLY)
		use_stream(r, "a pipe that the command was given was read");
}

void seen_open(struct returned *r)
{
	struct path path;

	enum path_result result;

	if (r->seen->result >= 0 && (r->seen->resolve & RESOLVE_IN_ROOT)) {
		record_opened_file(r);
		return;
	}
	result = resolve(r, TEXT_PATH, &path);
	if (r->seen->result >= 0 && r->texts[TEXT_FILE] != NULL &&
	    (result == PATH_NAMELESS || (result == PATH_FOUND && is_magic(path.text)))) {
		record_opened_file(r);
		return;
	}
	if (result != PATH_FOUND)
		return;
	if (r->seen->result >= 0)
		record_opened(r, path.text);
	else
		open_failed(r, &path);
}

void seen_openat2(struct returned *r)
{
	if (argument(r, 4) < sizeof(struct open_how))
		return;
	if (r->seen->result < 0 && (r->seen->resolve & RESOLVE_IN_ROOT))
		incomplete(r, TOLD_ROOT, "a path was looked up below a root of its own");
	else
		seen_open(r);
}

void seen_open_by_handle(struct returned *r)
{
	record_opened_file(r);
}

static enum path_result resolve_interpreter_of(void *context, const char *given, struct path *path)
{
	struct returned *r = context;
	char place[PATH_TEXT_MAX];

	/* Relative to the working directory, as the program's name may be. */
	if (given[0] == '/')
		snprintf(place, sizeof(place), "%s", r->process->root == NULL ? "" : r->process->root);
	else if (r->texts[TEXT_PATH][0] != '/')
		spell_place(r, TEXT_PLACE, place);
	else if (r->process->cwd != NULL)
		snprintf(place, sizeof(place), "%s", r->process->cwd);
	else
		return PATH_FAILED;
	return join_from(r, place, given, PATH_WAY_UNKNOWN, path);
}

/* That has failed. */
void seen_exec(struct returned *r)
{
	static struct images images;
	enum path_result named;
	struct path path;
	struct look look = { .error = 0 };
	bool follow = !(flags_of(r) & AT_SYMLINK_NOFOLLOW);

	named = resolve(r, TEXT_PATH, &path);
	if (named == PATH_NAMELESS && path.lookup[0] == '\0' && (flags_of(r) & AT_EMPTY_PATH) && find_own(r, &path))
		named = PATH_FOUND;
	if (named != PATH_FOUND)
		return;
	look = look_at(path.lookup, follow);
	if (look.error != 0) {
		if (look_is_missing(&look))
			find_missing(&r->finder, &path, &look);
		return;
	}
	if (!S_ISREG(look.st.st_mode) || !look_permits(path.lookup, X_OK)) {
		record(r, 'S', path.text);
		return;
	}
	find_images(&images, &path, true, resolve_interpreter_of, r);
	/* Nothing was missing but the file itself, which was made since. */
	if (error_of(r) == ENOENT && !images.missing) {
		record(r, 'N', images.file[0].text);
		return;
	}
	for (unsigned i = 0; i < images.count; i++)
		record(r, 'S', images.file[i].text);
	if (!images.missing)
		return;
	look = look_at(path.lookup, true);
	if (look.error == 0)
		record(r, 'S', path.text);
	else
		find_missing(&r->finder, &path, &look);
}

/* The dynamic linker's name as programs have it is in the program itself, which may have gone. */
static void record_linker(struct returned *r, const struct path *image)
{
	char name[RECORD_PATH_MAX + 1] = "";
	struct linkers *linkers = r->linkers;
	struct path physical, path;
	unsigned i = 0;

	if (!spell_whole(r, TEXT_LINKER, &physical))
		return;
	if (strlen(physical.text) > RECORD_PATH_MAX) {
		incomplete_path(r);
		return;
	}
	while (i < linkers->count && strcmp(linkers->known[i].physical, physical.text) != 0)
		i++;
	if (image_read(image->lookup, name, sizeof(name)) != IMAGE_ELF || name[0] == '\0')
		strcpy(name, i < linkers->count ? linkers->known[i].name : physical.text);
	if (i < LINKERS_MAX) {
		memcpy(linkers->known[i].physical, physical.text, strlen(physical.text) + 1);
		memcpy(linkers->known[i].name, name, sizeof(name));
		linkers->count += i == linkers->count;
	}
	if (resolve_interpreter_of(r, name, &path) == PATH_FOUND)
		record(r, 'R', path.text);
	else
		record(r, 'R', physical.text);
}

/* From the script, which path leads to, to the program that runs it. */
static bool record_interpreters(struct returned *r, struct path *path)
{
	const char *last = r->texts[TEXT_INTERPRETER];
	char interpreter[RECORD_PATH_MAX + 1];

	for (unsigned depth = 0; depth <= INTERPRETERS_MAX; depth++) {
		/* It may name a script in its turn. */
		if (look_at(path->lookup, true).error != 0) {
			incomplete(r, TOLD_SCRIPT, "a script had gone before its interpreters could be found out");
			return true;
		}
		/* binfmt_misc has interpreters that no script names. */
		if (image_read(path->lookup, interpreter, sizeof(interpreter)) != IMAGE_SCRIPT)
			snprintf(interpreter, sizeof(interpreter), "%s", last);
		if (resolve_interpreter_of(r, interpreter, path) != PATH_FOUND)
			return false;
		record(r, 'E', path->text);
		if (strcmp(interpreter, last) == 0)
			return true;
	}
	return false;
}

/* By descriptor: the kernel calls it /dev/fd/N, and N may have been closed by the exec if that is no script. */
static enum path_result find_described(struct returned *r, struct path *path)
{
	if (r->seen->bits & BIT_MAGIC)
		return resolve(r, TEXT_NAME, path);
	if (r->texts[TEXT_INTERPRETER] != NULL || (r->seen->bits & BIT_UNREADABLE))
		return PATH_FAILED;
	path->lookup[0] = '\0';
	if (r->seen->bits & BIT_FILE_REMOVED)
		return PATH_NAMELESS;
	return spell_whole(r, TEXT_FILE, path) ? PATH_FOUND : PATH_FAILED;
}

/* The kernel has put the interpreters of a script first. Its own words begin with its name, as that was given. */
static void record_command_line(struct returned *r)
{
	const char *words = r->texts[TEXT_WORDS], *name = r->texts[TEXT_NAME];
	size_t length = r->seen->lengths[TEXT_WORDS], start = 0;
	bool whole = r->seen->arguments[0] <= length;

	if (words == NULL)
		return;
	if (r->texts[TEXT_INTERPRETER] != NULL && name != NULL)
		while (start < length && strncmp(words + start, name, length - start) != 0)
			start += strnlen(words + start, length - start) + 1;
	if (start >= length)
		start = 0;
	record_words(&r->session->recorder, r->finder.pid, words + start, length - start, whole);
}

/* In a time namespace the kernel's clock is not the one that we have. */
uint64_t seen_at(const struct returned *r)
{
	uint64_t at = r->seen->arguments[SEEN_AT], now = record_clock();

	return at >= r->session->recorder.start && at <= now ? at : now;
}

void seen_new_image(struct returned *r)
{
	enum path_result named;
	struct path path;

	named = r->seen->bits & BIT_BY_DESCRIPTOR ? find_described(r, &path) : resolve(r, TEXT_NAME, &path);
	/* A script is not what the kernel has as the file. */
	if (named == PATH_FOUND && is_magic(path.text) && r->texts[TEXT_INTERPRETER] == NULL && !spell_whole(r, TEXT_FILE, &path))
		named = PATH_FAILED;
	if (named == PATH_FOUND) {
		record_time(&r->session->recorder, r->finder.pid, seen_at(r));
		record(r, 'E', path.text);
	} else {
		path.lookup[0] = '\0';
	}
	if (named == PATH_FAILED || (r->texts[TEXT_INTERPRETER] != NULL && !record_interpreters(r, &path)))
		incomplete_path(r);
	else
		record_linker(r, &path);
	record_command_line(r);
}

void seen_list(struct returned *r)
{
	struct path path;
	uint64_t hash;

	if (!find_own(r, &path))
		return;
	/* One listing takes several calls. */
	hash = path_hash(path.text);
	if (hash == r->process->listed)
		return;
	r->process->listed = hash;
	record(r, 'G', path.text);
}

static bool is_same_file(const struct path *one, const struct path *other)
{
	struct look first = look_at(one->lookup, false), second = look_at(other->lookup, false);

	return first.error == 0 && second.error == 0 && first.st.st_dev == second.st.st_dev &&
	       first.st.st_ino == second.st.st_ino;
}

static void record_renamed(struct returned *r, const struct path *from, const struct path *to)
{
	struct recorder *recorder = &r->session->recorder;

	/* Two names of one file: nothing happens, says rename(2). */
	if (is_same_file(from, to)) {
		record(r, 'S', from->text);
		record(r, 'S', to->text);
		return;
	}
	path_forget_directories(r->finder.resolver);
	r->moves_directories = true;
	if (flags_of(r) & RENAME_EXCHANGE) {
		alter(r, from->text);
		alter(r, to->text);
	} else if (!record_pair(recorder, 'M', r->finder.pid, from->text, to->text)) {
		struct look moved = look_at(to->text, false);

		if (moved.error == 0 && S_ISDIR(moved.st.st_mode))
			changes_record_below(recorder, r->finder.pid, to->text);
	}
}

/*
 * Of two paths one was missing: the first, or the directory of the second. If
 * both are there by now, the first was made since.
 */
static void record_one_missing(struct returned *r, const struct path *from, const struct path *to)
{
	struct look missing = { .error = ENOENT }, look = look_at(to->lookup, false);

	if (look.error == 0 || look_parent_permits(to->lookup))
		record(r, 'N', from->text);
	else
		find_no_room(&r->finder, to, &missing);
}

static void record_not_renamed(struct returned *r, const struct path *from)
{
	int error = error_of(r);
	struct look source = { .error = 0 }, target, missing = { .error = error };
	struct path to;

	if (!tells_presence(error))
		source = look_at(from->lookup, false);
	if (source.error != 0) {
		find_missing(&r->finder, from, &source);
		return;
	}
	if (resolve(r, TEXT_PATH2, &to) != PATH_FOUND)
		return;
	target = tells_presence(error) ? source : look_at(to.lookup, false);
	if (error == ENOENT || error == ELOOP || (error == ENOTDIR && target.error == ENOTDIR)) {
		if (flags_of(r) & RENAME_EXCHANGE)
			find_missing(&r->finder, &to, &missing);
		else if (error == ENOENT)
			record_one_missing(r, from, &to);
		else
			find_no_room(&r->finder, &to, &missing);
	} else if (error == EEXIST && (flags_of(r) & RENAME_NOREPLACE)) {
		record(r, 'S', to.text);
	} else {
		record(r, 'S', from->text);
		if (target.error == 0)
			record(r, 'S', to.text);
		if (error == ENOTEMPTY || error == EEXIST)
			record(r, 'G', to.text);
	}
}

/* The new name may have led over what was moved, which is not there any more: `mv d d/../e`. */
static enum path_result resolve_target(struct returned *r, const struct path *from, struct path *to)
{
	bool over_itself = strstr(r->texts[TEXT_PATH2] == NULL ? "" : r->texts[TEXT_PATH2], "/..") != NULL &&
			   look_at(from->lookup, false).error != 0;
	enum path_result result;
	struct look moved;

	if (over_itself)
		path_remember_directory(r->finder.resolver, from->text);
	result = resolve(r, TEXT_PATH2, to);
	if (!over_itself || result != PATH_FOUND)
		return result;
	path_forget_directory(r->finder.resolver, from->text);
	moved = look_at(to->text, false);
	if (moved.error == 0 && S_ISDIR(moved.st.st_mode))
		return PATH_FOUND;
	incomplete_path(r);
	return PATH_FAILED;
}

void seen_rename(struct returned *r)
{
	struct path from, to;

	if (resolve(r, TEXT_PATH, &from) != PATH_FOUND)
		return;
	if (r->seen->result < 0)
		record_not_renamed(r, &from);
	else if (resolve_target(r, &from, &to) == PATH_FOUND)
		record_renamed(r, &from, &to);
}

void seen_remove(struct returned *r)
{
	struct path path;

	if (resolve(r, TEXT_PATH, &path) != PATH_FOUND)
		return;
	if (r->seen->result >= 0) {
		record(r, 'D', path.text);
		path_forget_directory(r->finder.resolver, path.text);
	} else if (record_failure(r, &path, false) && (error_of(r) == ENOTEMPTY || error_of(r) == EEXIST)) {
		record(r, 'G', path.text);
	}
}

/* No name was made. */
static void record_not_made(struct returned *r, const struct path *path)
{
	struct look failed = { .error = error_of(r) };

	if (tells_presence(failed.error) || look_at(path->lookup, false).error == 0)
		record(r, 'S', path->text);
	else if (look_is_missing(&failed))
		find_no_room(&r->finder, path, &failed);
}

/* Returns whether something was made, which path is. */
static bool make(struct returned *r, struct path *path)
{
	if (resolve(r, TEXT_PATH, path) != PATH_FOUND)
		return false;
	if (r->seen->result < 0) {
		record_not_made(r, path);
		return false;
	}
	record(r, 'W', path->text);
	path_forget_directory(r->finder.resolver, path->text);
	return true;
}

void seen_make(struct returned *r)
{
	struct path path;

	make(r, &path);
}

void seen_make_directory(struct returned *r)
{
	struct path path;

	if (make(r, &path))
		path_remember_directory(r->finder.resolver, path.text);
}

static bool is_symlink(const struct path *path)
{
	struct look look = look_at(path->lookup, false);

	return look.error == 0 && S_ISLNK(look.st.st_mode);
}

static void record_not_linked(struct returned *r, const struct path *from, bool named)
{
	struct look source = { .error = 0 };
	struct path to;

	if (named && !tells_presence(error_of(r)))
		source = look_at(from->lookup, flags_of(r) & AT_SYMLINK_FOLLOW);
	if (source.error != 0)
		find_missing(&r->finder, from, &source);
	else if (resolve(r, TEXT_PATH2, &to) != PATH_FOUND)
		return;
	else if (error_of(r) == EPERM && named)
		record(r, 'S', from->text);
	else if (error_of(r) == ENOENT && named)
		record_one_missing(r, from, &to);
	else
		record_not_made(r, &to);
}

void seen_link(struct returned *r)
{
	struct path from, to;
	enum path_result named = resolve(r, TEXT_PATH, &from);

	if (named == PATH_NAMELESS && from.lookup[0] == '\0' && (flags_of(r) & AT_EMPTY_PATH) && find_own(r, &from))
		named = PATH_FOUND;
	if (named != PATH_FOUND && named != PATH_NAMELESS)
		return;
	if (r->seen->result < 0) {
		record_not_linked(r, &from, named == PATH_FOUND);
		return;
	}
	if (resolve(r, TEXT_PATH2, &to) != PATH_FOUND)
		return;
	/* A file made without a name (O_TMPFILE) gets its first one. */
	if (named == PATH_NAMELESS) {
		record(r, 'W', to.text);
		return;
	}
	record_link(&r->session->recorder, r->finder.pid, is_symlink(&to), from.text, to.text);
}

void seen_symlink(struct returned *r)
{
	struct path path;

	if (resolve(r, TEXT_PATH2, &path) != PATH_FOUND)
		return;
	if (r->seen->result < 0) {
		record_not_made(r, &path);
		return;
	}
	record_pair(&r->session->recorder, 'L', r->finder.pid, r->texts[TEXT_PATH], path.text);
	path_forget_directory(r->finder.resolver, path.text);
}

void seen_alter_descriptor(struct returned *r)
{
	struct path path;

	if (!find_own(r, &path))
		return;
	if (r->seen->result >= 0)
		alter(r, path.text);
	else
		record(r, 'S', path.text);
}

void seen_alter(struct returned *r)
{
	struct path path;
	enum path_result result;

	if (r->texts[TEXT_PATH] == NULL) {
		seen_alter_descriptor(r);
		return;
	}
	result = resolve(r, TEXT_PATH, &path);
	if (result == PATH_NAMELESS && path.lookup[0] == '\0' && (flags_of(r) & AT_EMPTY_PATH))
		seen_alter_descriptor(r);
	else if (result == PATH_FOUND && r->seen->result >= 0)
		alter(r, path.text);
	else if (result == PATH_FOUND)
		record_failure(r, &path, !(flags_of(r) & AT_SYMLINK_NOFOLLOW));
}

void seen_forget_cwd(struct seen_process *process)
{
	free(process->cwd);
	process->cwd = NULL;
}

void seen_set_cwd(struct seen_process *process, const char *path)
{
	if (process->cwd != NULL && strcmp(process->cwd, path) == 0)
		return;
	free(process->cwd);
	process->cwd = strdup(path);
}

/* A relative path led from where the process was, or, if that is not known, to where it is now. */
static void record_way(struct returned *r, const char *given, const char *there)
{
	struct path path;

	if (r->process->cwd == NULL || r->process->directory != r->seen->directory)
		record(r, 'C', there[0] == '\0' ? "/" : there);
	else if (join(r, r->process->cwd, given, &path) == PATH_FOUND)
		record(r, 'C', path.text);
}

void seen_chdir(struct returned *r)
{
	const char *given = r->texts[TEXT_PATH];
	char there[PATH_TEXT_MAX];
	struct path path;

	if (r->seen->result < 0) {
		if (resolve(r, TEXT_PATH, &path) == PATH_FOUND)
			record_failure(r, &path, true);
		return;
	}
	if (given == NULL || !spell_place(r, TEXT_FILE, there)) {
		incomplete_path(r);
		return;
	}
	if (given[0] != '/')
		record_way(r, given, there);
	else if (resolve(r, TEXT_PATH, &path) == PATH_FOUND)
		record(r, 'C', path.text);
	seen_set_cwd(r->process, there);
}

void seen_fchdir(struct returned *r)
{
	struct path path;

	if (!find_own(r, &path))
		return;
	record(r, 'C', path.text);
	seen_set_cwd(r->process, path.text[1] == '\0' ? "" : path.text);
}

void seen_bind(struct returned *r)
{
	session_use_network(r->session, (int)r->seen->family, true);
	seen_make(r);
}

/* A server that is not there is a look-up in vain: libc asks for that of nscd, and for names does without. */
void seen_connect(struct returned *r)
{
	struct path path;

	session_use_network(r->session, (int)r->seen->family, false);
	if (resolve(r, TEXT_PATH, &path) != PATH_FOUND)
		return;
	if (error_of(r) == ENOENT || error_of(r) == ENOTDIR)
		record_failure(r, &path, true);
	else
		record(r, 'S', path.text);
}

void seen_sendto(struct returned *r)
{
	seen_connect(r);
}

/* 0 stands for whatever the descriptor is. */
void seen_setns(struct returned *r)
{
	int kinds = (int)argument(r, 2);

	if (kinds == 0 || (kinds & CLONE_NEWNS))
		incomplete(r, TOLD_NAMESPACE, "a process entered another's mount namespace");
}

void seen_inherit(struct seen_process *child, const struct seen_process *parent)
{
	if (parent->root != NULL && child->root == NULL)
		child->root = strdup(parent->root);
}

void seen_forget(struct seen_process *process)
{
	seen_forget_cwd(process);
	free(process->root);
}

void seen_chroot(struct returned *r)
{
	struct path path;
	char *root;

	if (!look(r, true, &path))
		return;
	root = realpath(path.lookup, NULL);
	if (root == NULL) {
		incomplete(r, TOLD_ROOT, "a root directory could not be found out");
		return;
	}
	free(r->process->root);
	r->process->root = root[1] == '\0' ? NULL : root;
	if (root[1] == '\0')
		free(root);
}

/* From then on paths may mean other files. */
void seen_mount(struct returned *r)
{
	if (r->call->path != 0)
		seen_look(r);
	/* Who hears of later changes is no change. */
	if (r->seen->result >= 0 &&
	    (r->call->number != __NR_mount || !(argument(r, 4) & (MS_PRIVATE | MS_SLAVE | MS_SHARED | MS_UNBINDABLE))))
		incomplete(r, TOLD_MOUNT, "a process changed what is mounted where");
}

void seen_open_tree(struct returned *r)
{
	if (flags_of(r) & OPEN_TREE_CLONE)
		seen_mount(r);
	else
		seen_look(r);
}

void seen_taken_descriptor(struct returned *r)
{
	record_opened_file(r);
}

/* Those of what is read and written come after an open. */
void seen_ring(struct returned *r)
{
	switch (r->seen->number) {
	case IORING_OP_OPENAT:
	case IORING_OP_OPENAT2:
	case IORING_OP_STATX:
	case IORING_OP_RENAMEAT:
	case IORING_OP_UNLINKAT:
	case IORING_OP_MKDIRAT:
	case IORING_OP_SYMLINKAT:
	case IORING_OP_LINKAT:
	case IORING_OP_FSETXATTR:
	case IORING_OP_SETXATTR:
	case IORING_OP_FGETXATTR:
	case IORING_OP_GETXATTR:
	case IORING_OP_CONNECT:
	case RING_BIND:
		incomplete(r, TOLD_RING, "files were used by name through io_uring");
		break;
	case IORING_OP_READV:
	case IORING_OP_READ_FIXED:
	case IORING_OP_READ:
	case IORING_OP_RECVMSG:
	case IORING_OP_RECV:
	case RING_READ_MULTISHOT:
		if (is_stream(r->seen->mode))
			use_stream(r, "standard input was read, and it is not a file");
		break;
	}
}

void seen_new_ring(struct returned *r)
{
	incomplete(r, TOLD_RING, "io_uring was used, which this kernel does not tell of");
}

void seen_foreign(struct returned *r)
{
	incomplete(r, TOLD_FOREIGN, "a program of another architecture was run");
}
