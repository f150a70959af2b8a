/* The command's first process up to its exec, and what is said if that fails: alike in all backends. */
#ifndef OODATE_COMMAND_H
#define OODATE_COMMAND_H

#include "backend.h"

/* In the child: puts the command's output where it belongs. */
void command_take_places(const struct command *command);
/* Marks output that is written in place, and is no file given to the command, as to be closed; flags as of F_SETFD. */
void command_mark_in_place(const struct command *command, int flags);
/* Executes the command, or tells in the report why that is not possible. */
void command_execute(const struct command *command, const char *backend, struct report *report);
/* In the supervisor. */
void command_close_output(const struct command *command);
void command_write_failure(const struct command *command, const struct refusal *refusal);
void command_fail(const struct command *command, int launcher, struct report *report);

#endif
