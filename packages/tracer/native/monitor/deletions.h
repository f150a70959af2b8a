/*
 * Learns by inotify(7) that a file's last name is gone and it is open nowhere any more, or that its file system is
 * unmounted: for every backend, as none knows that better.
 */
#ifndef OODATE_DELETIONS_H
#define OODATE_DELETIONS_H

#include "interests.h"

/* A descriptor to be polled for reading; -1 with errno. */
int deletions_open(void);
/* `fd` is of the file, opened with O_PATH. Returns -1 with errno. */
int deletions_watch(struct file *file, int fd);
void deletions_unwatch(struct file *file);
/* Has all told that has happened until now. Before that `read_backend` is called, which makes known who it was. */
void deletions_read(void (*read_backend)(void));

#endif
