/*
 * What happened to files of interest, a line of JSON each, in the recorder's folder: a file that is written until it is
 * full and then takes the place of the one before. See docs/formats/monitor.md.
 */
#ifndef OODATE_JOURNAL_H
#define OODATE_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

/* In the folder that `folder` has open. Begins with a line that says since when, and by which backend. Returns -1 with errno. */
int journal_open(int folder, const char *backend);
void journal_put(const char *line, size_t length);
/* From before now on something may be missing. */
void journal_put_gap(void);
/* What was put is written when there is time, and must be now and then. */
void journal_flush(void);
/* Bytes of both files. */
uint64_t journal_size(void);

#endif
