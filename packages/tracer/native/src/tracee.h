/*
 * What can be read of a traced thread from outside: its memory, and the paths
 * of its directories and descriptors by /proc. Every function returns -1 with
 * errno set; EPERM and EACCES mean that the thread may not be looked into.
 */
#ifndef OODATE_TRACEE_H
#define OODATE_TRACEE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Copies a string with its NUL. ENAMETOOLONG if it does not end within size. */
ssize_t tracee_string(pid_t tid, uint64_t address, char *text, size_t size);
int tracee_bytes(pid_t tid, uint64_t address, void *bytes, size_t size);
/* Path of the current directory, or of an open descriptor. */
ssize_t tracee_directory(pid_t tid, char *path, size_t size);
ssize_t tracee_descriptor(pid_t tid, int fd, char *path, size_t size);

#endif
