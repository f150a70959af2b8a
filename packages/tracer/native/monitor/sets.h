/*
 * What the recorder answers for: of each registered proof the files that have a part in what its looks show. As long as
 * none of them has changed since all looks held, they would hold again. Why that is so is said in docs/design-notes.md.
 */
#ifndef OODATE_SETS_H
#define OODATE_SETS_H

#include "../proof/proof.h"
#include "monitor_backend.h"
#include "text.h"

#define SETS_MAX 1024

enum set_state {
	SET_DOUBTFUL, /* something has changed, or may have, since it was looked at */
	SET_HOLDS,
	SET_OVER, /* it was looked at, and does not hold or cannot be watched */
	SET_UNKNOWN, /* there is no such set */
};

/* `keep_up` has everything told that has happened until now: changes, and what makes doubtful. */
void sets_begin(const struct monitor_backend *backend, void (*keep_up)(void));
void sets_end(void);
/* Registers a proof by its absolute path; one that is over is looked at again. Returns -1 with the reason. */
int sets_add(const char *path, struct refusal *refusal);
/* Who asks has kept up before. */
enum set_state sets_state(const struct identity *proof);
/* `named` is called for each set that the file is of and that knows a path of it. */
void sets_changed(const struct change *change, void (*named)(const struct change *change, const char *path));
/* Changes may have been lost, or mounts have changed, or the machine has slept. */
void sets_doubt(void);
/* Looks at what is doubtful, for about a millisecond. Returns when to be called again, as of loop_now(); 0: not before something changes. */
int64_t sets_work(void);
struct sets_sum {
	unsigned sets, doubtful, over;
	uint64_t files;
};
void sets_sum_up(struct sets_sum *sum);
/* The items of an array, as JSON; not more than there is room for. */
void sets_write(struct text *text);

#endif
