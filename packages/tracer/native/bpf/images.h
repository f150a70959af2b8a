/* What processes execute, as the monitor's kernel program has told it: once, and from then on by a number. */
#ifndef OODATE_IMAGES_H
#define OODATE_IMAGES_H

#include "../monitor/change.h"
#include "changes_wire.h"

/* Returns -1 with errno. */
int images_note(const struct told *head, const struct told_ancestor *ancestors, const char *executable, const char *words);
/* Adds what is known to an actor. Returns false if the image was told and is known no more. */
bool images_describe(__u64 image, struct actor *actor);

#endif
