#include "excerpt.h"

#include <bpf/btf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHOLE "/sys/kernel/btf/vmlinux"
/* How the kernel names the type of a tracepoint's function. */
#define TRACEPOINT_PREFIX "btf_trace_"
#define NAMES 512

struct whole {
	const char *bytes, *types, *strings;
	size_t size, types_size, strings_size;
	bool is_copy;
};

struct cut {
	struct whole whole;
	const char *names[NAMES]; /* of what is wanted; places by hash */
	__u32 count; /* of the types in the whole, with nothing, which is number 0 */
	__u32 *places; /* by the number of a type, where it is */
	__u32 *numbers; /* by the number of a type, that which it has in the excerpt; 0 for none */
	__u32 *queue; /* what goes into the excerpt, in its order */
	__u32 queued;
	/* The excerpt, which has as much room as the whole. */
	char *types, *strings;
	size_t types_size, strings_size;
};

static int map_whole(struct whole *w)
{
	int fd = open(WHOLE, O_RDONLY | O_CLOEXEC);
	struct stat info;
	void *bytes;

	if (fd < 0)
		return -1;
	bytes = fstat(fd, &info) < 0 ? MAP_FAILED : mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED && (bytes = malloc((size_t)info.st_size)) != NULL) {
		/* Before Linux 6.16 it can only be read, a page at a time. */
		size_t done = 0;
		ssize_t part;

		while ((part = read(fd, (char *)bytes + done, (size_t)info.st_size - done)) > 0)
			done += (size_t)part;
		w->is_copy = true;
		if (done != (size_t)info.st_size) {
			free(bytes);
			bytes = NULL;
		}
	}
	close(fd);
	w->bytes = bytes;
	w->size = (size_t)info.st_size;
	return bytes == NULL ? -1 : 0;
}

static void unmap_whole(struct whole *w)
{
	if (w->is_copy)
		free((void *)(size_t)w->bytes);
	else if (w->bytes != NULL)
		munmap((void *)(size_t)w->bytes, w->size);
}

static int read_header(struct whole *w)
{
	const struct btf_header *head = (const void *)w->bytes;
	size_t rest;

	if (w->size < sizeof(*head) || head->magic != BTF_MAGIC || head->version != BTF_VERSION || head->hdr_len > w->size)
		return -1;
	rest = w->size - head->hdr_len;
	if (head->type_off > rest || head->type_len > rest - head->type_off || head->str_off > rest ||
	    head->str_len > rest - head->str_off || head->str_len == 0 || head->type_off % 4 != 0)
		return -1;
	w->types = w->bytes + head->hdr_len + head->type_off;
	w->types_size = head->type_len;
	w->strings = w->bytes + head->hdr_len + head->str_off;
	w->strings_size = head->str_len;
	return w->strings[w->strings_size - 1] == '\0' ? 0 : -1;
}

/* What follows a type; -1 for a kind that is not known. */
static long size_behind(const struct btf_type *type)
{
	long count = btf_vlen(type);

	switch (btf_kind(type)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(__u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_ENUM64:
		return count * (long)sizeof(struct btf_member);
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return count * (long)sizeof(struct btf_enum);
	}
	return -1;
}

static const char *name_of(const struct whole *w, __u32 offset)
{
	return offset < w->strings_size ? w->strings + offset : "";
}

/* The place of a name in the table, which is its own or a free one. */
static const char **find_name(struct cut *c, const char *name)
{
	unsigned hash = 0;

	for (const char *letter = name; *letter != '\0'; letter++)
		hash = hash * 31 + (unsigned char)*letter;
	hash %= NAMES;
	while (c->names[hash] != NULL && strcmp(c->names[hash], name) != 0)
		hash = (hash + 1) % NAMES;
	return &c->names[hash];
}

static int note_names(struct cut *c, const struct btf *wanted)
{
	__u32 count = btf__type_cnt(wanted), noted = 0;

	for (__u32 i = 1; i < count; i++) {
		const struct btf_type *type = btf__type_by_id(wanted, i);
		const char *name = btf__name_by_offset(wanted, type->name_off);

		if (!btf_is_struct(type) || name == NULL || name[0] == '\0')
			continue;
		if (++noted > NAMES / 2)
			return -1;
		*find_name(c, name) = name;
	}
	return 0;
}

static __u32 want(struct cut *c, __u32 type)
{
	if (type == 0 || type >= c->count)
		return 0;
	if (c->numbers[type] == 0) {
		c->queue[c->queued++] = type;
		c->numbers[type] = c->queued;
	}
	return c->numbers[type];
}

static void note_tracepoint(struct excerpt *excerpt, const char *name, __u32 type)
{
	for (unsigned i = 0; i < excerpt->count; i++)
		if (strcmp(excerpt->tracepoints[i].name, name) == 0)
			excerpt->tracepoints[i].type = type;
}

/* Finds where each type is, and those that are wanted. */
static int look_through(struct cut *c, struct excerpt *excerpt)
{
	const struct whole *w = &c->whole;
	size_t place = 0, prefix = strlen(TRACEPOINT_PREFIX);

	for (c->count = 1; place < w->types_size; c->count++) {
		const struct btf_type *type = (const void *)(w->types + place);
		size_t left = w->types_size - place;
		const char *name;
		long behind;

		if (left < sizeof(*type) || (behind = size_behind(type)) < 0 || (size_t)behind > left - sizeof(*type))
			return -1;
		c->places[c->count] = (__u32)place;
		place += sizeof(*type) + (size_t)behind;
		name = name_of(w, type->name_off);
		if (btf_is_struct(type) && *find_name(c, name) != NULL) {
			c->queue[c->queued++] = c->count;
			c->numbers[c->count] = c->queued;
		} else if (btf_is_typedef(type) && strncmp(name, TRACEPOINT_PREFIX, prefix) == 0) {
			note_tracepoint(excerpt, name + prefix, c->count);
		}
	}
	return 0;
}

/* Returns where the copy is, or NULL if there is no room. */
static void *append(char *to, size_t *size, size_t room, const void *bytes, size_t length)
{
	char *copy = to + *size;

	if (length > room - *size)
		return NULL;
	memcpy(copy, bytes, length);
	*size += length;
	return copy;
}

static int put_name(struct cut *c, __u32 *offset)
{
	const char *name = name_of(&c->whole, *offset);

	*offset = 0;
	if (name[0] == '\0')
		return 0;
	*offset = (__u32)c->strings_size;
	return append(c->strings, &c->strings_size, c->whole.strings_size, name, strlen(name) + 1) == NULL ? -1 : 0;
}

/* Copies a type, with the numbers that names and types have in the excerpt. */
static int put_type(struct cut *c, __u32 number)
{
	const struct btf_type *type = (const void *)(c->whole.types + c->places[number]);
	struct btf_type *copy;
	struct btf_array *array;
	struct btf_member *members;

	copy = append(c->types, &c->types_size, c->whole.types_size, type, sizeof(*type) + (size_t)size_behind(type));
	if (copy == NULL || put_name(c, &copy->name_off) < 0)
		return -1;
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_FWD:
		return 0;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		/* Without its names, which nobody asks for. */
		copy->info &= ~0xffffu;
		c->types_size -= (size_t)size_behind(type);
		return 0;
	case BTF_KIND_PTR:
		copy->type = 0;
		return 0;
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		copy->type = want(c, copy->type);
		return 0;
	case BTF_KIND_ARRAY:
		array = btf_array(copy);
		array->type = want(c, array->type);
		array->index_type = want(c, array->index_type);
		return 0;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		members = btf_members(copy);
		for (unsigned i = 0; i < btf_vlen(type); i++) {
			members[i].type = want(c, members[i].type);
			if (put_name(c, &members[i].name_off) < 0)
				return -1;
		}
		return 0;
	}
	return -1;
}

static int put_bytes(int fd, const void *bytes, size_t length)
{
	return write(fd, bytes, length) == (ssize_t)length ? 0 : -1;
}

static int write_out(const struct cut *c, int fd)
{
	struct btf_header head = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(head) };

	head.type_len = head.str_off = (__u32)c->types_size;
	head.str_len = (__u32)c->strings_size;
	return put_bytes(fd, &head, sizeof(head)) < 0 || put_bytes(fd, c->types, c->types_size) < 0 ?
		       -1 :
		       put_bytes(fd, c->strings, c->strings_size);
}

static void let_go(struct cut *c)
{
	free(c->places);
	free(c->numbers);
	free(c->queue);
	free(c->types);
	free(c->strings);
	unmap_whole(&c->whole);
	*c = (struct cut){ 0 };
}

static int take(struct cut *c, struct excerpt *excerpt, const struct btf *wanted)
{
	size_t most;

	if (map_whole(&c->whole) < 0 || read_header(&c->whole) < 0 || note_names(c, wanted) < 0)
		return -1;
	/* What is not touched costs nothing. */
	most = c->whole.types_size / sizeof(struct btf_type) + 2;
	c->places = malloc(most * sizeof(__u32));
	c->numbers = calloc(most, sizeof(__u32));
	c->queue = malloc(most * sizeof(__u32));
	c->types = malloc(c->whole.types_size);
	c->strings = malloc(c->whole.strings_size);
	if (c->places == NULL || c->numbers == NULL || c->queue == NULL || c->types == NULL || c->strings == NULL)
		return -1;
	c->strings[c->strings_size++] = '\0';
	if (look_through(c, excerpt) < 0)
		return -1;
	for (__u32 i = 0; i < c->queued; i++)
		if (put_type(c, c->queue[i]) < 0)
			return -1;
	return write_out(c, excerpt->fd);
}

int excerpt_take(struct excerpt *excerpt, const struct btf *wanted)
{
	static struct cut cut;
	int result = take(&cut, excerpt, wanted);

	let_go(&cut);
	return result;
}
