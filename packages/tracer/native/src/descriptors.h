/* Descriptors of processes that stay behind or were begun without some. */
#ifndef OODATE_DESCRIPTORS_H
#define OODATE_DESCRIPTORS_H

#include <stddef.h>

/* Closes all above 2 but these: who waits for the end of a pipe or lock shall not wait for us. */
void keep_descriptors(const int *kept, size_t count);
/*
 * Takes the places 0 to 2 where they are free, so that no file of ours gets
 * there. The command finds them closed, as they were.
 */
void occupy_standard_descriptors(void);

#endif
