/*
 * What the monitor's kernel program tells, each in a record of the ring buffer:
 * a head, the files that were touched, then texts. Which change of which file that
 * was is found out by who reads it, see deeds.c.
 */
#ifndef OODATE_CHANGES_WIRE_H
#define OODATE_CHANGES_WIRE_H

#include <linux/types.h>

enum told_kind {
	TOLD_CALL, /* has returned */
	TOLD_BEGUN, /* a call has begun to change an input, or to remove what is of interest */
	TOLD_ALONE, /* a change outside of calls, or within one that does not tell anything itself */
	TOLD_IMAGE, /* what a process executes, which others refer to */
	TOLD_OPEN,
	TOLD_EXEC,
	TOLD_FORK,
	TOLD_EXIT,
	TOLD_MOUNT,
};

enum told_bit {
	BIT_KERNEL = 1 << 0, /* a thread of the kernel, or of an io_uring */
	BIT_FOREIGN = 1 << 1, /* within a call of another architecture */
	BIT_DUMPS = 1 << 2, /* memory, since the process has crashed */
	BIT_WORDS_CUT = 1 << 3,
	BIT_RING = 1 << 4, /* a write through a ring is complete */
};

enum touched_bit {
	TOUCHED_FILE = 1 << 0, /* is of interest by itself */
	TOUCHED_FILE_SYSTEM = 1 << 1, /* all of its file system is */
	TOUCHED_INPUT = 1 << 2, /* may be an input */
	TOUCHED_GONE = 1 << 3, /* has no name any more */
};

struct touched {
	__u64 inode;
	__u32 device; /* in the kernel's form */
	__u16 mode;
	__u16 bits;
	/* Lengths of texts, with the NULs: names that it has; where it is in its file system. */
	__u16 names, place;
};

/* A rename has four: what is moved, what is replaced, and two directories. */
#define TOUCHED_MAX 6
#define TOLD_STACK_MAX 32
#define TOLD_ANCESTORS_MAX 8
#define TOLD_NAME_MAX 16

struct told {
	__u32 kind;
	__s32 number; /* of the call; -1 for none */
	__u64 at; /* nanoseconds of CLOCK_BOOTTIME */
	__u64 image; /* 0 if nothing has been told of it */
	/* As the monitor's own name space has them; 0 outside of it. */
	__s32 pid, parent, thread;
	__u32 uid, gid, login;
	char name[TOLD_NAME_MAX];
	__u64 flags; /* that the call was given; of EXEC, FORK, EXIT: see process_key() */
	__u64 child; /* of FORK, likewise */
	__u64 bases[2]; /* inodes of the directories that the call's paths may begin at */
	__u32 bits;
	__u16 count; /* of touched files, or ancestors */
	/*
	 * Of the texts, which come in this order: two stacks, in frames; two paths, of IMAGE the place of the executable
	 * and the words, of EXEC the script's path and the place of the working directory; those of the touched files.
	 */
	__u16 frames[2];
	__u16 lengths[2];
};

struct told_ancestor {
	__s32 pid;
	char name[TOLD_NAME_MAX];
};

/* What is behind the head. If there is no text, only as many as there are. */
union told_list {
	struct touched touched[TOUCHED_MAX];
	struct told_ancestor ancestors[TOLD_ANCESTORS_MAX];
};

#define TOLD_STRING_MAX 4096
#define TOLD_PATH_NAME_MAX 256
/* With it a record just fits into what a processor may have of its own, which is 32 KiB. */
#define TOLD_TEXT_MAX (7 * TOLD_STRING_MAX)

/* What the calls do, an entry for each number. */
enum deed_kind {
	DEED_NONE,
	DEED_WRITE,
	DEED_CLEAR, /* fallocate(2), which may also write */
	DEED_TRUNCATE,
	DEED_OPEN,
	DEED_REMOVE,
	DEED_RENAME,
	DEED_LINK,
	DEED_MAKE,
	DEED_ALTER,
	DEED_CONTROL,
	DEED_MAP,
	DEED_PROTECT,
	DEED_ADVISE,
	DEED_SUBMIT, /* to a queue that may do any of these */
	DEED_MOUNT,
};

struct deed {
	__u8 kind;
	/* Numbers of arguments, from 1; 0 for none. */
	__u8 descriptor, flags, directory, path, directory2, path2;
	__u8 list; /* of pointers to struct iocb */
};

#define DEEDS 512

/* What the loader sets before the program is loaded. */
struct change_settings {
	__u32 owner; /* whose processes' words, executables and stacks are told */
	__u8 anyones; /* everybody's are */
	__u8 stacks;
	struct deed deeds[DEEDS];
};
#define CHANGE_SETTINGS_SECTION ".rodata.settings"

/* What is told and asked while it runs, in memory that both have. */
struct change_control {
	/* How much there is of each, so that nothing is looked up where there is nothing. */
	__u32 files, inputs, file_systems, opens, executions;
	__u32 generation; /* counts how often the images must be told anew */
	__u64 lost;
};
#define CHANGE_CONTROL_SECTION ".data.control"

/* Of the maps; members of struct file_key and of the kernel's own. */
struct watched_key {
	__u64 inode;
	__u32 device, zero;
};

/*
 * What is of interest sets two bits of these. That sorts out nearly everything else at the price of one look, and for
 * inputs it is all there is: of a million of them one file in twenty that is none is told of, of 100,000 one in 1,800.
 */
#define FILTER_BITS (1u << 23)
#define FILTER_WORDS (FILTER_BITS / 64)

static inline __u64 filter_hash(__u64 inode, __u32 device)
{
	__u64 hash = (inode ^ (__u64)device << 40) * 0x9e3779b97f4a7c15u;

	hash ^= hash >> 29;
	return hash * 0xbf58476d1ce4e5b9u;
}

static inline __u32 filter_first(__u64 hash)
{
	return hash >> 41;
}

static inline __u32 filter_second(__u64 hash)
{
	return hash >> 18 & (FILTER_BITS - 1);
}

#endif
