/*
 * A trace that is being written: the command's, and one for each command that
 * another probe runs within it. The kernel lets one supervisor alone watch a
 * tree of processes, so the outermost probe's writes the logs of them all: what
 * happens in an inner command goes into that one's log and into those around it.
 *
 * A process begins one by a call that no kernel has, attach(version, log, end, flags, copy):
 * the supervisor takes over copies of the descriptors and writes to log, and to copy what goes to
 * terminals, if the flags name any; when the process has ended and its log is whole, it sends a report on the socket end.
 * Where nobody watches, attach() fails with ENOSYS.
 */
#ifndef OODATE_SESSION_H
#define OODATE_SESSION_H

#include "record.h"
#include "terminal.h"

#include <sys/stat.h>

/* Free in the tables of x86-64 and arm64, and to stay so. */
#define ATTACH_CALL 400
#define ATTACH_VERSION 1

#define GIVEN_STREAMS_MAX 32

struct given_stream {
	dev_t device;
	ino_t inode;
};

struct session {
	struct session *next; /* all that are open, those within before those around them */
	struct session *outer;
	struct recorder recorder;
	struct session *bmake; /* the one around it whose command is a bmake that gets filemon sections; NULL if none is */
	bool is_target; /* what one target of a bmake ran */
	int end;
	struct terminal terminal; /* what is written there is copied */
	pid_t root; /* the command's first process */
	pid_t supervisor; /* of the probe that began it: what its parent left behind becomes that one's child */
	bool root_ended;
	int root_status, root_signal; /* once root_ended */
	bool input_told, overload_told, interruption_told; /* reasons for incompleteness already recorded */
	bool stdin_read; /* as already recorded: null and zero devices, which are no streams, too */
	bool network_used, network_served; /* as already recorded */
	struct given_stream stdin_device; /* zero if standard input is none such */
	/* Pipes, sockets and devices the command was given open: what they hold cannot be compared another time. */
	unsigned streams_count;
	struct given_stream streams[GIVEN_STREAMS_MAX];
};

/* attach()'s flag: the command is a bmake, whose meta files get filemon sections; the log tells of those alone. */
#define ATTACH_BMAKE 1
/*
 * And another: a command of a bmake that has a filemon of its own, over attach(): one
 * of those that write to the same log, whose head and end bmake writes.
 */
#define ATTACH_BARE 2

/* Or several: these of its streams, as of terminal_streams(), are terminals, and copy is a descriptor. */
#define ATTACH_TERMINALS(streams) ((streams) << 2)

/* What attach() is given. */
struct attachment {
	int log, end;
	unsigned flags;
	int copy;
};

/* attach() as the child calls it that will be the command. */
int session_attach(const struct attachment *given);
/* Is there a supervisor that takes over logs of those it watches? */
bool session_is_watched(void);

/*
 * Begins the session of the stopped process root, whose descriptors are given; pidfd is its own,
 * or -1 if they are this process's, too. Takes its place before *all. NULL with errno.
 */
struct session *session_begin(struct session **all, struct session *outer, pid_t root, int pidfd,
			      const struct attachment *given);
/* Begins the session of what a target of the process bmake runs, which is part of outer. log is the caller's own. */
struct session *session_begin_target(struct session **all, struct session *outer, pid_t bmake, int log);
/* Ends the log, reports, and takes the session out of *all. It stays in memory: processes it left behind name it. */
void session_end(struct session **all, struct session *s);
bool session_is_within(const struct session *s, const struct session *around);
/* An address of this family was connected to or sent to; or bound, as a server does. Not of the machine's own: nothing. */
void session_use_network(struct session *s, int family, bool serves);
/* A stream that st tells of was read: the sessions that were given it are incomplete. */
void session_use_stream(struct session *s, pid_t pid, const struct stat *st, const char *reason);

#endif
