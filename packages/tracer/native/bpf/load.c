#include "load.h"

#include "excerpt.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int silent(enum libbpf_print_level level, const char *format, va_list values)
{
	/* For who starts it by hand: the probe gives it no environment. */
	if (secure_getenv("OODATE_BPF_VERBOSE") != NULL)
		return vfprintf(stderr, format, values);
	(void)level;
	return 0;
}

/*
 * An object whose types are looked up in the excerpt, if there is one. libbpf itself would take 40 ms to search all of
 * the kernel's.
 */
static struct bpf_object *open_object(const struct loading *l, const struct excerpt *excerpt)
{
	char path[32];
	LIBBPF_OPTS(bpf_object_open_opts, options);

	if (excerpt != NULL) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", excerpt->fd);
		options.btf_custom_path = path;
	}
	return bpf_object__open_mem(l->program, (size_t)(l->program_end - l->program), &options);
}

/* Closes what it cannot load. */
static struct bpf_object *load_object(const struct loading *l, struct bpf_object *object, bool has_newer)
{
	int error;

	if (l->prepare(object, has_newer, l->context) == 0 && bpf_object__load(object) == 0)
		return object;
	error = errno;
	bpf_object__close(object);
	errno = error;
	return NULL;
}

static const char *tracepoint_of(const struct bpf_program *program)
{
	const char *slash = strrchr(bpf_program__section_name(program), '/');

	return slash == NULL ? "" : slash + 1;
}

static __u32 find_tracepoint(const struct excerpt *excerpt, const char *name)
{
	for (unsigned i = 0; i < excerpt->count; i++)
		if (strcmp(excerpt->tracepoints[i].name, name) == 0)
			return excerpt->tracepoints[i].type;
	return 0;
}

/* Called by libbpf, which has been told of another type so that it does not look for the tracepoint. */
static int set_tracepoint(struct bpf_program *program, struct bpf_prog_load_opts *options, long excerpt)
{
	options->attach_btf_id = find_tracepoint((const struct excerpt *)excerpt, tracepoint_of(program));
	return options->attach_btf_id == 0 ? -ENOENT : bpf_program__set_type(program, BPF_PROG_TYPE_TRACING);
}

static struct bpf_object *load_by_excerpt(const struct loading *l)
{
	struct excerpt excerpt = { .fd = memfd_create("oodate-types", MFD_CLOEXEC) };
	LIBBPF_OPTS(libbpf_prog_handler_opts, options, .cookie = (long)&excerpt, .prog_prepare_load_fn = set_tracepoint);
	int handler = libbpf_register_prog_handler("tp_btf+", BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_TRACE_RAW_TP, &options);
	struct bpf_object *object = excerpt.fd >= 0 && handler >= 0 ? open_object(l, &excerpt) : NULL, *loaded = NULL;
	struct bpf_program *program;

	if (object != NULL) {
		bpf_object__for_each_program(program, object)
			if (excerpt.count < EXCERPT_TRACEPOINTS)
				excerpt.tracepoints[excerpt.count++].name = tracepoint_of(program);
		if (excerpt_take(&excerpt, bpf_object__btf(object)) == 0)
			loaded = load_object(l, object, find_tracepoint(&excerpt, l->newer) != 0);
		else
			bpf_object__close(object);
	}
	libbpf_unregister_prog_handler(handler);
	close(excerpt.fd);
	return loaded;
}

static struct bpf_object *load_by_libbpf(const struct loading *l, bool has_newer)
{
	struct bpf_object *object = open_object(l, NULL);

	return object == NULL ? NULL : load_object(l, object, has_newer);
}

struct bpf_object *load_program(const struct loading *l)
{
	struct bpf_object *object;

	libbpf_set_print(silent);
	object = load_by_excerpt(l);
	if (object == NULL)
		object = load_by_libbpf(l, true);
	return object != NULL ? object : load_by_libbpf(l, false);
}
