/*
 * A way for the probe to see. One file each, one table of them in backend.c.
 * The supervisor process calls supervise(); the launcher, its parent, is there
 * to look after the command should the supervisor die.
 */
#ifndef OODATE_BACKEND_H
#define OODATE_BACKEND_H

#include "limits.h"
#include "terminal.h"

#include <stdbool.h>
#include <sys/types.h>

/* Why something is not possible here. */
struct refusal {
	const char *code; /* for programs: upper case, stable */
	char sentence[256];
	const char *remedy;
};

#define SHARED_SIZE 4096

/* What the command is to be run with. */
struct command {
	char **words;
	int log; /* where the filemon log goes */
	int output[3]; /* descriptors that the command gets as 0, 1 and 2 */
	bool in_place[3]; /* what is written there is output, not a file that the command was given */
	struct terminal terminal; /* what is written there is copied by the backend */
	bool bmake; /* the command is a bmake whose meta files get filemon sections */
	struct signals *signals;
	/* SHARED_SIZE bytes in memory that the launcher has too, zero at first: what let_go_on() needs. */
	void *shared;
};

/* Exit statuses of the probe that are not the command's, as env(1) and timeout(1) have them. */
#define EXIT_PROBE_FAILED 125
#define EXIT_CANNOT_EXECUTE 126
#define EXIT_NOT_FOUND 127

/* Reports come in this order, STOPPED any number of times; FAILED instead of any. */
enum report_kind { REPORT_STARTED, REPORT_STOPPED, REPORT_ENDED, REPORT_FAILED };

struct report {
	enum report_kind kind;
	pid_t pid; /* STARTED: of the command; with it comes the descriptor for let_go_on() */
	int status; /* ENDED: code and signal. FAILED: exit status for the launcher */
	int signal; /* STOPPED: by which */
	int error; /* ENDED: errno if the log could not be written, else 0 */
	struct refusal refusal; /* FAILED */
};

struct backend {
	const char *name;
	const char *description;
	const struct limit *limits;
	/* Makes ready for supervise(). 0 if it works here, else -1 with the reason. */
	int (*check)(struct refusal *refusal);
	/* Gives up what check() has made ready, which the supervisor has by then. */
	void (*release)(void);
	/* Waits for the programs that check() has started: a probe around this one takes them for part of its command. */
	void (*collect)(void);
	/* Runs the command, records it, reports to the launcher. Returns when nothing is left to do. */
	void (*supervise)(const struct command *command, int launcher);
	/* The supervisor is gone: let the call go on that it had received, if any; or the next one. fd came with STARTED. */
	void (*let_go_on)(int fd, const void *shared);
	void (*let_one_go_on)(int fd);
};

/* Sends with a descriptor beside it, or -1 for none. Returns -1 with errno. */
int report_send(int socket, const struct report *report, int fd);
/* Returns 1, 0 at the end, or -1 with errno. *fd is -1 if none came. */
int report_receive(int socket, struct report *report, int *fd);

extern const struct backend *const backends[]; /* best first, NULL at the end */

#endif
