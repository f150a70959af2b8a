#include "endings.h"

#include "calls.h"
#include "tracee.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* How long a process waits to end, and a call of its parent for that. More would be felt. */
#define PATIENCE_MILLISECONDS 10
/* How often a parent is looked at. */
#define LOOK_NANOSECONDS 100000

/* Of the fields of /proc/PID/stat, counted from 1, see proc_pid_stat(5). */
#define FIELD_STATE 3
#define FIELD_BLOCKED 32
#define FIELD_CAUGHT 34

static const uint64_t child_signal = UINT64_C(1) << (SIGCHLD - 1);

/* Where the field begins in the text after the name of the program; NULL if there is none. */
static const char *field(const char *text, unsigned number)
{
	for (unsigned at = FIELD_STATE; at < number && text != NULL; at++) {
		text = strchr(text, ' ');
		text = text == NULL ? NULL : text + 1;
	}
	return text;
}

/* Is a handler of the process called for SIGCHLD? */
static bool catches_child_signal(pid_t pid)
{
	char text[1024];
	const char *fields, *blocked, *caught;

	if (tracee_proc(pid, "stat", text, sizeof(text)) < 0 || (fields = strrchr(text, ')')) == NULL || fields[1] != ' ')
		return false;
	fields += 2;
	blocked = field(fields, FIELD_BLOCKED);
	caught = field(fields, FIELD_CAUGHT);
	return blocked != NULL && caught != NULL && !(strtoull(blocked, NULL, 10) & child_signal) &&
	       (strtoull(caught, NULL, 10) & child_signal);
}

/* Does the filter send such a call? Those that can block for long are told apart. */
static bool is_sent(const struct endings *e, const struct call *call, unsigned long long first_argument)
{
	switch (call->sent) {
	case SENT_ALWAYS:
	case SENT_UNLESS_FSTAT:
		return true;
	case SENT_IF_STANDARD_INPUT:
		return first_argument == STDIN_FILENO;
	case SENT_IF_COPIED:
	case SENT_IF_SPLICED:
		return e->copies_terminals;
	default:
		return false;
	}
}

/* Is the process within no call, so that it may be about to make one, or within one that may wait to be received? */
static bool may_be_calling(const struct endings *e, pid_t pid)
{
	char text[256];
	const struct call *call;
	unsigned long long argument = 0;
	int number;

	if (tracee_proc(pid, "syscall", text, sizeof(text)) < 0)
		return false;
	if (sscanf(text, "%d %llx", &number, &argument) < 1)
		return true;
	call = call_by_number(number);
	return call != NULL && is_sent(e, call, argument);
}

static struct timespec now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time;
}

static bool is_late(const struct timespec *since)
{
	struct timespec time = now();

	return (time.tv_sec - since->tv_sec) * 1000 + (time.tv_nsec - since->tv_nsec) / 1000000 >= PATIENCE_MILLISECONDS;
}

/* Its ending counts as under way until the process has ended. */
static void let_end(struct endings *e, unsigned place)
{
	struct seccomp_notif_resp answer = { .id = e->in_hand->held[place], .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	ioctl(e->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	e->in_hand->held[place] = 0;
	e->endings[place].is_held = false;
	e->endings[place].since = now();
}

static void forget(struct endings *e, unsigned place)
{
	e->endings[place].pid = 0;
	e->count--;
}

static void unpark(struct endings *e, unsigned place)
{
	ioctl(e->listener, SECCOMP_IOCTL_NOTIF_SEND, &e->parked[place].answer);
	e->in_hand->parked[place] = 0;
	e->parked[place].pid = 0;
	e->count--;
}

static bool has_ending_child(const struct endings *e, pid_t pid)
{
	for (unsigned i = 0; i < ENDINGS_MAX; i++)
		if (e->endings[i].pid != 0 && e->endings[i].parent == pid)
			return true;
	return false;
}

static void let_children_end(struct endings *e, pid_t pid)
{
	for (unsigned i = 0; i < ENDINGS_MAX; i++)
		if (e->endings[i].pid != 0 && e->endings[i].parent == pid && e->endings[i].is_held)
			let_end(e, i);
}

bool endings_hold(struct endings *e, pid_t pid, pid_t parent, uint64_t call)
{
	unsigned place = 0;

	if (e->count > 0)
		let_children_end(e, pid);
	while (place < ENDINGS_MAX && e->endings[place].pid != 0)
		place++;
	if (place == ENDINGS_MAX || !catches_child_signal(parent))
		return false;
	e->endings[place] = (struct ending){ pid, parent, true, now() };
	e->in_hand->held[place] = call;
	e->count++;
	if (!may_be_calling(e, parent))
		let_end(e, place);
	return true;
}

bool endings_park(struct endings *e, pid_t pid, const struct seccomp_notif_resp *answer)
{
	unsigned place = 0;

	if (e->count == 0 || !has_ending_child(e, pid))
		return false;
	let_children_end(e, pid);
	while (place < ENDINGS_MAX && e->parked[place].pid != 0)
		place++;
	if (place == ENDINGS_MAX)
		return false;
	e->parked[place] = (struct parked){ pid, *answer, now() };
	e->in_hand->parked[place] = answer->id;
	e->count++;
	return true;
}

void endings_over(struct endings *e, pid_t pid)
{
	for (unsigned i = 0; i < ENDINGS_MAX && e->count > 0; i++)
		if (e->endings[i].pid == pid)
			forget(e, i);
	for (unsigned i = 0; i < ENDINGS_MAX && e->count > 0; i++)
		if (e->parked[i].pid != 0 && !has_ending_child(e, e->parked[i].pid))
			unpark(e, i);
}

long endings_look(struct endings *e)
{
	bool is_held = false;

	for (unsigned i = 0; i < ENDINGS_MAX; i++) {
		struct ending *ending = &e->endings[i];

		if (ending->pid == 0)
			continue;
		if (!ending->is_held && is_late(&ending->since))
			forget(e, i);
		else if (ending->is_held && (is_late(&ending->since) || !may_be_calling(e, ending->parent)))
			let_end(e, i);
		is_held = is_held || ending->is_held;
	}
	for (unsigned i = 0; i < ENDINGS_MAX; i++)
		if (e->parked[i].pid != 0 &&
		    (is_late(&e->parked[i].since) || !has_ending_child(e, e->parked[i].pid)))
			unpark(e, i);
	return is_held ? LOOK_NANOSECONDS : e->count > 0 ? PATIENCE_MILLISECONDS * 1000000L : 0;
}

void endings_release(struct endings *e)
{
	for (unsigned i = 0; i < ENDINGS_MAX; i++) {
		if (e->endings[i].pid != 0) {
			if (e->endings[i].is_held)
				let_end(e, i);
			forget(e, i);
		}
		if (e->parked[i].pid != 0)
			unpark(e, i);
	}
}
