/*
 * Leaves its session and its parents behind, as daemons do, changes to a
 * directory, copies `in` to `out` there and ends.
 *
 *   daemon DIRECTORY
 *
 * Whoever reads the standard output it was given sees its end when the daemon
 * has ended.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int copy(const char *from, const char *to)
{
	char bytes[4096];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0666);
	ssize_t got = read(in, bytes, sizeof(bytes));

	return got < 0 || write(out, bytes, (size_t)got) != got;
}

static void leave(void)
{
	pid_t child = fork();

	if (child != 0)
		_exit(child < 0);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	leave();
	setsid();
	leave();
	umask(022);
	return chdir(argv[1]) < 0 || copy("in", "out") || unlink("in") < 0;
}
