#include "event_text.h"

#include "stacks.h"

#include <inttypes.h>
#include <string.h>
#include <sys/sysmacros.h>

static void write_time(struct text *line, const struct timespec *time)
{
	text_format(line, ",\"time\":{\"seconds\":%jd,\"nanoseconds\":%ld}", (intmax_t)time->tv_sec, time->tv_nsec);
}

static void write_sequence(struct text *line, uint64_t sequence)
{
	text_format(line, ",\"sequence\":%" PRIu64, sequence);
}

static void write_file(struct text *line, const char *path, const struct file_key *key)
{
	text_put(line, ",\"path\":");
	text_string(line, path);
	text_format(line, ",\"device\":\"%u:%u\"", major(key->device), minor(key->device));
	if (key->inode != 0)
		text_format(line, ",\"inode\":\"%ju\"", (uintmax_t)key->inode);
}

static void write_words(struct text *text, const struct actor *actor)
{
	const char *separator = "", *word = actor->words, *end = word + actor->words_size;

	text_put(text, ",\"words\":[");
	while (word < end) {
		size_t length = strnlen(word, (size_t)(end - word));

		text_put(text, separator);
		text_string_of(text, word, length);
		separator = ",";
		word += length + 1;
	}
	text_put(text, "]");
	if (actor->words_cut)
		text_put(text, ",\"wordsCut\":true");
}

static void write_ancestors(struct text *text, const struct actor *actor)
{
	text_put(text, ",\"ancestors\":[");
	for (unsigned i = 0; i < actor->ancestors; i++) {
		text_format(text, "%s{\"pid\":%d,\"name\":", i > 0 ? "," : "", (int)actor->ancestor[i].pid);
		text_string_of(text, actor->ancestor[i].name, strnlen(actor->ancestor[i].name, PROGRAM_NAME_MAX));
		text_put(text, "}");
	}
	text_put(text, "]");
}

void event_text_process(struct text *text, const struct actor *actor)
{
	text_format(text, "{\"pid\":%d", (int)actor->pid);
	if (actor->name[0] != '\0') {
		text_format(text, ",\"parent\":%d,\"uid\":%u", (int)actor->parent, actor->uid);
		if (actor->login_uid != (uid_t)-1)
			text_format(text, ",\"loginUid\":%u", actor->login_uid);
		text_format(text, ",\"gid\":%u,\"name\":", actor->gid);
		text_string_of(text, actor->name, strnlen(actor->name, PROGRAM_NAME_MAX));
	}
	if (actor->executable != NULL) {
		text_put(text, ",\"executable\":");
		text_string(text, actor->executable);
	}
	if (actor->words != NULL)
		write_words(text, actor);
	if (actor->ancestors > 0)
		write_ancestors(text, actor);
	text_put(text, "}");
}

static void write_entry(struct text *line, const struct event *event)
{
	text_put(line, ",\"entry\":");
	text_string(line, event->entry);
}

static void write_process(struct text *line, const struct event *event)
{
	text_put(line, ",\"process\":");
	text_put(line, event->process);
}

static void write_stacks(struct text *line, const struct event *event)
{
	text_put(line, ",\"stacks\":");
	stacks_write(line, event->change);
}

/* Or nothing of it, if it does not fit. The end of the line has to fit always. */
static void write_member(struct text *line, void (*write)(struct text *, const struct event *), const struct event *event)
{
	size_t before = line->length;

	line->size--;
	write(line, event);
	text_take_back(line, before);
	line->size++;
}

void event_text(struct text *line, const struct event *event, uint64_t sequence)
{
	const struct change *change = event->change;

	text_format(line, "{\"event\":\"%s\"", event->kind);
	if (event->reason != NULL)
		text_format(line, ",\"reason\":\"%s\"", event->reason);
	write_file(line, event->path, &event->key);
	if (event->entry != NULL)
		write_member(line, write_entry, event);
	write_time(line, &event->time);
	write_sequence(line, sequence);
	if (event->process != NULL)
		write_member(line, write_process, event);
	if (change != NULL && change->kernel_frames + change->user_frames > 0)
		write_member(line, write_stacks, event);
	text_put(line, "}");
}

void event_text_over(struct text *line, uint64_t lost, const struct timespec *time, uint64_t sequence)
{
	text_put(line, "{\"event\":\"OVER\"");
	if (lost != UINT64_MAX)
		text_format(line, ",\"lost\":%" PRIu64, lost);
	write_time(line, time);
	write_sequence(line, sequence);
	text_put(line, "}");
}

void event_text_state(struct text *line, const char *path, const struct file_key *key, bool ended,
		      const struct file_state *state, const struct timespec *time, uint64_t sequence)
{
	text_put(line, "{\"event\":\"STATE\"");
	write_file(line, path, key);
	if (ended)
		text_put(line, ",\"ended\":true");
	text_put(line, ",\"state\":");
	state_write(line, state);
	write_time(line, time);
	write_sequence(line, sequence);
	text_put(line, "}");
}
