#ifndef OODATE_LOOKS_H
#define OODATE_LOOKS_H

#include "proof.h"

#include <sys/stat.h>

/* What the planner takes for "not there". */
bool is_absence(int error);
/* Whether what was found at the place of the look, or the errno that came instead, is what it shows. */
bool look_matches(const struct look *look, const struct stat *stats);
bool look_failure_matches(const struct look *look, int error);
void identity_of(struct identity *identity, const struct stat *stats);
bool identity_matches(const struct identity *identity, const struct stat *stats);
/* Whether the proof is whole, and all of its looks give today what they gave then. Uses several processors for many. */
bool looks_hold(const struct proof *proof);

#endif
