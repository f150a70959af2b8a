#include "deletions.h"

#include "events.h"
#include "mounts.h"

#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

static int inotify = -1;

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

	/*
	 * The end of a file is told to all that watch it, one after the other, and to the backend perhaps after inotify. When the
	 * watch is taken away it has been told to all.
	 */
	if (file != NULL && seen->mask & IN_UNMOUNT)
		tell_unmounted(seen->wd);
	else if (file != NULL && seen->mask & IN_IGNORED)
		tell_deleted(file);
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

void deletions_read(void (*read_backend)(void))
{
	static char bytes[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t length;
	bool overflowed = false;

	while ((length = read(inotify, bytes, sizeof(bytes))) > 0) {
		read_backend();
		for (ssize_t at = 0; at < length;) {
			const struct inotify_event *seen = (const struct inotify_event *)(const void *)(bytes + at);

			if (seen->mask & IN_Q_OVERFLOW)
				overflowed = true;
			else
				tell(seen);
			at += (ssize_t)(sizeof(*seen) + seen->len);
		}
	}
	if (overflowed) {
		events_lost(LOST_UNKNOWN);
		find_ended();
	}
}
