/*
 * Runs a command under a backend. Three processes: the launcher, which has the
 * command's exit status in the end; below it the supervisor, which sees and
 * records; below that the command. Should the supervisor die, the launcher lets
 * the command go on, and says in the log that the trace is incomplete.
 */
#ifndef OODATE_LAUNCH_H
#define OODATE_LAUNCH_H

#include "backend.h"

struct launch {
	const struct backend *backend;
	char **words;
	int log;
	int copy; /* where a copy of the output goes, or -1 */
	unsigned terminals; /* those of the standard streams to which what is written is copied by the backend, see terminal.h */
	bool bmake; /* the command is a bmake whose meta files get filemon sections */
	bool quiet; /* failures are said in the log only */
	pid_t caller; /* the program that asked our parent for this run, or 0 */
};

/* Returns the exit status: the command's, or EXIT_PROBE_FAILED and so on. Ends by the signal that ended the command. */
int launch(const struct launch *launch);

#endif
