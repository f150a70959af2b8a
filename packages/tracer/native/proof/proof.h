/*
 * A proof: a file by which it can be told, without any rule, that nothing at all has
 * changed since oodate's planner found a target up to date. The planner writes down what it
 * looked at and what it saw; who looks at the same and sees the same can say the same. All
 * else is for the planner to decide. The layout is described in docs/formats/proof.md.
 */
#ifndef OODATE_PROOF_H
#define OODATE_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROOF_MAGIC "oodate proof 1\n" /* 16 bytes with its NUL */

/* Of a file, as in stat(2); times in nanoseconds since the epoch. */
struct identity {
	uint64_t device, inode, size;
	int64_t mtime, ctime;
	uint32_t mode;
	uint32_t unused;
};

enum look_kind {
	LOOK_ABSENT,
	LOOK_DIRECTORY,	 /* any */
	LOOK_SPECIAL,	 /* anything else but a file or a link */
	LOOK_SAME,	 /* with exactly this identity */
	LOOK_PLACE,	 /* with this device and inode */
	LOOK_UNREADABLE, /* with the errno in `size` */
	LOOK_KINDS,
};

struct look {
	uint32_t name; /* in the directory */
	uint16_t kind;
	uint16_t follows; /* 1: a symbolic link at the end of the path is followed */
	struct identity identity;
};

/* Some of the looks in one directory. */
struct look_group {
	uint32_t path;
	uint32_t first, count;
};

struct chunk {
	uint32_t stream; /* 1 or 2 */
	uint32_t length;
};

enum { PWD_ANY, PWD_UNSET, PWD_EXACTLY, PWD_KINDS };

/* An array in the file: where it begins, counted from the start of the file, and its length. */
struct part {
	uint32_t offset, count;
};

struct proof_head {
	char magic[16];
	uint32_t length; /* of the file in bytes */
	uint32_t check;	 /* CRC-32 of all that follows this field */
	uint32_t uid;
	uint32_t pwd_kind;
	uint32_t needs_null_stdin; /* 0 or 1 */
	uint32_t streams;	   /* kept ones of the output: bit 0 stdout, bit 1 stderr */
	uint8_t salt[16], environment[32];
	struct identity program;
	uint32_t cwd, pwd, line, coloured_line;
	struct part strings; /* bytes; each string ends with a NUL. Strings are named by their places in it */
	struct part words, ignored; /* uint32_t: strings */
	struct part looks, groups, chunks, output;
};

struct proof {
	const unsigned char *bytes;
	size_t size;
	const struct proof_head *head;
	/* Of the file: no other has ever had the same. */
	struct identity own;
};

/*
 * The name that the proof of a call has, from its words and directory; -1 if such calls have none.
 * Returns the length.
 */
int proof_name(char *const *words, const char *cwd, char *name, size_t size);
/*
 * Maps the file; pages are fetched as they are touched. -1 with errno (EINVAL: it is no proof of this user's) if that
 * cannot be. Its check is not looked at.
 */
int proof_open(struct proof *proof, const char *path);
/* The same of a copy, which stays whole if somebody shortens the file. */
int proof_read(struct proof *proof, const char *path);
void proof_close(struct proof *proof);
/* All pages at once, which takes half the time if all will be touched. */
void proof_fetch(const struct proof *proof);
/* False if it was damaged. */
bool proof_is_whole(const struct proof *proof);
bool proof_is_of_call(const struct proof *proof, const char *program, char *const *words, const char *cwd);
const char *proof_string(const struct proof *proof, uint32_t place);
const void *proof_part(const struct proof *proof, struct part part);

#endif
