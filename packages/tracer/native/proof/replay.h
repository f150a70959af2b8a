#ifndef OODATE_REPLAY_H
#define OODATE_REPLAY_H

#include "proof.h"

/* Writes what the command wrote, and oodate's own line. Returns the exit status. */
int replay(const struct proof *proof);

#endif
