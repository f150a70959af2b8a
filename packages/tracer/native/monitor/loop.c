#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

/* Places of those that were removed are NULL until the next round. */
static struct source **sources;
static struct pollfd *polled;
static unsigned source_count, source_room;
static struct timer **timers;
static unsigned timer_count, timer_room;
static bool ended;
static int end_status;

static int grow(void **array, unsigned *room, size_t size)
{
	unsigned more = *room == 0 ? 16 : *room * 2;
	void *larger = realloc(*array, more * size);

	if (larger == NULL)
		return -1;
	*array = larger;
	*room = more;
	return 0;
}

int loop_add(struct source *source)
{
	if (source_count == source_room) {
		unsigned room = source_room;

		if (grow((void **)&polled, &room, sizeof(*polled)) < 0 ||
		    grow((void **)&sources, &source_room, sizeof(struct source *)) < 0)
			return -1;
	}
	sources[source_count++] = source;
	return 0;
}

int loop_add_timer(struct timer *timer)
{
	if (timer_count == timer_room && grow((void **)&timers, &timer_room, sizeof(struct timer *)) < 0)
		return -1;
	timers[timer_count++] = timer;
	return 0;
}

void loop_remove(struct source *source)
{
	for (unsigned i = 0; i < source_count; i++)
		if (sources[i] == source)
			sources[i] = NULL;
}

void loop_remove_timer(struct timer *timer)
{
	for (unsigned i = 0; i < timer_count; i++)
		if (timers[i] == timer)
			timers[i] = NULL;
}

int64_t loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void forget_removed(void)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < source_count; i++)
		if (sources[i] != NULL)
			sources[kept++] = sources[i];
	source_count = kept;
	kept = 0;
	for (unsigned i = 0; i < timer_count; i++)
		if (timers[i] != NULL)
			timers[kept++] = timers[i];
	timer_count = kept;
}

/* NULL if there is nothing to wait for. */
static const struct timespec *patience(struct timespec *wait)
{
	int64_t first = 0, left;

	for (unsigned i = 0; i < timer_count; i++)
		if (timers[i]->due != 0 && (first == 0 || timers[i]->due < first))
			first = timers[i]->due;
	if (first == 0)
		return NULL;
	left = first - loop_now();
	if (left < 0)
		left = 0;
	*wait = (struct timespec){ left / 1000000000, left % 1000000000 };
	return wait;
}

static void call_sources(unsigned count)
{
	for (unsigned i = 0; i < count && !ended; i++)
		if (sources[i] != NULL && polled[i].revents != 0)
			sources[i]->ready(sources[i], polled[i].revents);
}

static void call_timers(void)
{
	int64_t now = loop_now();

	for (unsigned i = 0; i < timer_count && !ended; i++)
		if (timers[i] != NULL && timers[i]->due != 0 && timers[i]->due <= now) {
			timers[i]->due = 0;
			timers[i]->elapsed(timers[i]);
		}
}

int loop_run(void (*before_waiting)(void))
{
	while (!ended) {
		struct timespec wait;
		unsigned count;

		before_waiting();
		forget_removed();
		count = source_count;
		for (unsigned i = 0; i < count; i++)
			polled[i] = (struct pollfd){ .fd = sources[i]->fd, .events = sources[i]->events };
		if (ppoll(polled, count, patience(&wait), NULL) < 0) {
			if (errno != EINTR)
				return 1;
			continue;
		}
		call_sources(count);
		call_timers();
	}
	return end_status;
}

void loop_end(int status)
{
	ended = true;
	end_status = status;
}
