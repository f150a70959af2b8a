/*
 * A way for the monitor to see. Which there are depends on the program that this is built into: each has a table of
 * its own, best first.
 */
#ifndef OODATE_MONITOR_BACKEND_H
#define OODATE_MONITOR_BACKEND_H

#include "../src/backend.h"
#include "change.h"

/* The kinds of events that somebody wants, see docs/formats/monitor.md. */
enum interest_bit {
	WANT_CONTENT = 1 << 0,
	WANT_ATTRIBUTE = 1 << 1,
	WANT_DELETE = 1 << 2,
	WANT_EXEC = 1 << 3,
	WANT_EXIT = 1 << 4,
	WANT_OPEN = 1 << 5, /* of whole file systems */
};

struct monitor_options {
	bool stacks;
	bool records; /* a journal is kept: no words of processes of other users, whoever we are */
};

/* What a backend can tell, for whoever asks (see --check and the first line of a monitor). */
enum tells_bit {
	TELLS_PROCESS = 1 << 0,
	TELLS_REASONS = 1 << 1, /* WRITE, FTRUNC, FCLEAR told apart */
	TELLS_MAP = 1 << 2,
	TELLS_EXEC = 1 << 3,
	TELLS_EXIT = 1 << 4,
	TELLS_STACKS = 1 << 5,
	TELLS_FILE_SYSTEMS = 1 << 6, /* watch_file_system() */
	TELLS_INPUTS = 1 << 7, /* watch_inputs() */
	TELLS_MOUNTER = 1 << 8, /* who has mounted and unmounted: last_mounter() */
};

#define LOST_UNKNOWN UINT64_MAX

typedef void (*change_sink)(void *context, const struct change *change);

struct monitor_backend {
	const char *name;
	const char *description;
	/* 0 if it works here, else -1 with the reason. Leaves nothing behind. */
	int (*check)(struct refusal *refusal);
	/* After this everything is seen that is asked for below. */
	int (*open)(const struct monitor_options *options, struct refusal *refusal);
	unsigned tells; /* tells_bit; after open() */
	/* Can files on a file system of this kind (f_type of statfs(2)) be watched? */
	bool (*takes)(long type);
	/*
	 * `fd` is of the file, opened with O_PATH; -1 if only less is wanted than before. `wants` is all that is wanted of
	 * it, and replaces what was before. Who calls it looks at the file's state afterwards. Returns -1 with errno.
	 */
	int (*watch)(const struct file_key *key, unsigned wants, int fd);
	void (*unwatch)(const struct file_key *key);
	/* All of the file system of which fd is: NULL if it cannot. */
	int (*watch_file_system)(dev_t device, unsigned wants, int fd);
	/*
	 * Many files, cheaply: any change of content, attributes, names or (of a directory) entries. They are never
	 * unwatched; of a file that was not named changes may come, too. NULL if it cannot.
	 */
	int (*watch_inputs)(const struct file_key *keys, size_t count);
	/* To be polled for reading; never blocks. */
	int descriptor;
	/*
	 * Gives all that has happened until now, in order. Every change whose call had returned before this was called is
	 * among them. Returns how many were lost since it was called last; LOST_UNKNOWN if some were and nobody has counted.
	 */
	uint64_t (*read)(change_sink sink, void *context);
	/* Who has last changed the mounts since this was last asked, of whom read() has come to know; NULL if nobody or unknown. */
	const struct actor *(*last_mounter)(void);
};

extern struct monitor_backend *const monitor_backends[]; /* best first, NULL at the end */

#endif
