/*
 * Asks the recorder, if one is there, whether all looks of a proof would show what they showed: it watches the files, so
 * that nothing has to be looked at. What it does not know, or not soon, is to be looked at. See docs/formats/monitor.md.
 */
#ifndef OODATE_ASKING_H
#define OODATE_ASKING_H

#include "proof.h"

struct asking {
	int socket; /* -1: there is no recorder */
};

/* `folder` is one in which there may be a recorder's. False if there is none that belongs to this user. */
bool asking_begin(struct asking *asking, const char *folder);
void asking_send(const struct asking *asking, const struct proof *proof);
/* Waits a little for the answer. */
bool asking_holds(const struct asking *asking);
/* All looks have been found to hold: the recorder will know the next time. */
void asking_tell(const struct asking *asking, const char *path);

#endif
