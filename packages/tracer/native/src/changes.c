#include "changes.h"

#include "look.h"

#include <errno.h>
#include <fts.h>
#include <stdint.h>
#include <string.h>

static bool leads_over(const char *path, const char *link)
{
	size_t length = strlen(link);

	return strncmp(path, link, length) == 0 && path[length] == '/';
}

static bool is_source(const struct change *change, const struct look *look)
{
	return look->error == 0 && look->st.st_dev == change->device && look->st.st_ino == change->inode;
}

static bool has_taken_effect(const struct change *change)
{
	struct look look = look_at(change->lookup, false);
	bool same = is_source(change, &look);

	switch (change->kind) {
	case CHANGE_REMOVE:
		return !same;
	case CHANGE_MAKE:
		return look.error == 0;
	case CHANGE_SYMLINK:
		return look.error == 0 && S_ISLNK(look.st.st_mode);
	case CHANGE_LINK: /* the name was free before */
		return look.error == 0;
	case CHANGE_RENAME:
		/*
		 * In an overlay a file can get another number when it is copied up. The new path may
		 * have led over the link that moved, and then leads nowhere now.
		 */
		return same || ((look.error == 0 || leads_over(change->to, change->from)) &&
				look_at(change->from, false).error == ENOENT);
	case CHANGE_EXCHANGE:
		if (same)
			return true;
		/* The new path may have led over the link that moved. */
		look = look_at(change->from, false);
		return look.error == 0 && !is_source(change, &look);
	}
	return false;
}

void changes_record_below(struct recorder *recorder, pid_t pid, const char *directory)
{
	char *const roots[] = { (char *)(uintptr_t)directory, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	FTSENT *entry;

	if (tree == NULL) {
		record_incomplete(recorder, pid, "a directory that was moved could not be listed");
		return;
	}
	while ((entry = fts_read(tree)) != NULL)
		if (entry->fts_info != FTS_DP && entry->fts_level > 0)
			record_path(recorder, 'W', pid, entry->fts_path);
	fts_close(tree);
}

static void record(struct changes *c, const struct change *change)
{
	struct recorder *recorder = change->recorder;

	switch (change->kind) {
	case CHANGE_REMOVE:
		record_path(recorder, 'D', change->pid, change->to);
		break;
	case CHANGE_MAKE:
		record_path(recorder, 'W', change->pid, change->to);
		break;
	case CHANGE_RENAME:
		if (!record_pair(recorder, 'M', change->pid, change->from, change->to) && change->directory)
			changes_record_below(recorder, change->pid, change->to);
		break;
	case CHANGE_EXCHANGE:
		record_alteration(recorder, change->pid, change->from);
		record_alteration(recorder, change->pid, change->to);
		break;
	case CHANGE_LINK:
		record_link(recorder, change->pid, change->symlink, change->from, change->to);
		break;
	case CHANGE_SYMLINK:
		record_pair(recorder, 'L', change->pid, change->from, change->to);
		break;
	}
	if (change->directory || change->kind == CHANGE_SYMLINK || change->kind == CHANGE_EXCHANGE)
		path_forget_directories(c->resolver);
}

struct change *changes_add(struct changes *c, enum change_kind kind, struct recorder *recorder, pid_t pid, pid_t tid)
{
	struct change *change;

	/* More threads than places: the oldest is taken to have done what it set out to do. */
	if (c->count == CHANGES_MAX) {
		record(c, &c->under_way[0]);
		c->under_way[0] = c->under_way[--c->count];
	}
	change = &c->under_way[c->count++];
	change->kind = kind;
	change->recorder = recorder;
	change->pid = pid;
	change->tid = tid;
	change->directory = false;
	change->symlink = false;
	return change;
}

static void settle(struct changes *c, pid_t pid, pid_t tid)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < c->count; i++) {
		struct change *change = &c->under_way[i];

		if (has_taken_effect(change)) {
			record(c, change);
			continue;
		}
		if (change->tid == tid || change->pid == pid)
			continue;
		if (kept != i)
			c->under_way[kept] = *change;
		kept++;
	}
	c->count = kept;
}

void changes_settle(struct changes *c, pid_t tid)
{
	if (c->count > 0)
		settle(c, 0, tid);
}

void changes_settle_process(struct changes *c, pid_t pid)
{
	if (c->count > 0)
		settle(c, pid, 0);
}
