/*
 * Starts a program in every way there is, in a directory that each child is
 * given for itself: fork, vfork, posix_spawn with file actions, posix_spawnp
 * past a directory of PATH without it, fexecve, execveat below a descriptor,
 * a bare clone with its own files, and a thread.
 *
 *   spawns DIRECTORY PROGRAM [WORD...]
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *directory;
static char **command;

static int child_fork(void)
{
	pid_t child = fork();

	if (child == 0) {
		if (chdir(directory) == 0)
			execve(command[0], command, environ);
		_exit(127);
	}
	return child;
}

static int child_vfork(void)
{
	pid_t child = vfork();

	if (child == 0) {
		execve(command[0], command, environ);
		_exit(127);
	}
	return child;
}

static int child_spawn(void)
{
	posix_spawn_file_actions_t actions;
	pid_t child;
	int failed = posix_spawn_file_actions_init(&actions) ||
		     posix_spawn_file_actions_addchdir_np(&actions, directory) ||
		     posix_spawn_file_actions_addopen(&actions, 5, "spawned.txt", O_WRONLY | O_CREAT | O_TRUNC, 0666) ||
		     posix_spawn(&child, command[0], &actions, NULL, command, environ);

	return failed ? -1 : child;
}

static int child_spawn_from_path(void)
{
	char path[] = "PATH=/nowhere:/usr/bin:/bin";
	pid_t child;

	putenv(path);
	return posix_spawnp(&child, strrchr(command[0], '/') + 1, NULL, NULL, command, environ) ? -1 : child;
}

static int child_fexecve(void)
{
	pid_t child = fork();

	if (child == 0) {
		fexecve(open(command[0], O_PATH | O_CLOEXEC), command, environ);
		_exit(127);
	}
	return child;
}

static int child_execveat(void)
{
	pid_t child = fork();

	if (child == 0) {
		syscall(SYS_execveat, open("/", O_PATH | O_CLOEXEC), command[0] + 1, command, environ, 0);
		_exit(127);
	}
	return child;
}

static int run_command(void *unused)
{
	(void)unused;
	if (chdir(directory) == 0)
		execve(command[0], command, environ);
	_exit(127);
}

static int child_clone(void)
{
	static char stack[1 << 16] __attribute__((aligned(16)));

	return clone(run_command, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
}

static void *in_thread(void *result)
{
	*(pid_t *)result = child_spawn();
	return NULL;
}

static int child_of_thread(void)
{
	pthread_t thread;
	pid_t child = -1;

	return pthread_create(&thread, NULL, in_thread, &child) || pthread_join(thread, NULL) ? -1 : child;
}

int main(int argc, char **argv)
{
	static int (*const ways[])(void) = { child_fork,    child_vfork,    child_spawn, child_spawn_from_path,
					     child_fexecve, child_execveat, child_clone, child_of_thread };
	int status;

	if (argc < 3 || argv[2][0] != '/')
		return 2;
	directory = argv[1];
	command = argv + 2;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		pid_t child = ways[i]();

		if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
			fprintf(stderr, "way %zu failed\n", i);
			return 1;
		}
	}
	return 0;
}
