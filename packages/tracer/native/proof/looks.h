#ifndef OODATE_LOOKS_H
#define OODATE_LOOKS_H

#include "proof.h"

/* Whether the proof is whole, and all of its looks give today what they gave then. Uses several processors for many. */
bool looks_hold(const struct proof *proof);

#endif
