/* What each kind of call means for the log, once it has returned: of the bpf backend. */
#ifndef OODATE_SEEN_H
#define OODATE_SEEN_H

#include "../bpf/wire.h"
#include "calls.h"
#include "findings.h"

struct seen_process {
	struct seen_process *next;
	pid_t pid;
	unsigned told; /* reasons for incompleteness already recorded, a bit each */
	uint64_t listed; /* hash of the directory it listed last */
	uint64_t directory; /* which working directory is its own, see wire.h */
	char *cwd; /* its path; NULL if that is not known */
	char *root; /* physical path of a root directory of its own; else NULL */
};

/* Linkers whose names are known. */
#define LINKERS_MAX 8

struct linkers {
	unsigned count;
	struct {
		char physical[RECORD_PATH_MAX + 1];
		char name[RECORD_PATH_MAX + 1]; /* as programs have it */
	} known[LINKERS_MAX];
};

/* Forgets where the process is. */
void seen_forget_cwd(struct seen_process *process);
void seen_set_cwd(struct seen_process *process, const char *path);
/* What it gets from its parent beside the working directory. */
void seen_inherit(struct seen_process *child, const struct seen_process *parent);
void seen_forget(struct seen_process *process);

struct returned {
	const struct call *call;
	const struct seen *seen;
	const char *texts[TEXTS]; /* strings as they came; NULL for none */
	struct finder finder;
	struct session *session;
	struct seen_process *process;
	struct linkers *linkers;
	bool moves_directories; /* set by a call that did: no working directory's path is known then */
};

/* When a fork, exec or exit was, as of record_clock(). */
uint64_t seen_at(const struct returned *r);

void seen_look(struct returned *r);
void seen_open(struct returned *r);
void seen_openat2(struct returned *r);
void seen_open_by_handle(struct returned *r);
void seen_readlink(struct returned *r);
void seen_exec(struct returned *r);
void seen_list(struct returned *r);
void seen_rename(struct returned *r);
void seen_remove(struct returned *r);
void seen_make(struct returned *r);
void seen_make_directory(struct returned *r);
void seen_link(struct returned *r);
void seen_symlink(struct returned *r);
void seen_alter(struct returned *r);
void seen_alter_descriptor(struct returned *r);
void seen_chdir(struct returned *r);
void seen_fchdir(struct returned *r);
void seen_bind(struct returned *r);
void seen_connect(struct returned *r);
void seen_sendto(struct returned *r);
void seen_setns(struct returned *r);
void seen_chroot(struct returned *r);
void seen_mount(struct returned *r);
void seen_open_tree(struct returned *r);
void seen_taken_descriptor(struct returned *r);
void seen_name_to_handle(struct returned *r);
void seen_read(struct returned *r);
void seen_splice(struct returned *r);

/* An exec that was successful. */
void seen_new_image(struct returned *r);
/* A request made through a ring. */
void seen_ring(struct returned *r);
/* A new ring, where its requests are not told of. */
void seen_new_ring(struct returned *r);
/* A call by another architecture's table. */
void seen_foreign(struct returned *r);

#endif
