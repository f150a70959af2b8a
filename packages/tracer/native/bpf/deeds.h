/* What calls do to files: which of them the monitor's kernel program looks at, and which change each is. */
#ifndef OODATE_DEEDS_H
#define OODATE_DEEDS_H

#include "../monitor/change.h"
#include "changes_wire.h"

void deeds_fill(struct deed deeds[DEEDS]);

/* A record with its texts; those that are missing are empty. */
struct told_call {
	const struct told *head;
	const char *paths[2];
};

/*
 * Of one of the files that the call has touched, whose names are given with a NUL behind each. Of a directory's entries
 * there may be two names: these are written to entries, and are NULL where they are not known.
 */
enum change_kind deeds_judge(const struct told_call *call, const struct touched *touched, const char *names,
			     const char *entries[2]);

#endif
