/*
 * A traced thread, as it can be looked into from outside. Every function
 * returns -1 with errno set; EPERM means that the thread may not be looked into.
 */
#ifndef OODATE_TRACEE_H
#define OODATE_TRACEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Copies a string with its NUL. ENAMETOOLONG if it does not end within size. */
ssize_t tracee_string(pid_t tid, uint64_t address, char *text, size_t size);
/*
 * Copies the strings that an array of pointers with a NULL at its end leads to, each with its NUL; without the first
 * if that is skipped. whole: all of them found room; else the last one has no NUL. Returns how many bytes that is.
 */
ssize_t tracee_strings(pid_t tid, uint64_t array, bool skip, char *text, size_t size, bool *whole);
int tracee_bytes(pid_t tid, uint64_t address, void *bytes, size_t size);
/* What /proc has of it under this name, or the beginning of that, with a NUL. */
int tracee_proc(pid_t tid, const char *name, char *text, size_t size);

#endif
