/* What a backend does less well on this machine than it could, or than another would. */
#ifndef OODATE_LIMITS_H
#define OODATE_LIMITS_H

#include <stdbool.h>

struct limit {
	const char *code; /* for programs: upper case, stable; NULL at the end of a list */
	bool (*applies)(void);
	const char *sentence;
	const char *remedy; /* empty if there is none */
};

extern const struct limit notify_limits[];
extern const struct limit bpf_limits[];

#endif
