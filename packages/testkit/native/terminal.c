/*
 * terminal ROWS COLUMNS PROGRAM [WORD ...]: runs a program on a pseudo-terminal of
 * its own, as the leader of a session, and writes to stdout what appears there.
 * Lines on stdin tell what the person before it does:
 *
 *   type HEX               press these keys (bytes in hexadecimal)
 *   resize ROWS COLUMNS    make the window another size
 *   hangup                 close the terminal
 *   hold, release          look away from it, so that it fills, and at it again
 *
 * When the program has ended, a line on descriptor 3 says how ("exit N" or
 * "signal N"), with " echo" after it if the terminal echoes, and it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#define LINE_MAX_LENGTH 65536

static int master, held;

static void write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		bytes += n;
		length -= (size_t)n;
	}
}

static void type(const char *digits)
{
	for (unsigned byte; sscanf(digits, "%2x", &byte) == 1; digits += 2) {
		char key = (char)byte;

		write_all(master, &key, 1);
	}
}

static void obey(const char *line)
{
	struct winsize size = { 0 };

	if (strncmp(line, "type ", 5) == 0) {
		type(line + 5);
	} else if (sscanf(line, "resize %hu %hu", &size.ws_row, &size.ws_col) == 2) {
		ioctl(master, TIOCSWINSZ, &size);
	} else if (strcmp(line, "hold") == 0) {
		held = 1;
	} else if (strcmp(line, "release") == 0) {
		held = 0;
	} else if (strcmp(line, "hangup") == 0) {
		close(master);
		master = -1;
	}
}

/* false at the end of stdin */
static int hear(void)
{
	static char line[LINE_MAX_LENGTH];
	static size_t used;
	char byte;

	if (read(STDIN_FILENO, &byte, 1) != 1)
		return 0;
	if (byte != '\n') {
		if (used < sizeof(line) - 1)
			line[used++] = byte;
		return 1;
	}
	line[used] = '\0';
	used = 0;
	obey(line);
	return 1;
}

/* false once nothing more comes */
static int show(void)
{
	char bytes[65536];
	ssize_t length = master < 0 ? 0 : read(master, bytes, sizeof(bytes));

	if (length <= 0)
		return 0;
	write_all(STDOUT_FILENO, bytes, (size_t)length);
	return 1;
}

static void drain(void)
{
	struct pollfd polled = { .fd = master, .events = POLLIN };

	while (poll(&polled, 1, 0) > 0 && (polled.revents & POLLIN) && show())
		;
}

int main(int argc, char **argv)
{
	struct winsize size = { 0 };
	struct termios state = { 0 };
	char report[64];
	pid_t child;
	int slave, ended, status;

	if (argc < 4)
		return 2;
	size.ws_row = (unsigned short)atoi(argv[1]);
	size.ws_col = (unsigned short)atoi(argv[2]);
	fcntl(3, F_SETFD, FD_CLOEXEC);
	/* Held open here too: else the last words of a program that has ended could be lost. */
	if (openpty(&master, &slave, NULL, NULL, &size) < 0)
		return 2;
	fcntl(master, F_SETFD, FD_CLOEXEC);
	child = fork();
	if (child == 0) {
		signal(SIGPIPE, SIG_DFL);
		if (login_tty(slave) < 0)
			_exit(125);
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	ended = (int)syscall(SYS_pidfd_open, child, 0);
	for (int listening = 1;;) {
		struct pollfd polled[] = { { .fd = held ? -1 : master, .events = POLLIN },
					   { .fd = listening ? STDIN_FILENO : -1, .events = POLLIN },
					   { .fd = ended, .events = POLLIN } };

		if (poll(polled, 3, -1) < 0)
			continue;
		if (polled[0].revents)
			show();
		if (polled[1].revents)
			listening = hear();
		if (polled[2].revents)
			break;
	}
	if (waitpid(child, &status, 0) < 0)
		return 2;
	drain();
	tcgetattr(slave, &state);
	snprintf(report, sizeof(report), "%s %d%s\n", WIFSIGNALED(status) ? "signal" : "exit",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), state.c_lflag & ECHO ? " echo" : "");
	write_all(3, report, strlen(report));
	return 0;
}
