/* What one look of a proof shows. */
#ifndef OODATE_PROOF_LOOK_H
#define OODATE_PROOF_LOOK_H

#include "proof.h"

#include <sys/stat.h>

void identity_of(struct identity *identity, const struct stat *stats);
bool identity_matches(const struct identity *identity, const struct stat *stats);
/* Whether what was found at the place of the look, or the errno that came instead, is what it shows. */
bool look_matches(const struct look *look, const struct stat *stats);
bool look_failure_matches(const struct look *look, int error);

#endif
