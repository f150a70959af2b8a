/*
 * The programs that hold the backends of the monitor, best first. A program whose backend does not work here becomes the next one.
 */
#ifndef OODATE_PROGRAMS_H
#define OODATE_PROGRAMS_H

/* The one that is better than all others. */
const char *programs_best(void);
/* The one that is next best; NULL if there is none. */
const char *programs_next(const char *backend);
/* Becomes the program that has it, with these words behind --monitor. Returns only if it cannot, with errno. */
void programs_become(const char *backend, char *const *words);
/* Prints what --check of the program says of the backends that are better than this one. Returns 0 if one works. */
int programs_check_better(const char *backend);

#endif
