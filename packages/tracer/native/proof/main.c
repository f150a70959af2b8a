/*
 * oodate-proof PROGRAM WORD...: answers a call of oodate with these words if a proof shows
 * that the target is up to date: writes what the command wrote, and exits with 0. PROGRAM
 * is oodate's own, that would be asked otherwise. Exit status 125: it is up to date, and
 * its output could not be written. Any other: nothing was written, PROGRAM is to be asked.
 * The shell that starts it waits for it, so that what that was given can be seen.
 */
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

/* The nearest one of the call, from its directory up. */
static int find_proof(struct proof *proof, const char *program, char *const *words, const char *cwd)
{
	char name[NAME_MAX + 1], path[PATH_MAX];

	if (proof_name(words, cwd, name, sizeof(name)) < 0)
		return -1;
	for (size_t length = strlen(cwd); length > 0;) {
		/* "/" alone has its slash with the folder. */
		int shown = length == 1 ? 0 : (int)length;

		for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
			int size = snprintf(path, sizeof(path), "%.*s/%s/%s", shown, cwd, folders[i], name);

			if (size >= (int)sizeof(path) || proof_open(proof, path) < 0)
				continue;
			if (proof_is_of_call(proof, program, words, cwd))
				return 0;
			proof_close(proof);
		}
		if (length == 1)
			break;
		while (cwd[length - 1] != '/')
			length--;
		if (length > 1)
			length--;
	}
	return -1;
}

int main(int argc, char **argv)
{
	static char cwd[PATH_MAX];
	struct proof proof;

	/* Inside a traced command every input must be seen to be read, or the outer target would not depend on it. */
	if (argc < 3 || getenv("OODATE_PROBE") != NULL || !has_standard_descriptors())
		return EXIT_ASK;
	signal(SIGBUS, ask);
	if (getcwd(cwd, sizeof(cwd)) == NULL || cwd[0] != '/' || find_proof(&proof, argv[1], argv + 2, cwd) < 0)
		return EXIT_ASK;
	if (!caller_is_same(&proof, getppid()) || !looks_hold(&proof))
		return EXIT_ASK;
	return replay(&proof);
}
