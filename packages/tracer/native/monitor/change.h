/*
 * What a backend of the monitor has seen: somebody has changed a file, or begun to execute it. Of files it knows device
 * and inode alone; what that means for whom is the engine's to say.
 */
#ifndef OODATE_CHANGE_H
#define OODATE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* The device is that of the file system (of its super block), in the form of dev_t. */
struct file_key {
	ino_t inode;
	dev_t device;
};

enum change_kind {
	CHANGE_CONTENT, /* which change of the content it was cannot be told */
	CHANGE_WRITE,
	CHANGE_MAP, /* mapped, so that it can be written without a call; or written so */
	CHANGE_FTRUNC,
	CHANGE_FCLEAR, /* a hole punched, a range zeroed, taken out or put in */
	CHANGE_ATTRIBUTE,
	CHANGE_REMOVE, /* one of its names */
	CHANGE_RENAME,
	CHANGE_ENTRY, /* of a directory: a name in it was made, removed or moved */
	CHANGE_OPEN, /* where a whole file system is watched */
	CHANGE_EXEC,
	CHANGE_EXIT, /* of the last process that executed it */
	CHANGE_KINDS,
};

#define ANCESTORS_MAX 8
#define PROGRAM_NAME_MAX 16
#define STACK_MAX 32

/* Who it was. Strings are valid until the next change is read. */
struct actor {
	pid_t pid, parent; /* of the process, not of the thread */
	uid_t uid, login_uid; /* login_uid is (uid_t)-1 if nobody has logged in */
	gid_t gid;
	char name[PROGRAM_NAME_MAX];
	const char *executable; /* absolute path; NULL if not known or not to be told */
	const char *words; /* the command line, a NUL behind each word; NULL likewise */
	size_t words_size;
	bool words_cut; /* there were more */
	/* From the parent up; the last may be init(8). */
	unsigned ancestors;
	struct {
		pid_t pid;
		char name[PROGRAM_NAME_MAX];
	} ancestor[ANCESTORS_MAX];
};

struct change {
	enum change_kind kind;
	struct file_key key;
	struct timespec time; /* CLOCK_REALTIME */
	const struct actor *actor; /* NULL if the backend cannot tell */
	/*
	 * ENTRY: the name in the directory, if the backend knows it. OPEN and where a whole file system is watched: the
	 * absolute path. EXEC of a script: the path as it was given, from the actor's directory.
	 */
	const char *name;
	/* It has a name; it has none any more. Both are false where the backend takes no number for a file, or does not know. */
	bool has_name, is_gone;
	/* It is told because the whole file system is watched. That the file itself is watched, too, makes another change. */
	bool of_file_system;
	/*
	 * Of a file given to watch_inputs() only: the change has begun and is not over; another will come from
	 * the same thread when it is. For one that never ends so (a store to mapped memory, a thread of the
	 * kernel) `alone` is true and none follows.
	 */
	bool under_way, alone;
	pid_t thread;
	const uint64_t *kernel_stack, *user_stack;
	unsigned kernel_frames, user_frames;
};

#endif
