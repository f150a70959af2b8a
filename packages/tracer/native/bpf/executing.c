#include "executing.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct executing {
	uint64_t process;
	unsigned count;
	struct file_key files[EXECUTED_MAX];
};

static struct executing *all;
static size_t used, room;

static struct executing *find(uint64_t process)
{
	for (size_t i = 0; i < used; i++)
		if (all[i].process == process)
			return &all[i];
	return NULL;
}

static struct executing *add(uint64_t process)
{
	struct executing *more;

	if (used == room) {
		more = reallocarray(all, room * 2 + 64, sizeof(*all));
		if (more == NULL)
			return NULL;
		all = more;
		room = room * 2 + 64;
	}
	all[used] = (struct executing){ .process = process };
	return &all[used++];
}

static bool is_one_of(const struct executing *e, const struct file_key *file)
{
	for (unsigned i = 0; i < e->count; i++)
		if (e->files[i].inode == file->inode && e->files[i].device == file->device)
			return true;
	return false;
}

static bool is_executed(const struct file_key *file)
{
	for (size_t i = 0; i < used; i++)
		if (is_one_of(&all[i], file))
			return true;
	return false;
}

int executing_begin(uint64_t process, const struct file_key *file)
{
	bool is_first = !is_executed(file);
	struct executing *e = find(process);

	if (e == NULL)
		e = add(process);
	if (e == NULL)
		return -1;
	if (e->count < EXECUTED_MAX && !is_one_of(e, file))
		e->files[e->count++] = *file;
	return is_first;
}

void executing_fork(uint64_t parent, uint64_t child)
{
	struct executing *e = find(parent), copy;

	if (e == NULL)
		return;
	copy = *e;
	copy.process = child;
	e = add(child);
	if (e != NULL)
		*e = copy;
}

unsigned executing_end(uint64_t process, struct file_key ended[EXECUTED_MAX])
{
	struct executing *e = find(process), own;
	unsigned count = 0;

	if (e == NULL)
		return 0;
	own = *e;
	*e = all[--used];
	for (unsigned i = 0; i < own.count; i++)
		if (!is_executed(&own.files[i]))
			ended[count++] = own.files[i];
	return count;
}

/* One that nobody has waited for has a number still, but executes nothing. */
static bool has_ended(pid_t pid)
{
	char name[32], byte;

	if (kill(pid, 0) < 0)
		return errno == ESRCH;
	snprintf(name, sizeof(name), "/proc/%d/exe", (int)pid);
	return readlink(name, &byte, 1) < 0 && errno == ENOENT;
}

void executing_check(void)
{
	/* Those outside of our name space of pids cannot be asked for. */
	for (size_t i = used; i-- > 0;)
		if (all[i].process >> 32 == 0 && has_ended((pid_t)all[i].process))
			all[i] = all[--used];
}
