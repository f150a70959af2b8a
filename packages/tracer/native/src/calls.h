/*
 * The system calls that matter: where their arguments are, who deals with them in
 * each backend, and which the filter of the notify backend sends.
 */
#ifndef OODATE_CALLS_H
#define OODATE_CALLS_H

#include "changes.h"
#include "endings.h"
#include "path.h"
#include "targets.h"
#include "tasks.h"
#include "written.h"

#include <linux/seccomp.h>

/* Everything that the handlers work on. */
struct watch {
	struct path_resolver resolver;
	struct tasks tasks;
	struct changes changes;
	struct target *targets;
	struct writings writings;
	struct endings endings;
	bool copies_terminals; /* the calls that write are sent */
	bool unprivileged; /* no_new_privs is set */
	bool interruptible; /* a signal ends calls that are being looked at */
	pid_t root;
	bool root_ended;
	uint64_t next_call; /* number that the kernel gives to the next one; 0 before the first */
};

struct call;
struct returned;

struct request {
	struct watch *watch;
	const struct call *call;
	const struct seccomp_notif *notification;
	struct seccomp_notif_resp *answer; /* that the call goes on, unless the handler says otherwise */
	struct task *task;
	struct process *process;
};

enum sent {
	SENT_ALWAYS,
	/* Not with a descriptor and AT_EMPTY_PATH alone, as fstat is made: that file was seen when it was opened */
	SENT_UNLESS_FSTAT,
	SENT_IF_NEW_NAMESPACE,
	SENT_IF_STANDARD_INPUT,
	SENT_IF_COPIED, /* if what is written to terminals is copied */
	SENT_IF_SPLICED, /* of the two above */
	/* sendto(2) with an address, unlike send(2) */
	SENT_IF_ADDRESSED,
	/* Not sent: fails with ENOSYS, so that programs fall back to calls that can be seen */
	SENT_NEVER_REFUSED,
};

struct call {
	int number;
	const char *name;
	void (*handle)(struct request *r); /* as it is made */
	void (*seen)(struct returned *r); /* when it has returned; NULL if that tells nothing */
	enum sent sent;
	/* Numbers of arguments, counted from 1; 0 for none. */
	unsigned char directory, path, flags, directory2, path2;
	/* Flags of a call that takes none. */
	int fixed_flags;
};

extern const struct call calls[];
extern const size_t calls_count;

/* NULL for a number that is not in the table. */
const struct call *call_by_number(int number);

#endif
