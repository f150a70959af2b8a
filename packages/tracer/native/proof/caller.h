#ifndef OODATE_CALLER_H
#define OODATE_CALLER_H

#include "proof.h"

/*
 * Whether what the process was given (environment, standard descriptors) is as the proof
 * says. `launcher` is the shell that started this program.
 */
bool caller_is_same(const struct proof *proof, int launcher);

#endif
