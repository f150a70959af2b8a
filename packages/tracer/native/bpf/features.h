/* Why the backend cannot be had on a machine. */
#ifndef OODATE_FEATURES_H
#define OODATE_FEATURES_H

#include "../src/backend.h"

/* What is known before anything is tried. Returns -1 with the reason, else 0. */
int features_check(struct refusal *refusal);
/* The reason of a failure to load, by what the kernel has not. error: as the kernel gave it. */
void features_explain(int error, struct refusal *refusal);

#endif
