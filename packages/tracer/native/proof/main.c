/*
 * oodate-proof PROGRAM WORD...: answers a call of oodate with these words if a proof shows
 * that the target is up to date: writes what the command wrote, and exits with 0. PROGRAM
 * is oodate's own, that would be asked otherwise. Exit status 125: it is up to date, and
 * its output could not be written. Any other: nothing was written, PROGRAM is to be asked.
 * The shell that starts it waits for it, so that what that was given can be seen.
 */
#include "asking.h"
#include "caller.h"
#include "looks.h"
#include "proof.h"
#include "replay.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_ASK 75

/* Where the planner keeps its files, in a package and anywhere else. */
static const char *const folders[] = { "node_modules/.cache/oodate", ".oodate" };

/* The file was made shorter while it was read. */
static void ask(int number)
{
	(void)number;
	_exit(EXIT_ASK);
}

static bool has_standard_descriptors(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return false;
	return true;
}

/* What is looked for in each folder of the planner's, from the directory of the call up, until something is found. */
struct search {
	const char *program;
	char *const *words;
	const char *cwd;
	char name[NAME_MAX + 1];
	struct proof proof;
	char path[PATH_MAX]; /* of the proof */
	struct asking asking;
};

static bool find_up(struct search *search, bool (*find)(struct search *search, const char *folder))
{
	char folder[PATH_MAX];

	for (size_t length = strlen(search->cwd); length > 0;) {
		/* "/" alone has its slash with the folder. */
		int shown = length == 1 ? 0 : (int)length;

		for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
			if (snprintf(folder, sizeof(folder), "%.*s/%s", shown, search->cwd, folders[i]) <
				    (int)sizeof(folder) &&
			    find(search, folder))
				return true;
		if (length == 1)
			break;
		while (search->cwd[length - 1] != '/')
			length--;
		if (length > 1)
			length--;
	}
	return false;
}

static bool find_proof(struct search *search, const char *folder)
{
	if (snprintf(search->path, sizeof(search->path), "%s/%s", folder, search->name) >= (int)sizeof(search->path) ||
	    proof_open(&search->proof, search->path) < 0)
		return false;
	if (proof_is_of_call(&search->proof, search->program, search->words, search->cwd))
		return true;
	proof_close(&search->proof);
	return false;
}

static bool find_recorder(struct search *search, const char *folder)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/recorder", folder) < (int)sizeof(path) &&
	       asking_begin(&search->asking, path);
}

/* Without one look if a recorder knows. */
static bool is_up_to_date(struct search *search)
{
	bool recorded = find_up(search, find_recorder), holds;

	/* It answers while the caller is looked at. */
	if (recorded)
		asking_send(&search->asking, &search->proof);
	if (!caller_is_same(&search->proof, getppid()))
		return false;
	if (recorded && asking_holds(&search->asking))
		return true;
	proof_fetch(&search->proof);
	holds = looks_hold(&search->proof);
	if (recorded && holds)
		asking_tell(&search->asking, search->path);
	return holds;
}

int main(int argc, char **argv)
{
	static char cwd[PATH_MAX];
	static struct search search;

	/* Inside a traced command every input must be seen to be read, or the outer target would not depend on it. */
	if (argc < 3 || getenv("OODATE_PROBE") != NULL || !has_standard_descriptors())
		return EXIT_ASK;
	signal(SIGBUS, ask);
	if (getcwd(cwd, sizeof(cwd)) == NULL || cwd[0] != '/')
		return EXIT_ASK;
	search.program = argv[1];
	search.words = argv + 2;
	search.cwd = cwd;
	if (proof_name(search.words, cwd, search.name, sizeof(search.name)) < 0 || !find_up(&search, find_proof) ||
	    !is_up_to_date(&search))
		return EXIT_ASK;
	return replay(&search.proof);
}
