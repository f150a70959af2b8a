/*
 * Paths as the log has them: absolute and lexically normal, symbolic links not
 * resolved. Where `..` follows a symbolic link, taking both away would name
 * another file; there the link is recorded as looked at (S) and the physical
 * directory stands in the path.
 */
#ifndef OODATE_PATH_H
#define OODATE_PATH_H

#include "record.h"

#include <stdint.h>

/* A directory's path and a name given below it, each as long as the kernel allows. */
#define PATH_TEXT_MAX (2 * 4096 + 64)
#define REAL_DIRECTORIES 4096

struct path {
	char lookup[PATH_TEXT_MAX]; /* leads the probe to the same file */
	char text[PATH_TEXT_MAX];   /* for the log */
};

enum path_result {
	PATH_FOUND,   /* resolved; whether something is there is not known */
	PATH_NOWHERE, /* the call cannot reach anything; what stopped it is recorded */
	PATH_NAMELESS, /* a pipe, socket, memory file or deleted file; lookup leads there if it was named by a descriptor */
	PATH_FAILED,  /* see errno */
};

struct path_resolver {
	struct recorder *recorder;
	/* Physical path of the root that the process has, where it is not the probe's: links lead elsewhere. Else NULL. */
	const char *root;
	/* Hashes of paths known to be directories and no links, for `..` */
	uint64_t real_directories[REAL_DIRECTORIES];
};

/* given: the string that the call has; directory: its descriptor, or AT_FDCWD. */
enum path_result path_resolve(struct path_resolver *r, pid_t pid, pid_t tid, int directory,
			      const char *given, struct path *path);
/*
 * As path_resolve(), of a call that has returned and tells by its error which way it has found: with all directories
 * there, or one of them missing or none. place: the physical path, without a slash at its end, of the
 * directory that given is relative to; of the process's own root if given is absolute.
 */
enum path_way { PATH_WAY_UNKNOWN, PATH_WAY_THERE, PATH_WAY_MISSING, PATH_WAY_NO_DIRECTORY };
enum path_result path_join(struct path_resolver *r, pid_t pid, const char *place, const char *given,
			   enum path_way way, struct path *path);
/* Like lstat(2), but remembers directories. */
enum path_kind { PATH_REAL_DIRECTORY, PATH_LINK, PATH_OTHER, PATH_MISSING };
enum path_kind path_kind_of(struct path_resolver *r, const char *text);
enum path_result path_of_descriptor(pid_t tid, int fd, struct path *path);
/* To be called when a directory may have become something else. */
/* Of the text of a link in /proc: does it say that the file has no name any more? */
bool path_is_removed(const char *text);
void path_forget_directories(struct path_resolver *r);
/* What became of this path is known. */
void path_forget_directory(struct path_resolver *r, const char *text);
void path_remember_directory(struct path_resolver *r, const char *text);
uint64_t path_hash(const char *text);

#endif
