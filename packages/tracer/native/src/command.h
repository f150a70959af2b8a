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
/*
 * In the supervisor: starts the child that will be the command. sockets and ends are those between it and the
 * supervisor, whose own come first. 0 in the child, -1 if that was not possible, which is said then.
 */
pid_t command_fork(const struct command *command, int launcher, int sockets[2], int ends[2]);
/*
 * Waits for the command. What whoever wrote the log has to say of the end comes by `end`; without that there is a
 * wait for the command alone.
 */
void command_receive_ending(const struct command *command, int end, pid_t child, struct report *report);
void command_close_output(const struct command *command);
void command_write_failure(const struct command *command, const struct refusal *refusal);
void command_fail(const struct command *command, int launcher, struct report *report);

#endif
