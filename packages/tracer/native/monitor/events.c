#include "events.h"

#include "event_text.h"
#include "express.h"
#include "monitor_backend.h"
#include "record.h"
#include "requests.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Paths, names and words have 4 KiB at most, and a byte becomes up to six. */
#define LINE_MAX_SIZE (256 << 10)

static const struct meaning {
	const char *kind, *reason;
	unsigned want;
} meanings[CHANGE_KINDS] = {
	[CHANGE_CONTENT] = { "CONTENT", NULL, WANT_CONTENT },
	[CHANGE_WRITE] = { "CONTENT", "WRITE", WANT_CONTENT },
	[CHANGE_MAP] = { "CONTENT", "MAP", WANT_CONTENT },
	[CHANGE_FTRUNC] = { "CONTENT", "FTRUNC", WANT_CONTENT },
	[CHANGE_FCLEAR] = { "CONTENT", "FCLEAR", WANT_CONTENT },
	[CHANGE_ATTRIBUTE] = { "ATTRIBUTE", NULL, WANT_ATTRIBUTE },
	[CHANGE_REMOVE] = { "CONTENT", "REMOVE", WANT_CONTENT },
	[CHANGE_RENAME] = { "CONTENT", "RENAME", WANT_CONTENT },
	[CHANGE_ENTRY] = { "CONTENT", "ENTRY", WANT_CONTENT },
	[CHANGE_OPEN] = { "OPEN", NULL, WANT_OPEN },
	[CHANGE_EXEC] = { "EXEC", NULL, WANT_EXEC },
	[CHANGE_EXIT] = { "EXIT", NULL, WANT_EXIT },
};

static struct outlet *outlet;
static pid_t parent;
static uint64_t sequence, lost;
static bool over; /* something was lost, and has not been told of yet */
static unsigned round_now; /* of states; each loss begins one */
static bool restates;
static char line_bytes[LINE_MAX_SIZE], process_bytes[LINE_MAX_SIZE / 2];

void events_open(struct outlet *out, pid_t reader)
{
	outlet = out;
	parent = reader;
}

static struct text begin_line(void)
{
	return (struct text){ .bytes = line_bytes, .size = sizeof(line_bytes) };
}

static bool has_room(size_t length)
{
	return outlet_room(outlet) > length + ANSWER_MAX;
}

static bool put_line(const struct text *line)
{
	if (line->full || (!is_recording() && !has_room(line->length)))
		return false;
	if (is_recording())
		record_event(line->bytes, line->length);
	else
		outlet_put(outlet, line->bytes, line->length);
	sequence++;
	return true;
}

void events_lost(uint64_t count)
{
	/* A journal has its own word for that. */
	if (is_recording()) {
		record_lost();
		return;
	}
	lost = !over ? count : lost == LOST_UNKNOWN || count == LOST_UNKNOWN ? LOST_UNKNOWN : lost + count;
	over = true;
}

/* False if it is lost. */
static bool put_event(const struct event *event)
{
	struct text line = begin_line();

	if (!over) {
		event_text(&line, event, sequence + 1);
		if (put_line(&line))
			return true;
	}
	events_lost(1);
	return false;
}

static const char *describe(const struct actor *actor)
{
	struct text text = { .bytes = process_bytes, .size = sizeof(process_bytes) - 1 };

	if (actor == NULL)
		return NULL;
	event_text_process(&text, actor);
	if (text.full)
		return NULL;
	process_bytes[text.length] = '\0';
	return process_bytes;
}

/* What the monitor does, or who has started it and reads what it tells, would have it tell without end. */
static bool is_own(const struct actor *actor)
{
	/* A process outside of our name space of pids has none, be it our parent or another. */
	return actor != NULL && actor->pid != 0 && (actor->pid == getpid() || (actor->pid == parent && getppid() == parent));
}

static void remember_remover(struct file *file, const char *process)
{
	free(file->remover);
	file->remover = process == NULL ? NULL : strdup(process);
}

static void tell_file(struct file *file, const struct change *change, const struct meaning *meaning, const char *process)
{
	struct event event = {
		.kind = meaning->kind,
		.reason = meaning->reason,
		.key = change->key,
		.entry = change->kind == CHANGE_ENTRY ? change->name : NULL,
		.time = change->time,
		.process = process,
		.change = change,
	};

	for (const struct interest *interest = file->interests; interest != NULL; interest = interest->next)
		if (interest->wants & meaning->want) {
			event.path = interest->path;
			put_event(&event);
		}
}

static void tell_file_system(const struct change *change, const struct meaning *meaning)
{
	struct event event = {
		.kind = meaning->kind,
		.reason = meaning->reason,
		.path = change->name,
		.key = change->key,
		.time = change->time,
		.change = change,
	};

	if (change->name == NULL || !(express_file_system_wants(change->key.device) & meaning->want))
		return;
	event.process = over ? NULL : describe(change->actor);
	put_event(&event);
}

/*
 * The number of a file that has ended may be another's before that end is told. What has no name gets none any more, and none of it
 * can be removed.
 */
static bool is_of_successor(struct file *file, const struct change *change)
{
	bool is_removed = change->kind == CHANGE_REMOVE;

	file->succeeded = file->succeeded || (file->gone && (change->has_name || is_removed));
	file->gone = file->gone || (is_removed && change->is_gone);
	return file->succeeded;
}

void events_tell(const struct change *change)
{
	const struct meaning *meaning = &meanings[change->kind];
	struct file *file;
	const char *process;

	if (change->under_way)
		return;
	if (change->of_file_system) {
		if (!is_own(change->actor))
			tell_file_system(change, meaning);
		return;
	}
	file = interests_file(&change->key);
	if (file == NULL || is_of_successor(file, change) || is_own(change->actor) ||
	    (change->kind != CHANGE_REMOVE && !(file->wants & meaning->want)))
		return;
	process = over && change->kind != CHANGE_REMOVE ? NULL : describe(change->actor);
	if (change->kind == CHANGE_REMOVE)
		remember_remover(file, process);
	tell_file(file, change, meaning, process);
}

void events_tell_at(const struct change *change, const char *path)
{
	const struct meaning *meaning = &meanings[change->kind];
	struct event event = {
		.kind = meaning->kind,
		.reason = meaning->reason,
		.path = path,
		.key = change->key,
		.entry = change->kind == CHANGE_ENTRY ? change->name : NULL,
		.time = change->time,
		.change = change,
	};

	/* An interest in it is told of it anyway. */
	if (interests_file(&change->key) != NULL)
		return;
	event.process = describe(change->actor);
	put_event(&event);
}

/* Of a client that could not be told it stays, until its state is. */
static void end(struct interest *interest, bool told)
{
	express_unwatch(interest);
	if (told)
		interests_remove(interest);
	else
		interests_detach(interest);
}

void events_tell_deleted(struct file *file)
{
	struct event event = { .kind = "DELETE", .key = file->key };
	char *remover = file->remover;
	struct interest *interest, *next;

	/* The file is freed with its last interest. */
	file->remover = NULL;
	event.process = remover;
	clock_gettime(CLOCK_REALTIME, &event.time);
	for (interest = file->interests; interest != NULL; interest = next) {
		next = interest->next;
		event.path = interest->path;
		end(interest, !(interest->wants & WANT_DELETE) || put_event(&event));
	}
	free(remover);
}

static bool put_mounted(const struct interest *interest, const char *reason, const struct actor *who)
{
	struct event event = { .kind = "CONTENT", .reason = reason, .path = interest->path, .key = interest->key };

	if (!(interest->wants & WANT_CONTENT))
		return true;
	clock_gettime(CLOCK_REALTIME, &event.time);
	event.process = describe(who);
	return put_event(&event);
}

void events_tell_unmounted(struct interest *interest, const struct actor *who)
{
	end(interest, put_mounted(interest, "UNMOUNT", who));
}

void events_tell_overmounted(const struct interest *interest, const struct actor *who)
{
	put_mounted(interest, "OVERMOUNT", who);
}

void events_state_is_told(struct interest *interest)
{
	interest->round = round_now;
	TAILQ_REMOVE(&interests, interest, all);
	TAILQ_INSERT_TAIL(&interests, interest, all);
}

static void tell_over(void)
{
	struct text line = begin_line();
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	event_text_over(&line, lost, &now, sequence + 1);
	if (!put_line(&line))
		return;
	over = false;
	round_now++;
	restates = true;
}

/* False if it does not fit. */
static bool tell_state(struct interest *interest)
{
	static struct file_state state;
	struct text line = begin_line();
	struct timespec now;
	bool found = express_look(interest, &state) == 0;

	clock_gettime(CLOCK_REALTIME, &now);
	event_text_state(&line, interest->path, &interest->key, interest->file == NULL, found ? &state : NULL, &now, sequence + 1);
	if (!put_line(&line))
		return false;
	if (interest->file == NULL)
		interests_remove(interest);
	else
		events_state_is_told(interest);
	return true;
}

/* A part is left for what happens meanwhile. */
static bool has_room_for_states(void)
{
	return has_room(outlet->size / 4);
}

static void tell_states(void)
{
	while (restates && !over && has_room_for_states()) {
		struct interest *interest = TAILQ_FIRST(&interests);

		if (interest == NULL || interest->round == round_now)
			restates = false;
		else if (!tell_state(interest))
			return;
	}
}

void events_catch_up(void)
{
	/* Not at the first free byte: the states would overflow it again. */
	if (over && has_room(outlet->size / 2))
		tell_over();
	tell_states();
}
