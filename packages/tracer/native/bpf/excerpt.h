/*
 * An excerpt of the running kernel's description of its types (BTF, see the
 * kernel's Documentation/bpf/btf.rst), which has 126,000 of them where we need a
 * few hundred: libbpf takes 40 ms to search the whole.
 */
#ifndef OODATE_EXCERPT_H
#define OODATE_EXCERPT_H

#include <linux/types.h>

#define EXCERPT_TRACEPOINTS 16

struct excerpt {
	int fd; /* where it is written */
	unsigned count;
	struct {
		const char *name;
		__u32 type; /* number of its function's type in the whole; 0 if there is no such tracepoint */
	} tracepoints[EXCERPT_TRACEPOINTS]; /* of the caller, which has set the names */
};

struct btf;

/* Writes the structures that `wanted` names, with what lies in them; pointers lead to nothing. Returns -1 if it cannot. */
int excerpt_take(struct excerpt *excerpt, const struct btf *wanted);

#endif
