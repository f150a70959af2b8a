/* Why the backend cannot be had on a machine. */
#ifndef OODATE_FEATURES_H
#define OODATE_FEATURES_H

#include "../src/backend.h"

/* Those that the probe can tell as well, each for a struct refusal. */
#define REFUSAL_NO_CAPABILITY                                                                  \
	{                                                                                      \
		"NO_CAPABILITY", "bpf needs root, or CAP_BPF and CAP_PERFMON on oodate-probe-bpf", \
			"oodate doctor --fix grants them once"                                 \
	}
/* The file has them, and the process that executes it has not. */
#define REFUSAL_NOT_GRANTED                                                                              \
	{                                                                                                \
		"NOT_GRANTED", "the capabilities of oodate-probe-bpf have no effect here",               \
			"run outside of a container or sandbox, from a file system without the mount option nosuid" \
	}

/* What is known before anything is tried. Returns -1 with the reason, else 0. */
int features_check(struct refusal *refusal);
/* The reason why the kernel has refused, with this errno. */
void features_explain(int error, struct refusal *refusal);

#endif
