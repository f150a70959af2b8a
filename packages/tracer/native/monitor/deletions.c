#include "deletions.h"

#include "events.h"
#include "mounts.h"

#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

static int inotify = -1;

/* What inotify has said and was not told yet: from `at` to `end`. */
static struct {
	char bytes[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	size_t at, end;
} heard;

int deletions_open(void)
{
	inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return inotify;
}

int deletions_watch(struct file *file, int fd)
{
	char name[32];
	int watch;

	if (file->watch >= 0)
		return 0;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	watch = inotify_add_watch(inotify, name, IN_DELETE_SELF);
	if (watch < 0)
		return -1;
	interests_set_watch(file, watch);
	return 0;
}

void deletions_unwatch(struct file *file)
{
	if (file->watch >= 0)
		inotify_rm_watch(inotify, file->watch);
	interests_set_watch(file, -1);
}

/* The kernel has taken the watch away. */
static void tell_deleted(struct file *file)
{
	interests_set_watch(file, -1);
	events_tell_deleted(file);
}

static void tell_unmounted(int watch)
{
	struct file *file;

	/* Who it was can be asked once, about all that is unmounted. */
	mounts_compare();
	while ((file = interests_file_by_watch(watch)) != NULL)
		events_tell_unmounted(file->interests, NULL);
}

static void tell(const struct inotify_event *seen)
{
	struct file *file = interests_file_by_watch(seen->wd);

	if (file != NULL && seen->mask & IN_DELETE_SELF)
		tell_deleted(file);
	else if (file != NULL && seen->mask & IN_UNMOUNT)
		tell_unmounted(seen->wd);
}

static struct file *find_one_that_does_not_survive(void)
{
	struct interest *interest;

	TAILQ_FOREACH(interest, &interests, all)
		if (interest->file != NULL && !interest->file->survives)
			return interest->file;
	return NULL;
}

/*
 * Tells of the files whose end was lost. The kernel has taken the watch of each away; the numbers of those that are left
 * stand in /proc.
 */
static void find_ended(void)
{
	struct interest *interest;
	struct file *gone;
	char line[512];
	FILE *left;

	snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", inotify);
	left = fopen(line, "re");
	if (left == NULL)
		return;
	while (fgets(line, sizeof(line), left) != NULL) {
		struct file *file;
		int watch;

		if (sscanf(line, "inotify wd:%x", (unsigned *)&watch) == 1 && (file = interests_file_by_watch(watch)) != NULL)
			file->survives = true;
	}
	fclose(left);
	while ((gone = find_one_that_does_not_survive()) != NULL)
		tell_deleted(gone);
	TAILQ_FOREACH(interest, &interests, all)
		if (interest->file != NULL)
			interest->file->survives = false;
}

static const struct inotify_event *heard_at(size_t at)
{
	return (const struct inotify_event *)(const void *)(heard.bytes + at);
}

static size_t heard_size(const struct inotify_event *event)
{
	return sizeof(*event) + event->len;
}

/* False if there is nothing more, or no room for it. */
static bool hear(void)
{
	ssize_t length;

	if (heard.at == heard.end)
		heard.at = heard.end = 0;
	length = read(inotify, heard.bytes + heard.end, sizeof(heard.bytes) - heard.end);
	if (length > 0)
		heard.end += (size_t)length;
	return length > 0;
}

bool deletions_has_ended(const struct file *file)
{
	while (hear())
		;
	for (size_t at = heard.at; at < heard.end; at += heard_size(heard_at(at)))
		if (heard_at(at)->wd == file->watch && heard_at(at)->mask & IN_DELETE_SELF)
			return true;
	return false;
}

void deletions_read(void (*read_backend)(void))
{
	bool overflowed = false;

	while (hear() || heard.at < heard.end) {
		read_backend();
		while (heard.at < heard.end) {
			const struct inotify_event *seen = heard_at(heard.at);

			heard.at += heard_size(seen);
			if (seen->mask & IN_Q_OVERFLOW)
				overflowed = true;
			else
				tell(seen);
		}
	}
	if (overflowed) {
		events_lost(LOST_UNKNOWN);
		find_ended();
	}
}
