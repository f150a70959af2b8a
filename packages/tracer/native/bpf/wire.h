/*
 * What the kernel program tells of, each in a record of the ring buffer: a head,
 * then texts one after the other. A text is a string as the traced program gave
 * it, or a place: the names of a path from the last to the first, a NUL behind each.
 */
#ifndef OODATE_WIRE_H
#define OODATE_WIRE_H

#include <linux/types.h>

/* WRITTEN: the bytes behind the head have been written to the command's terminal. */
enum seen_kind { SEEN_CALL, SEEN_FORK, SEEN_EXEC, SEEN_EXIT, SEEN_RING, SEEN_FOREIGN, SEEN_WRITTEN };

/* A call's texts. Where a path is absolute there is no place, unless the process has a root of its own. */
enum seen_text { TEXT_PATH, TEXT_PLACE, TEXT_PATH2, TEXT_PLACE2, TEXT_FILE, TEXT_WORDS, TEXTS };
/* An exec's. */
#define TEXT_NAME TEXT_PATH
#define TEXT_INTERPRETER TEXT_PATH2
/* What the dynamic linker is, which the kernel has mapped beside the program. */
#define TEXT_LINKER TEXT_PLACE2
/* The command line: words with a NUL behind each, but for the last if SEEN_WORDS_MAX bytes are not enough. */
#define SEEN_WORDS_MAX 1000

enum seen_bit {
	BIT_UNREADABLE = 1 << 0, /* a string or a place could not be read */
	BIT_REMOVED = 1 << 1, /* what TEXT_PLACE tells of has no name any more, or never had one */
	BIT_REMOVED2 = 1 << 2,
	BIT_FILE_REMOVED = 1 << 3,
	BIT_CREATED = 1 << 4, /* by this open */
	BIT_BY_DESCRIPTOR = 1 << 5, /* an exec of a descriptor */
	BIT_PROC = 1 << 6, /* TEXT_PLACE is in /proc */
	/* The path begins with one of the kernel's links straight to a file, and that is the place. */
	BIT_MAGIC = 1 << 7,
	BIT_MAGIC2 = 1 << 8,
};

struct seen {
	__u32 kind;
	__u32 bits;
	__s32 pid;
	__s32 number; /* of the call; of FORK the child; of RING the operation; of WRITTEN the stream */
	__s32 result; /* of EXIT: as wait(2) has it */
	/*
	 * Six of them, and two so that any three bits can be an index. Of EXEC the first is the length of its command
	 * line; of FORK, EXEC and EXIT the one numbered SEEN_AT is when that was.
	 */
	__u64 arguments[8];
	__u32 mode, device; /* of a file that was opened or used: S_IFMT and more, the kernel's form of st_dev */
	__u32 family; /* of a socket's address */
	__u32 resolve; /* of openat2(2) */
	__u64 inode;
	/* Who has the same has the same working directory; of FORK, the child's, and then the parent's. */
	__u64 directory, parents_directory;
	__u32 flags; /* of an open, by whatever call */
	__u16 lengths[8]; /* of the texts, with the NULs, and as many more that any three bits are an index */
};

/* Nanoseconds of CLOCK_MONOTONIC. */
#define SEEN_AT 1
#define SEEN_STRING_MAX 4096
/* A name of a place and its NUL. */
#define SEEN_NAME_MAX 256
#define SEEN_TEXT_MAX (TEXTS * SEEN_STRING_MAX + SEEN_NAME_MAX)

/* How a call is dealt with, an entry for each number. */
enum shape_kind {
	SHAPE_NONE,
	SHAPE_PATHS,
	SHAPE_MOVES, /* to another working directory, which is TEXT_FILE */
	SHAPE_OPENS,
	SHAPE_OPENS_HOW, /* openat2(2) */
	SHAPE_OPENS_HANDLE,
	SHAPE_DESCRIPTOR,
	SHAPE_ADDRESS,
	SHAPE_READS, /* from standard input */
	SHAPE_PLAIN,
};

/* How the buffers are given that a call writes to the descriptor that is its first argument. */
enum shape_buffers {
	BUFFERS_NONE,
	BUFFERS_ONE,
	BUFFERS_LISTED,
	BUFFERS_HIDDEN, /* what it writes is nowhere in the process's memory */
	BUFFERS_HIDDEN_THIRD, /* and the descriptor is the third argument */
};

struct shape {
	__u8 kind;
	__u8 directory, path, flags, directory2, path2; /* numbers of arguments, from 1; 0 for none */
	__u8 address, length; /* of a socket's address */
	__u8 only_success, only_failure; /* the other tells nothing, or is told of elsewhere */
	__u8 skip_empty; /* an empty path is a use of the descriptor, seen when that was opened */
	__u8 output; /* number of the argument that says where the call writes what it has found */
	__u16 output_size; /* of that; 0 if the next argument says it */
	__u8 buffers; /* of what it writes, where that is to be copied */
	__s32 fixed_flags;
};

#define SHAPES 512

/* What the loader sets before the program is loaded. */
struct settings {
	__u64 wake_at; /* of the ring buffer's reader: whenever so many bytes more wait; a power of two */
	__u32 terminals[3]; /* devices that are stream 1 and 2, in the kernel's form; 0 for none */
	__u64 copied_max; /* bytes in the ring buffer above which nothing is copied into it any more: the trace needs room */
	struct shape shapes[SHAPES];
};
#define SETTINGS_SECTION ".rodata.settings"
/* What could not be told. */
struct losses {
	__u64 records; /* that found no room, and processes that could not be watched */
	__u64 written; /* to the terminal, and not copied */
};
#define LOST_SECTION ".data.lost"

#endif
