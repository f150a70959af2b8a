#include "targets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* At the end of a failed target's meta file; an error that was ignored says so behind it. */
#define FAILED "\n*** Error code "
#define IGNORED "(ignored)"
#define TAIL 80

static const char meta_head[] = "# Meta data file ";
/* As bmake recognises it, in a command's output too. */
static const char section_start[] = "\n-- filemon";
static const char section_head[] = "-- filemon acquired metadata --\n";

static bool runs_same_program(pid_t one, pid_t other)
{
	char link[32];
	struct stat st, other_st;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)one);
	if (stat(link, &st) < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)other);
	return stat(link, &other_st) == 0 && st.st_dev == other_st.st_dev && st.st_ino == other_st.st_ino;
}

void targets_open(struct target **all, struct tasks *tasks, struct process *process, const char *path)
{
	static const char ending[] = ".meta";
	size_t length = strlen(path);
	struct target *target;

	if (process->session->bmake == NULL || length <= sizeof(ending) || length > RECORD_PATH_MAX ||
	    strcmp(path + length - (sizeof(ending) - 1), ending) != 0 ||
	    !runs_same_program(process->pid, process->session->bmake->root))
		return;
	target = calloc(1, sizeof(*target));
	if (target == NULL)
		return;
	target->bmake = process->pid;
	target->fd = -1;
	target->log = memfd_create("oodate-section", MFD_CLOEXEC);
	memcpy(target->path, path, length + 1);
	target->session = target->log < 0 ? NULL : session_begin_target(&tasks->sessions, process->session, process->pid, target->log);
	if (target->session == NULL) {
		close(target->log);
		free(target);
		return;
	}
	process->target = target->session;
	target->next = *all;
	*all = target;
}

bool targets_concern(const struct target *all, const struct tasks *tasks, pid_t tid)
{
	const struct target *target = all;

	if (all == NULL)
		return false;
	while (target != NULL && target->bmake != tid)
		target = target->next;
	return target != NULL || !tasks_know(tasks, tid);
}

bool targets_explain_loss(const struct tasks *tasks, uint64_t call)
{
	bool explained = false;

	for (size_t i = 0; i < TASK_BUCKETS; i++)
		for (const struct process *process = tasks->by_pid[i]; process != NULL; process = process->next) {
			const struct session *session = process->session;

			if (!tasks_may_lose(tasks, process, call))
				continue;
			if (session == NULL || session->bmake == NULL ||
			    !runs_same_program(process->pid, session->bmake->root))
				return false;
			explained = true;
		}
	return explained;
}

static bool is_at(const char *path, const struct stat *file)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

/* Looks among bmake's descriptors for the one of the meta file. */
static void find_descriptor(struct target *target, const struct stat *file)
{
	char name[48];
	struct dirent *entry;
	DIR *directory;

	snprintf(name, sizeof(name), "/proc/%d/fd", (int)target->bmake);
	directory = opendir(name);
	if (directory == NULL)
		return;
	while (target->fd < 0 && (entry = readdir(directory)) != NULL) {
		snprintf(name, sizeof(name), "/proc/%d/fd/%.16s", (int)target->bmake, entry->d_name);
		if (entry->d_name[0] != '.' && is_at(name, file))
			target->fd = atoi(entry->d_name);
	}
	closedir(directory);
}

static bool is_closed(struct target *target)
{
	struct stat file;
	char link[48];

	if (target->fd < 0) {
		if (stat(target->path, &file) < 0)
			return true;
		target->device = file.st_dev;
		target->inode = file.st_ino;
		find_descriptor(target, &file);
		return target->fd < 0;
	}
	file.st_dev = target->device;
	file.st_ino = target->inode;
	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)target->bmake, target->fd);
	return !is_at(link, &file);
}

/* Why a meta file of this text gets no section, or NULL. */
static const char *find_objection_in(const char *text, size_t length)
{
	size_t tail = length > TAIL ? TAIL : length;

	if (length < sizeof(meta_head) || memcmp(text, meta_head, sizeof(meta_head) - 1) != 0)
		return "it is not a meta file of bmake's";
	if (memmem(text + length - tail, tail, FAILED, strlen(FAILED)) != NULL &&
	    memmem(text + length - tail, tail, IGNORED, strlen(IGNORED)) == NULL)
		return "the target failed";
	if (memmem(text, length, section_start, strlen(section_start)) != NULL)
		return "it has something like a section already";
	return NULL;
}

static const char *find_objection(int meta, size_t length)
{
	const char *objection;
	void *text = mmap(NULL, length > 0 ? length : 1, PROT_READ, MAP_PRIVATE, meta, 0);

	if (text == MAP_FAILED)
		return "it cannot be read";
	objection = find_objection_in(text, length);
	munmap(text, length > 0 ? length : 1);
	return objection;
}

struct written {
	size_t size; /* a power of two */
	uint64_t *hashes; /* 0: free */
};

static bool written_has(struct written *w, uint64_t hash, bool add)
{
	size_t i = hash & (w->size - 1);

	while (w->hashes[i] != 0 && w->hashes[i] != hash)
		i = (i + 1) & (w->size - 1);
	if (w->hashes[i] == hash)
		return true;
	if (add)
		w->hashes[i] = hash;
	return false;
}

/* The name of a plain record, and the last one of M and L; the line's newline is NUL. */
static const char *name_of(char *line)
{
	char *name = strchr(line + 2, ' '), *end;

	if (name == NULL)
		return "";
	if (line[0] != 'M' && line[0] != 'L')
		return name + 1;
	end = strrchr(name, '\'');
	if (end == NULL)
		return "";
	*end = '\0';
	end = strrchr(name, '\'');
	return end == NULL ? "" : end + 1;
}

/*
 * What the target read after it had written it is no prerequisite. bmake would
 * compare its time with the target's all the same, so those lines are left out.
 */
static bool is_own(struct written *w, char *line)
{
	char copy[2 * RECORD_PATH_MAX + 64];

	if (strchr("WMLRE", line[0]) == NULL || line[1] != ' ' || strlen(line) >= sizeof(copy))
		return false;
	strcpy(copy, line);
	return written_has(w, path_hash(name_of(copy)) | 1, strchr("WML", line[0]) != NULL) && strchr("RE", line[0]) != NULL;
}

/* bmake asks whether a link's text leads somewhere from its own directory: as W the link is no more than written. */
static int write_line(FILE *meta, char *line)
{
	char copy[2 * RECORD_PATH_MAX + 64];

	if (line[0] != 'L' || strlen(line) >= sizeof(copy))
		return fprintf(meta, "%s\n", line);
	strcpy(copy, line);
	return fprintf(meta, "W %d %s\n", atoi(line + 2), name_of(copy));
}

static int copy_lines(FILE *log, FILE *meta, struct written *w)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int failed = 0;

	while (failed == 0 && (length = getline(&line, &size, log)) > 0) {
		line[length - 1] = '\0';
		if (!is_own(w, line) && write_line(meta, line) < 0)
			failed = -1;
	}
	free(line);
	return failed;
}

static int append_section(int log, int meta)
{
	struct written written = { .size = 1024 };
	FILE *from = fdopen(log, "r"), *to = fdopen(meta, "a");
	off_t length = lseek(log, 0, SEEK_END);
	int failed = -1;

	/* A line has some twenty bytes at least, and half of the places stay free. */
	while (length > 0 && written.size < (size_t)length / 8)
		written.size *= 2;
	written.hashes = calloc(written.size, sizeof(written.hashes[0]));
	if (from != NULL && to != NULL && written.hashes != NULL && length >= 0) {
		rewind(from);
		failed = fputs(section_head, to) < 0 || copy_lines(from, to, &written) < 0 || fflush(to) != 0 ? -1 : 0;
	}
	free(written.hashes);
	if (from != NULL)
		fclose(from);
	if (to != NULL && fclose(to) != 0)
		failed = -1;
	return failed;
}

/* Why there is no section, or NULL. Takes the log over. */
static const char *write_section(const struct target *target)
{
	int meta = open(target->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW), spare;
	const char *objection;
	struct stat st;

	if (meta < 0 || fstat(meta, &st) < 0 || (target->fd >= 0 && (st.st_dev != target->device || st.st_ino != target->inode)))
		objection = "it has gone";
	else if (target->session->recorder.incomplete[0] != '\0')
		objection = target->session->recorder.incomplete;
	else if (target->session->recorder.error != 0)
		objection = "its log could not be kept";
	else
		objection = find_objection(meta, (size_t)st.st_size);
	if (objection != NULL || (spare = dup(meta)) < 0) {
		close(meta);
		close(target->log);
		return objection != NULL ? objection : "there were too few descriptors";
	}
	if (append_section(target->log, meta) < 0) {
		objection = "it could not be written";
		/* Half a section must not stay. */
		if (ftruncate(spare, st.st_size) < 0)
			unlink(target->path);
	}
	close(spare);
	return objection;
}

static void finish(struct target **link, struct tasks *tasks, const char *objection)
{
	struct target *target = *link;
	struct session *bmake = target->session->bmake;

	*link = target->next;
	tasks_end_target(tasks, target->session, target->bmake);
	if (objection == NULL)
		objection = write_section(target);
	else
		close(target->log);
	record_section(&bmake->recorder, target->path, objection);
	free(target);
}

void targets_settle(struct target **all, struct tasks *tasks, pid_t tid)
{
	while (*all != NULL) {
		if ((*all)->bmake == tid)
			(*all)->opened = true;
		if ((*all)->opened && is_closed(*all))
			finish(all, tasks, NULL);
		else
			all = &(*all)->next;
	}
}

void targets_abandon(struct target **all, struct tasks *tasks, pid_t pid)
{
	while (*all != NULL)
		if ((*all)->bmake == pid)
			finish(all, tasks, "bmake ended before it had closed it");
		else
			all = &(*all)->next;
}
