/* Which calls the kernel program tells of, and where their arguments are. */
#ifndef OODATE_SHAPES_H
#define OODATE_SHAPES_H

#include "wire.h"

#include <stdbool.h>

/* rings: the requests made through rings are told of. */
void shapes_fill(struct shape shapes[SHAPES], bool rings);
/* What is written is copied. */
void shapes_add_buffers(struct shape shapes[SHAPES]);

#endif
