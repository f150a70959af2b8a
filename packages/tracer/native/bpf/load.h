/* Gets a kernel program into the kernel, quickly. */
#ifndef OODATE_LOAD_H
#define OODATE_LOAD_H

#include <stdbool.h>
#include <stddef.h>

struct bpf_object;

struct loading {
	/* The object file. */
	const char *program, *program_end;
	/* A tracepoint that only newer kernels have. */
	const char *newer;
	/* Sets what there is to be set before it is loaded. Returns -1 if that fails. */
	int (*prepare)(struct bpf_object *object, bool has_newer, void *context);
	void *context;
};

/* Returns NULL with errno. What is said on the way goes to stderr if OODATE_BPF_VERBOSE is set. */
struct bpf_object *load_program(const struct loading *loading);

#endif
