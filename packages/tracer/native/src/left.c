#include "left.h"

#include "tracee.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Of those that wait for something else than a processor or a disk, and of all. */
#define GRACE_MILLISECONDS 50
#define GRACE_MAX_MILLISECONDS 1000
/* How often is looked again. */
#define STEP_MILLISECONDS 2

/* Was the one that was looked at last about to go on? */
static bool is_busy;

/* Puts the name of its program into name. What has ended and waits for its parent does not run. */
static bool is_running(pid_t pid, char *name, size_t size)
{
	char stat[512], state = '\0';
	const char *start, *end;
	int threads;

	if (tracee_proc(pid, "stat", stat, sizeof(stat)) < 0)
		return false;
	start = strchr(stat, '(');
	end = strrchr(stat, ')');
	if (start == NULL || end == NULL)
		return false;
	snprintf(name, size, "%.*s", (int)(end - start - 1), start + 1);
	if (sscanf(end, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d", &state, &threads) != 2)
		return false;
	is_busy = state == 'R' || state == 'D';
	/* A first thread that has ended looks like an ended process, while others go on. */
	return (state != 'Z' && state != 'X') || threads > 1;
}

/*
 * `sleep` does nothing any more (configure leaves one behind). Of any other
 * program nobody knows what it goes on to read.
 */
static bool may_read_more(const char *name)
{
	return strcmp(name, "sleep") != 0;
}

bool left_may_read_more(pid_t pid)
{
	char name[64];

	return is_running(pid, name, sizeof(name)) && may_read_more(name);
}

void left_record(struct session *s, pid_t pid)
{
	char name[64], reason[128];

	if (!is_running(pid, name, sizeof(name)))
		return;
	record_left_running(&s->recorder, pid, name);
	if (!may_read_more(name))
		return;
	snprintf(reason, sizeof(reason), "'%s' was still running when the command ended", name);
	record_incomplete_here(&s->recorder, pid, reason);
}

static long milliseconds_between(const struct timespec *from, const struct timespec *to)
{
	return (to->tv_sec - from->tv_sec) * 1000 + (to->tv_nsec - from->tv_nsec) / 1000000;
}

int left_patience(void)
{
	static struct timespec start, idle_since;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (start.tv_sec == 0)
		start = idle_since = now;
	/* On a busy machine it may have had no chance to end yet. */
	if (is_busy)
		idle_since = now;
	return milliseconds_between(&idle_since, &now) < GRACE_MILLISECONDS &&
			       milliseconds_between(&start, &now) < GRACE_MAX_MILLISECONDS ?
		       STEP_MILLISECONDS :
		       0;
}
