/*
 * Stands between a user's shell and a program, as Node, that is to run a command
 * for the user but cannot hand on all that it was given: Node takes away
 * ignored signals, the signal mask, descriptors above 2 and the soft limit on
 * descriptors, puts the terminal back as it found it, and does not see a
 * child stop. So the front starts the program, and the commands that the program
 * asks for, and is for the shell what a command alone would be.
 *
 * The program finds in OODATE_FRONT two descriptors, "REQUEST,ANSWER", and
 * writes to the first, for one command at a time, in the byte order of the machine:
 *
 *   struct front_request, then strings, each with a NUL: the directory, the words, the
 *   variables of the environment that differ from the front's ("NAME=VALUE", or "NAME"
 *   for one that is not to be)
 *
 * and reads from the other one struct front_answer when the command has ended.
 * When the command was ended by a signal and the program's own exit status is 128
 * + its number, the front ends by it too.
 */
#ifndef OODATE_FRONT_H
#define OODATE_FRONT_H

#include <stdint.h>

#define FRONT_REQUEST_MAX (64u << 20)

struct front_request {
	uint32_t length; /* of the strings, in bytes */
	uint32_t words;
	uint32_t variables;
	uint32_t stdout_to_stderr; /* 0 or 1 */
};

enum front_end { FRONT_EXITED, FRONT_KILLED, FRONT_NOT_STARTED };

struct front_answer {
	uint32_t end;
	uint32_t value; /* exit status, signal or errno */
};

/* Runs the program and what it asks for. Returns the exit status, or ends by a signal. */
int front(char **words);
/*
 * Prints, as hexadecimal digits for OODATE_DROPPED, the variables that process pid was
 * given and that a shell would not pass on. Returns the exit status.
 */
int front_print_dropped(const char *pid);

#endif
