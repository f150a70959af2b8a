/* Whole file systems that are watched, and where what lies in them is found. */
#ifndef OODATE_FILE_SYSTEMS_H
#define OODATE_FILE_SYSTEMS_H

#include "changes_wire.h"

#include <stddef.h>
#include <sys/types.h>

/* `fd` is of anything on it. wants 0: no more. Returns -1 with errno. */
int file_systems_set(dev_t device, unsigned wants, int fd);
/* All wants of all of them, and how many there are. */
unsigned file_systems_wants(void);
unsigned file_systems_count(void);

/*
 * The path of what the kernel has told by its names from the last to the first, a NUL behind each. NULL if it is not known,
 * or longer than there is room for. Valid until the next call.
 */
const char *place_path(const char *names, size_t size);
/* Of names up to the root of a file system that is watched. */
const char *file_systems_path(dev_t device, const char *names, size_t size);

#endif
