/*
 * Changes of names under way: renames, links, removals. The notification comes
 * before the call and tells no result, so each is kept until its effect is seen
 * on disk, or until its thread is seen again without it: then it failed.
 */
#ifndef OODATE_CHANGES_H
#define OODATE_CHANGES_H

#include "path.h"

#include <sys/stat.h>

/* A thread makes one change at a time, so this is the number of threads within such a call at once. */
#define CHANGES_MAX 128

enum change_kind { CHANGE_REMOVE, CHANGE_MAKE, CHANGE_RENAME, CHANGE_EXCHANGE, CHANGE_LINK, CHANGE_SYMLINK };

struct change {
	enum change_kind kind;
	struct recorder *recorder;
	pid_t pid, tid;
	dev_t device; /* of the file that is removed, moved or linked */
	ino_t inode;
	bool directory;
	bool symlink; /* it is one itself */
	char lookup[PATH_TEXT_MAX]; /* where the effect will be seen */
	char from[PATH_TEXT_MAX]; /* rename, link: the old path. symlink: the link's text */
	char to[PATH_TEXT_MAX]; /* the path that is made, or removed */
};

struct changes {
	struct path_resolver *resolver;
	unsigned count;
	struct change under_way[CHANGES_MAX];
};

/* The place to fill in for a new change; the caller has settled before, so there is one. */
struct change *changes_add(struct changes *c, enum change_kind kind, struct recorder *recorder, pid_t pid, pid_t tid);
/* Records what has taken effect. Changes of this thread (0: none) are then over, either way. */
void changes_settle(struct changes *c, pid_t tid);
/* The process has ended: so have its changes. */
void changes_settle_process(struct changes *c, pid_t pid);
/*
 * A directory that moved without an M record, its name being odd, takes along
 * what was written below it: that is told file by file.
 */
void changes_record_below(struct recorder *recorder, pid_t pid, const char *directory);

#endif
