/* What fanotify(7) was told to watch, found by the handles that its events have for files. */
#ifndef OODATE_MARKS_H
#define OODATE_MARKS_H

#include "change.h"

#include <fcntl.h>
#include <sys/fanotify.h>

/* MAX_HANDLE_SZ; a handle's own structure has no room of its own. */
#define HANDLE_MAX 128

struct file_handle_of {
	__kernel_fsid_t fs;
	int type;
	unsigned length; /* 0: none */
	unsigned char bytes[HANDLE_MAX];
};

/* A process that executes a file. */
struct execution {
	struct execution *next;
	struct mark *mark;
	struct actor actor; /* as it was when it began, without executable and words */
	int pidfd;
};

struct mark {
	struct mark *next_by_key, *next_by_handle;
	struct file_key key;
	struct file_handle_of handle; /* of a whole file system only `fs` counts */
	unsigned wants; /* interest_bit */
	uint64_t mask;
	nlink_t links;
	/* Of those that there were when events began to be read for this time: without the removed ones that were told of. */
	nlink_t links_left;
	uint64_t reading;
	char *mount; /* a directory by which its file system is reached */
	char *path; /* where it was, if no file can be opened by a handle there; else NULL */
	struct execution *executions;
};

struct mark *marks_find(const struct file_key *key);
struct mark *marks_find_handle(const struct file_handle_of *handle);
/* `fd` has the file open with O_PATH. NULL with errno. */
struct mark *marks_add(const struct file_key *key, int fd);
void marks_remove(struct mark *mark);
/*
 * The file itself, with O_PATH: wherever it is by now or, where that cannot be, at its path. -1 with errno, which is
 * ESTALE if it is gone.
 */
int marks_open(const struct mark *mark);

struct mark *marks_find_file_system(dev_t device);
struct mark *marks_add_file_system(dev_t device, int fd);
void marks_remove_file_system(struct mark *mark);
/*
 * The absolute path of what is in a directory of a file system that was added, and its key, with inode 0 if it is gone.
 * Returns -1 if the directory is.
 */
int marks_find_path(const struct file_handle_of *directory, const char *name, struct file_key *key, char *path, size_t size);
/* What was found is looked for anew the next time: it may be renamed. */
void marks_forget_paths(void);

void marks_read_handle(struct file_handle_of *handle, const struct fanotify_event_info_fid *record);
const char *marks_name_behind(const struct fanotify_event_info_fid *record);

/* Takes pidfd, which `poller`, of epoll(7), is given with the execution. That a process executes it twice is known. */
void marks_begin_execution(struct mark *mark, const struct actor *actor, int pidfd, int poller);
void marks_end_execution(struct execution *execution);

#endif
