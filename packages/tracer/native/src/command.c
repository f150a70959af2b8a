#include "command.h"

#include "record.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void command_take_places(const struct command *command)
{
	/* Away from the places below, before those are taken. */
	for (int i = 0; i < 3; i++)
		if (command->output[i] != i && dup2(command->output[i], i) < 0)
			_exit(EXIT_PROBE_FAILED);
}

void command_mark_in_place(const struct command *command, int flags)
{
	for (int i = 1; i < 3; i++)
		if (command->in_place[i])
			fcntl(i, F_SETFD, flags);
}

static void describe_exec_failure(struct report *report, const char *word, int error)
{
	const char *sentence = strerror(error);

	report->kind = REPORT_FAILED;
	report->status = error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
	report->refusal.code = error == ENOENT ? "COMMAND_NOT_FOUND" : "CANNOT_EXECUTE";
	report->refusal.remedy = NULL;
	if (error == ENOENT)
		sentence = strchr(word, '/') != NULL && access(word, F_OK) == 0 ?
				   "the interpreter that it names was not found" :
				   "command not found";
	else if (error == EACCES)
		sentence = "may not be executed";
	snprintf(report->refusal.sentence, sizeof(report->refusal.sentence), "%.160s: %s", word, sentence);
}

void command_execute(const struct command *command, const char *backend, struct report *report)
{
	setenv("OODATE_PROBE", backend, 1);
	signals_restore(command->signals);
	execvp(command->words[0], command->words);
	describe_exec_failure(report, command->words[0], errno);
}

void command_close_output(const struct command *command)
{
	for (int i = 1; i < 3; i++)
		if (command->output[i] > 2)
			close(command->output[i]);
}

void command_write_failure(const struct command *command, const struct refusal *refusal)
{
	dprintf(command->log, "# Failed %s %s\n", refusal->code, refusal->sentence);
}

void command_fail(const struct command *command, int launcher, struct report *report)
{
	report->kind = REPORT_FAILED;
	command_write_failure(command, &report->refusal);
	report_send(launcher, report, -1);
}

pid_t command_fork(const struct command *command, int launcher, int sockets[2], int ends[2])
{
	struct report report = { .status = EXIT_PROBE_FAILED, .refusal = { .code = "NO_PROCESS" } };
	pid_t child;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 || (child = fork()) < 0) {
		report.refusal.remedy = "free memory or processes";
		snprintf(report.refusal.sentence, sizeof(report.refusal.sentence), "%s", strerror(errno));
		command_fail(command, launcher, &report);
		return -1;
	}
	if (child == 0) {
		/* A listener on its way stays open with the receiving end, and the launcher waits for the last of its own. */
		close(launcher);
		close(sockets[0]);
		close(ends[0]);
	}
	return child;
}

void command_receive_ending(const struct command *command, int end, pid_t child, struct report *report)
{
	int unused, status;
	bool told = report_receive(end, report, &unused) == 1;

	if (waitpid(child, &status, 0) == child) {
		report->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
		report->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	}
	report->kind = REPORT_ENDED;
	errno = report->error;
	if ((!told && recorder_give_up(command->log) < 0) || report->error != 0)
		fprintf(stderr, "oodate-probe: the log could not be written: %s\n", strerror(errno));
}
