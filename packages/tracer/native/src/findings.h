/*
 * What a call that fails has learned, beyond the path it was given: which
 * directory was not there, which name was taken, which interpreter was missing.
 * Looked up where the call is about to be made, or has just returned.
 */
#ifndef OODATE_FINDINGS_H
#define OODATE_FINDINGS_H

#include "image.h"
#include "look.h"
#include "path.h"

/* Whose call it is. */
struct finder {
	struct path_resolver *resolver;
	pid_t pid;
};

void find_record(const struct finder *f, char letter, const char *path);
/* Something is missing on the way to the path: itself, or a directory where there is a file. */
void find_missing(const struct finder *f, const struct path *path, const struct look *look);
/* Nothing can be made here: where the directory is not there, or is none, that is why. */
void find_no_room(const struct finder *f, const struct path *path, const struct look *look);
/* A link leads to where no file can be made. */
void find_dead_end(const struct finder *f, const struct path *path, const struct look *look);

/* A script whose interpreter is a script, and so on: as far as the kernel goes. */
#define INTERPRETERS_MAX 5

/* What the kernel opens to execute a file, one after the other. */
struct images {
	unsigned count;
	bool foreign; /* one is for another architecture */
	bool missing; /* it is not executed because this interpreter, whose path is left in the path given, may not be */
	struct {
		char letter; /* if it is executed */
		char text[PATH_TEXT_MAX];
	} file[INTERPRETERS_MAX + 2];
};

typedef enum path_result resolve_interpreter(void *context, const char *given, struct path *path);

/*
 * Follows interpreters from the file at path, which is executable; named: it has
 * a path. False if the kernel will not execute it.
 */
bool find_images(struct images *images, struct path *path, bool named, resolve_interpreter *resolve, void *context);

#endif
