/* Who else may write to a file. */
#ifndef OODATE_FILE_USERS_H
#define OODATE_FILE_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Does a process other than this and the own ones hold the file of descriptor fd
 * open for writing? Processes that may not be looked into count as no.
 */
bool file_has_other_writers(int fd, const pid_t *own, size_t count);

#endif
