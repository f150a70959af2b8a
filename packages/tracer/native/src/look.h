/* Finds out, before the kernel does it, what a look-up of the traced process will find. */
#ifndef OODATE_LOOK_H
#define OODATE_LOOK_H

#include <stdbool.h>
#include <sys/stat.h>

struct look {
	int error; /* 0 if it is there */
	struct stat st;
};

/* follow: whether a symbolic link at the end of the path is followed. */
struct look look_at(const char *path, bool follow);
/* mode as in access(2), for the effective ids. The probe has the ids that the command began with. */
bool look_permits(const char *path, int mode);
/* Is the directory that holds this path there, and may entries be made in it? */
bool look_parent_permits(const char *path);
/*
 * Puts the path that links at the end of `path` lead to into `target`, which has
 * room for PATH_TEXT_MAX bytes. False if they lead in a circle, or nowhere.
 */
bool look_target(const char *path, char *target);
/* Is it a directory that is not empty? */
bool look_has_entries(const char *path);
/* Did the look-up end at something that is not there, as opposed to may not be known? */
bool look_is_missing(const struct look *look);

#endif
