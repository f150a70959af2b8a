#include "stacks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAPPINGS_MAX 1024
/* A longer name of an object is cut in front: its end tells more. */
#define OBJECT_MAX 256

struct symbol {
	uint64_t address;
	uint32_t name; /* place in names */
};

struct mapping {
	uint64_t begin, end, offset;
	char object[OBJECT_MAX];
};

static struct symbol *symbols;
static size_t symbol_count;
static char *names;

static int compare(const void *one, const void *other)
{
	uint64_t a = ((const struct symbol *)one)->address, b = ((const struct symbol *)other)->address;

	return a < b ? -1 : a > b;
}

static int add_symbol(uint64_t address, const char *name, size_t *names_used)
{
	size_t size = strlen(name) + 1;

	if ((symbol_count & (symbol_count - 1)) == 0) {
		struct symbol *larger = realloc(symbols, (symbol_count == 0 ? 1 : symbol_count * 2) * sizeof(*symbols));

		if (larger == NULL)
			return -1;
		symbols = larger;
	}
	if (*names_used / (1 << 20) != (*names_used + size) / (1 << 20) || names == NULL) {
		char *larger = realloc(names, ((*names_used + size) / (1 << 20) + 1) << 20);

		if (larger == NULL)
			return -1;
		names = larger;
	}
	memcpy(names + *names_used, name, size);
	symbols[symbol_count++] = (struct symbol){ .address = address, .name = (uint32_t)*names_used };
	*names_used += size;
	return 0;
}

void stacks_open(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[1024], kind, name[512];
	uint64_t address;
	size_t names_used = 0;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		/* All addresses are 0 for who may not see them. */
		if (sscanf(line, "%" SCNx64 " %c %511s", &address, &kind, name) == 3 && address != 0 &&
		    strchr("tTwW", kind) != NULL && add_symbol(address, name, &names_used) < 0)
			break;
	if (file != NULL)
		fclose(file);
	if (symbol_count != 0)
		qsort(symbols, symbol_count, sizeof(*symbols), compare);
}

static void write_address(struct text *text, uint64_t address)
{
	text_format(text, "\"0x%" PRIx64 "\"", address);
}

/* NULL if it is of no known function. */
static const struct symbol *find_symbol(uint64_t address)
{
	size_t low = 0, high = symbol_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? NULL : &symbols[low - 1];
}

static void write_kernel_frame(struct text *text, uint64_t address)
{
	const struct symbol *symbol = find_symbol(address);

	if (symbol == NULL)
		write_address(text, address);
	else
		text_format(text, "\"%s+0x%" PRIx64 "\"", names + symbol->name, address - symbol->address);
}

/* The innermost are how the monitor itself was called, by a tracepoint. */
static unsigned count_own_frames(const struct change *change)
{
	static const char tracepoint[] = "__traceiter_";

	for (unsigned i = 0; i < change->kernel_frames; i++) {
		const struct symbol *symbol = find_symbol(change->kernel_stack[i]);

		if (symbol != NULL && strncmp(names + symbol->name, tracepoint, sizeof(tracepoint) - 1) == 0)
			return i + 1;
	}
	return 0;
}

static unsigned read_mappings(pid_t pid, struct mapping *mappings)
{
	char name[32], line[8192];
	unsigned count = 0;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	file = fopen(name, "re");
	while (file != NULL && count < MAPPINGS_MAX && fgets(line, sizeof(line), file) != NULL) {
		struct mapping *m = &mappings[count];
		char access[8];
		int at = 0;
		size_t length;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %*s %n", &m->begin, &m->end, access, &m->offset,
			   &at) < 4 ||
		    at == 0 || strchr(access, 'x') == NULL)
			continue;
		length = strcspn(line + at, "\n");
		line[at + (int)length] = '\0';
		snprintf(m->object, sizeof(m->object), "%s", line + at + (length >= OBJECT_MAX ? length - OBJECT_MAX + 1 : 0));
		count++;
	}
	if (file != NULL)
		fclose(file);
	return count;
}

static void write_user_frame(struct text *text, uint64_t address, const struct mapping *mappings, unsigned count)
{
	char offset[32];

	for (unsigned i = 0; i < count; i++)
		if (address >= mappings[i].begin && address < mappings[i].end && mappings[i].object[0] != '\0') {
			text_string(text, mappings[i].object);
			/* Into the string, before its quote. */
			text->length -= text->full ? 0 : 1;
			snprintf(offset, sizeof(offset), "+0x%" PRIx64 "\"", address - mappings[i].begin + mappings[i].offset);
			text_put(text, offset);
			return;
		}
	write_address(text, address);
}

void stacks_write(struct text *text, const struct change *change)
{
	static struct mapping mappings[MAPPINGS_MAX];
	unsigned own = count_own_frames(change);
	unsigned count = change->actor != NULL && change->user_frames > 0 ? read_mappings(change->actor->pid, mappings) : 0;

	text_put(text, "{\"kernel\":[");
	for (unsigned i = own; i < change->kernel_frames; i++) {
		text_put(text, i > own ? "," : "");
		write_kernel_frame(text, change->kernel_stack[i]);
	}
	text_put(text, "],\"user\":[");
	for (unsigned i = 0; i < change->user_frames; i++) {
		text_put(text, i > 0 ? "," : "");
		write_user_frame(text, change->user_stack[i], mappings, count);
	}
	text_put(text, "]}");
}
