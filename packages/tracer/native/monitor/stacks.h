/* Addresses of stacks as text. */
#ifndef OODATE_STACKS_H
#define OODATE_STACKS_H

#include "change.h"
#include "text.h"

/* Reads the kernel's symbols: to be done before privileges are given up. Without them its addresses are told as they are. */
void stacks_open(void);
/*
 * {"kernel":["vfs_write+0x12"],"user":["/usr/lib/libc.so.6+0x1234"]}, innermost first. The offset in an object is that in its file.
 */
void stacks_write(struct text *text, const struct change *change);

#endif
