/* Sees that what a path led to was unmounted, or that something else was mounted over it. */
#ifndef OODATE_MOUNTS_H
#define OODATE_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

/* A descriptor to be polled for POLLPRI; -1 with errno. */
int mounts_open(void);
/* The mount that the file is reached by, which `fd` has open. */
uint64_t mounts_id(int fd);
/* Have the mounts changed since this was asked last? */
bool mounts_changed(void);
/* Looks at each interest, and has told what has become of it. */
void mounts_compare(void);

#endif
