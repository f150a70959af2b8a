#include "deeds.h"

#include "../src/call_numbers.h"
#include "listed_arguments.h"

#include <linux/falloc.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/stat.h>

/* Of linux/ext4.h and linux/falloc.h, which are not everywhere. */
#define EXT4_MOVE_EXTENTS _IOWR('f', 15, char[40])
#define EXT4_SWAP_BOOT _IO('f', 17)
#define XFS_SWAP_EXTENTS _IOWR('X', 109, char[192])
#define XFS_EXCHANGE_RANGE _IOW('X', 129, char[40])
#define RESERVE_SPACE _IOW('X', 40, char[48])
#define RESERVE_SPACE64 _IOW('X', 42, char[48])
#define UNRESERVE_SPACE _IOW('X', 41, char[48])
#define UNRESERVE_SPACE64 _IOW('X', 43, char[48])
#define ZERO_SPACE _IOW('X', 57, char[48])
#define WRITE_ZEROES 0x80

#define CLEARING (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_ZERO_RANGE | FALLOC_FL_INSERT_RANGE | WRITE_ZEROES)

/* A deed by the name of the call's handler in call_list.h. */
#define DEED_OF_look DEED_NONE
#define DEED_OF_readlink DEED_NONE
#define DEED_OF_open DEED_OPEN
#define DEED_OF_openat2 DEED_OPEN
#define DEED_OF_open_by_handle DEED_OPEN
#define DEED_OF_exec DEED_NONE
#define DEED_OF_list DEED_NONE
#define DEED_OF_rename DEED_RENAME
#define DEED_OF_remove DEED_REMOVE
#define DEED_OF_make DEED_MAKE
#define DEED_OF_make_directory DEED_MAKE
#define DEED_OF_link DEED_LINK
#define DEED_OF_symlink DEED_MAKE
#define DEED_OF_alter DEED_ALTER
#define DEED_OF_alter_descriptor DEED_ALTER
#define DEED_OF_chdir DEED_NONE
#define DEED_OF_fchdir DEED_NONE
#define DEED_OF_bind DEED_MAKE
#define DEED_OF_connect DEED_NONE
#define DEED_OF_sendto DEED_NONE
#define DEED_OF_setns DEED_NONE
#define DEED_OF_chroot DEED_NONE
#define DEED_OF_mount DEED_MOUNT
#define DEED_OF_open_tree DEED_NONE
#define DEED_OF_taken_descriptor DEED_NONE
#define DEED_OF_name_to_handle DEED_NONE
#define DEED_OF_read DEED_NONE
#define DEED_OF_splice DEED_NONE

#define CALL(call, handler, ...) { __NR_##call, DEED_OF_##handler, { __VA_ARGS__ } },
#define WATCHED(call, handler, ...)

static const struct {
	int number;
	enum deed_kind kind;
	struct listed_arguments arguments;
} list[] = {
#include "../src/call_list.h"
};

/* What the list has not, or tells less of. */
static const struct {
	int number;
	struct deed deed;
} others[] = {
	{ __NR_write, { .kind = DEED_WRITE, .descriptor = 1 } },
	{ __NR_pwrite64, { .kind = DEED_WRITE, .descriptor = 1 } },
	{ __NR_writev, { .kind = DEED_WRITE, .descriptor = 1 } },
	{ __NR_pwritev, { .kind = DEED_WRITE, .descriptor = 1 } },
	{ __NR_pwritev2, { .kind = DEED_WRITE, .descriptor = 1 } },
	{ __NR_sendfile, { .kind = DEED_WRITE, .descriptor = 1 } },
	{ __NR_splice, { .kind = DEED_WRITE, .descriptor = 3 } },
	{ __NR_copy_file_range, { .kind = DEED_WRITE, .descriptor = 3 } },
	{ __NR_fallocate, { .kind = DEED_CLEAR, .descriptor = 1, .flags = 2 } },
	{ __NR_truncate, { .kind = DEED_TRUNCATE } },
	{ __NR_ftruncate, { .kind = DEED_TRUNCATE } },
	{ __NR_ioctl, { .kind = DEED_CONTROL, .flags = 2 } },
	{ __NR_mmap, { .kind = DEED_MAP, .descriptor = 5 } },
	{ __NR_mprotect, { .kind = DEED_PROTECT } },
	{ __NR_pkey_mprotect, { .kind = DEED_PROTECT } },
	{ __NR_madvise, { .kind = DEED_ADVISE } },
	{ __NR_io_submit, { .kind = DEED_SUBMIT, .list = 3 } },
	{ __NR_io_uring_enter, { .kind = DEED_SUBMIT } },
	{ __NR_acct, { .kind = DEED_NONE } },
	/* What it makes is nowhere until move_mount(2) is called. */
	{ __NR_fsmount, { .kind = DEED_NONE } },
};

void deeds_fill(struct deed deeds[DEEDS])
{
	memset(deeds, 0, sizeof(deeds[0]) * DEEDS);
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		deeds[list[i].number] = (struct deed){
			.kind = list[i].kind,
			.flags = list[i].arguments.flags,
			.directory = list[i].arguments.directory,
			.path = list[i].arguments.path,
			.directory2 = list[i].arguments.directory2,
			.path2 = list[i].arguments.path2,
		};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		deeds[others[i].number] = others[i].deed;
}

/* The last name of a path; *length is 0 if that tells no name. */
static const char *last_name(const char *path, size_t *length)
{
	size_t end = strlen(path), start;

	while (end > 0 && path[end - 1] == '/')
		end--;
	for (start = end; start > 0 && path[start - 1] != '/';)
		start--;
	*length = end - start;
	if ((*length == 1 && path[start] == '.') || (*length == 2 && path[start] == '.' && path[start + 1] == '.'))
		*length = 0;
	return path + start;
}

/* The name as a string, of which there are two at a time. */
static const char *name_of(const char *path, unsigned which)
{
	static char names[2][TOLD_PATH_NAME_MAX];
	size_t length;
	const char *name = last_name(path, &length);

	if (length == 0 || length >= sizeof(names[0]))
		return NULL;
	memcpy(names[which], name, length);
	names[which][length] = '\0';
	return names[which];
}

static bool is_among(const char *names, size_t size, const char *path)
{
	size_t length;
	const char *name = last_name(path, &length);

	for (const char *each = names; each < names + size; each += strlen(each) + 1)
		if (length > 0 && strlen(each) == length && memcmp(each, name, length) == 0)
			return true;
	return false;
}

/* The part of a path that is before its last name. */
static size_t directory_length(const char *path)
{
	size_t length;

	return (size_t)(last_name(path, &length) - path);
}

/* Is the directory the one in which the path's last name is? 1, 0, or -1 if that cannot be told by it. */
static int holds(const struct told_call *call, unsigned which, const struct touched *directory, const char *names)
{
	const char *path = call->paths[which];
	size_t length = directory_length(path);
	char above[TOLD_STRING_MAX];

	if (length == 0)
		return call->head->bases[which] == directory->inode;
	if (length >= sizeof(above))
		return -1;
	memcpy(above, path, length);
	above[length] = '\0';
	last_name(above, &length);
	return length == 0 ? -1 : is_among(names, directory->names, above);
}

static bool is_same_directory(const struct told_call *call)
{
	size_t length = directory_length(call->paths[0]);

	return length == directory_length(call->paths[1]) && memcmp(call->paths[0], call->paths[1], length) == 0 &&
	       (call->paths[0][0] == '/' || call->head->bases[0] == call->head->bases[1]);
}

static void find_renamed(const struct told_call *call, const struct touched *touched, const char *names,
			 const char *entries[2])
{
	int old, new;

	if (is_same_directory(call)) {
		entries[0] = name_of(call->paths[0], 0);
		entries[1] = name_of(call->paths[1], 1);
		return;
	}
	old = holds(call, 0, touched, names);
	new = holds(call, 1, touched, names);
	if (old != new && (old == 1 || new == 0))
		entries[0] = name_of(call->paths[0], 0);
	else if (old != new)
		entries[0] = name_of(call->paths[1], 0);
}

static enum change_kind judge_rename(const struct told_call *call, const struct touched *touched, const char *names,
				     const char *entries[2])
{
	bool exchanged = call->head->flags & RENAME_EXCHANGE;

	if (touched->bits & TOUCHED_GONE)
		return CHANGE_REMOVE;
	/* Where a directory has the name of what is moved, within it or into it, it is taken for that. */
	if (is_among(names, touched->names, call->paths[1]) || (exchanged && is_among(names, touched->names, call->paths[0])))
		return CHANGE_RENAME;
	if (!S_ISDIR(touched->mode))
		return touched->names == 0 ? CHANGE_RENAME : CHANGE_REMOVE;
	find_renamed(call, touched, names, entries);
	return CHANGE_ENTRY;
}

static enum change_kind judge_control(__u64 command)
{
	switch ((unsigned)command) {
	case FICLONE:
	case FICLONERANGE:
	case FIDEDUPERANGE:
	case EXT4_MOVE_EXTENTS:
	case EXT4_SWAP_BOOT:
	case XFS_SWAP_EXTENTS:
	case XFS_EXCHANGE_RANGE:
	case RESERVE_SPACE:
	case RESERVE_SPACE64:
		return CHANGE_WRITE;
	case UNRESERVE_SPACE:
	case UNRESERVE_SPACE64:
	case ZERO_SPACE:
		return CHANGE_FCLEAR;
	}
	return CHANGE_ATTRIBUTE;
}

/* Outside of what a call does by itself. */
static enum change_kind judge_alone(const struct told *head)
{
	if (head->bits & (BIT_DUMPS | BIT_RING))
		return CHANGE_WRITE;
	return head->bits & (BIT_KERNEL | BIT_FOREIGN) ? CHANGE_CONTENT : CHANGE_MAP;
}

static enum deed_kind deed_of(int number)
{
	static struct deed deeds[DEEDS];
	static bool filled;

	if (!filled)
		deeds_fill(deeds);
	filled = true;
	return number < 0 || number >= DEEDS ? DEED_NONE : deeds[number].kind;
}

enum change_kind deeds_judge(const struct told_call *call, const struct touched *touched, const char *names,
			     const char *entries[2])
{
	enum deed_kind deed = deed_of(call->head->number);
	bool is_directory = S_ISDIR(touched->mode), is_gone = touched->bits & TOUCHED_GONE;

	entries[0] = entries[1] = NULL;
	switch (deed) {
	case DEED_ALTER:
		return CHANGE_ATTRIBUTE;
	case DEED_CONTROL:
		return judge_control(call->head->flags);
	case DEED_RENAME:
		return judge_rename(call, touched, names, entries);
	case DEED_REMOVE:
		if (!is_directory || is_gone)
			return CHANGE_REMOVE;
		break;
	case DEED_LINK:
	case DEED_MAKE:
		if (!is_directory)
			return CHANGE_ATTRIBUTE;
		break;
	default:
		/* A file without a name can still be written to; but who takes the name away unseen does not say so. */
		if (is_gone && (deed == DEED_SUBMIT || call->head->bits & (BIT_KERNEL | BIT_FOREIGN)))
			return CHANGE_REMOVE;
	}
	if (is_directory) {
		if (deed == DEED_REMOVE || deed == DEED_LINK || deed == DEED_MAKE || deed == DEED_OPEN)
			entries[0] = name_of(call->paths[call->head->lengths[1] != 0], 0);
		return CHANGE_ENTRY;
	}
	switch (deed) {
	case DEED_CLEAR:
		return call->head->flags & CLEARING ? CHANGE_FCLEAR : CHANGE_WRITE;
	case DEED_TRUNCATE:
	case DEED_OPEN:
		return CHANGE_FTRUNC;
	case DEED_ADVISE:
		return CHANGE_FCLEAR;
	case DEED_MAP:
	case DEED_PROTECT:
		return CHANGE_MAP;
	case DEED_WRITE:
	case DEED_SUBMIT:
		return CHANGE_WRITE;
	default:
		return judge_alone(call->head);
	}
}
