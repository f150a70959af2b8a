/*
 * The way of a path through the file system, gone step by step as the kernel goes it, to know each file that has a part in
 * where it leads: directories, symbolic links, what these lead through. If none of them changes, and no mount does, the
 * path leads to the same for anyone with the same rights, root and mounts.
 */
#ifndef OODATE_WAY_H
#define OODATE_WAY_H

#include "change.h"

#include <limits.h>
#include <sys/stat.h>

#define WAY_DEPTH_MAX 128
#define WAY_DEVICES_MAX 16

/* Why changes on the way would not be seen; stable, for programs. */
#define UNSUITABLE_FILE_SYSTEM "UNSUITABLE_FILE_SYSTEM"
#define ENCRYPTED_DIRECTORY "ENCRYPTED_DIRECTORY" /* what its names are depends on keys that come and go unseen */
#define UNCLEAR_WAY "UNCLEAR_WAY" /* the kernel has come somewhere else */
#define OUT_OF_MEMORY "OUT_OF_MEMORY"

#define NO_NAME UINT32_MAX

/* A file, and where it was found: strings of whoever goes the way. */
struct place {
	struct file_key key;
	uint32_t folder, name; /* name is NO_NAME for the folder itself, both for what is merely on the way */
};

struct place_list {
	struct place *places;
	size_t count, room;
};

struct way {
	struct place_list passed; /* in no order, some more than once */
	const char *trouble; /* NULL if there is none; the first one is kept */
	int root;
	struct file_key root_key;
	/* Where the path that was gone last came to, component by component. */
	char path[PATH_MAX];
	unsigned depth;
	struct {
		size_t end; /* of the component in `path` */
		int fd;
		struct file_key key;
	} place[WAY_DEPTH_MAX];
	struct {
		dev_t device;
		bool suits;
	} device[WAY_DEVICES_MAX];
	unsigned devices;
};

/* `expected`: for how many keys room is made at first. Returns -1 with errno. */
int way_open(struct way *w, size_t expected);
/* What was passed is the caller's then, to be freed. */
void way_close(struct way *w);
/*
 * Goes to a directory by its absolute path, from where it parts from the last one. On success *key is the directory's. A
 * failure, of which the way so far is noted, is -1 with errno.
 */
int way_to_directory(struct way *w, const char *path, struct file_key *key);
/* Follows the link `name` in the directory `dir` to its end. */
int way_through_link(struct way *w, int dir, const char *name, struct file_key *key);
/* Notes what has been found in `dir` already. */
void way_note(struct way *w, int dir, const char *name, const struct stat *stats, uint32_t folder_place,
	      uint32_t name_place);
/* Of what has been passed: where it is, for who looks for it from there. */
void way_name(struct way *w, const struct file_key *key, uint32_t folder_place, uint32_t name_place);

#endif
