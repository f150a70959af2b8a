/* Events as lines of JSON, see docs/formats/monitor.md. */
#ifndef OODATE_EVENT_TEXT_H
#define OODATE_EVENT_TEXT_H

#include "change.h"
#include "state.h"

struct event {
	const char *kind, *reason; /* reason: NULL if it has none */
	const char *path;
	struct file_key key; /* inode 0: not known */
	const char *entry; /* NULL: none */
	struct timespec time;
	const char *process; /* JSON of event_text_process(); NULL: not known */
	const struct change *change; /* whose stacks are told; NULL: none */
};

/* Of what is too long all but the first members are left out, one by one. */
void event_text(struct text *line, const struct event *event, uint64_t sequence);
void event_text_process(struct text *text, const struct actor *actor);
/* `lost` is how many; UINT64_MAX if that is not known. */
void event_text_over(struct text *line, uint64_t lost, const struct timespec *time, uint64_t sequence);
/* `state` is NULL if nothing is found at the path. */
void event_text_state(struct text *line, const char *path, const struct file_key *key, bool ended,
		      const struct file_state *state, const struct timespec *time, uint64_t sequence);

#endif
