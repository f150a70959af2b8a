/* Requests about what is to be watched. */
#ifndef OODATE_EXPRESS_H
#define OODATE_EXPRESS_H

#include "interests.h"
#include "requests.h"
#include "state.h"

void express_interest(struct request *request);
void express_revoke(struct request *request);
void express_file_system(struct request *request);
/* What is wanted of all of it, as of interest_bit. */
unsigned express_file_system_wants(dev_t device);
/* The interest is about to end: what is not wanted by another is not watched any more. */
void express_unwatch(struct interest *interest);
/* What is found at its path now. Returns -1 with errno. */
int express_look(const struct interest *interest, struct file_state *state);

#endif
