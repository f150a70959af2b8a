/*
 * Where lines go: a bounded buffer before a descriptor that is never waited for. Lines are put in whole or not at all.
 */
#ifndef OODATE_OUTLET_H
#define OODATE_OUTLET_H

#include "text.h"

struct outlet {
	int fd;
	bool is_socket;
	char *bytes;
	size_t size, begin, used; /* a ring */
};

/*
 * Of what `fd` leads to only this outlet's own description is made not to block, where that can be. `size` is in bytes.
 * Returns -1 with errno.
 */
int outlet_open(struct outlet *o, int fd, size_t size);
void outlet_close(struct outlet *o);
size_t outlet_room(const struct outlet *o);
/* False, and nothing has happened, if there is no room for it and a newline. */
bool outlet_put(struct outlet *o, const char *line, size_t length);
/* Writes what can be written at once. Returns -1 with errno if nobody reads it any more. */
int outlet_flush(struct outlet *o);

#endif
