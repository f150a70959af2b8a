/*
 * What somebody has expressed interest in: paths, and the files that they led to then. Several paths may lead to one
 * file; a path whose file was replaced may be expressed again, and is then there twice.
 */
#ifndef OODATE_INTERESTS_H
#define OODATE_INTERESTS_H

#include "change.h"

#include <sys/queue.h>

struct file {
	struct file *next_by_key, *next_by_watch;
	struct file_key key;
	unsigned wants; /* interest_bit: of all its interests */
	int watch; /* of inotify; -1 if it has none */
	bool survives; /* see deletions.c */
	bool gone; /* its last name was removed, as a backend knows that takes numbers for files */
	bool succeeded; /* its number is another's by now */
	struct interest *interests;
	/* Who has last removed a name of it, as JSON, or NULL: the end of the last one is this one's doing. */
	char *remover;
};

struct interest {
	TAILQ_ENTRY(interest) all;
	struct interest *next; /* of the same file */
	struct interest *next_by_path;
	struct file *file; /* NULL if the interest has ended and its client has not been told yet */
	struct file_key key;
	unsigned wants;
	unsigned round; /* in which its state was told last, see events.c */
	uint64_t mount; /* of which it is */
	uint64_t cover; /* the mount that its path was told to lead to instead; 0 if none */
	char path[];
};

TAILQ_HEAD(interest_list, interest);
/* Those whose state was told longest ago come first. */
extern struct interest_list interests;

struct file *interests_file(const struct file_key *key);
struct file *interests_file_by_watch(int watch);
/* Of the paths that are spelled so the one that leads to this file; NULL if there is none. */
struct interest *interests_find(const char *path, const struct file_key *key);
/* All that are spelled so, whatever they lead to. */
struct interest *interests_find_path(const char *path);
struct interest *interests_find_next(const struct interest *interest);
/* A file that has no interest yet is made known by the first. NULL with errno. */
struct interest *interests_add(const char *path, const struct file_key *key);
void interests_set_watch(struct file *file, int watch);
/* The wants of a file follow from those of its interests. */
void interests_sum_up(struct file *file);
/* Frees it, and its file if it was the last of it: who calls it ends watching that before. */
void interests_remove(struct interest *interest);
/* Takes it from its file, which it may free: it has ended, and is there only to be told of. */
void interests_detach(struct interest *interest);

#endif
