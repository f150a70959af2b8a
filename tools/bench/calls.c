/* calls NAME N FILE: makes a system call N times, and prints how many nanoseconds each took. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void call(const char *name, const char *file)
{
	struct stat stats;

	if (strcmp(name, "open") == 0)
		close(open(file, O_RDONLY));
	else if (strcmp(name, "stat") == 0)
		stat(file, &stats);
	else
		getppid();
}

int main(int argc, char **argv)
{
	struct timespec start, end;
	long count = argc == 4 ? atol(argv[2]) : 0;

	if (count <= 0)
		return 2;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	for (long i = 0; i < count; i++)
		call(argv[1], argv[3]);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	printf("%.0f\n", ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / count);
	return 0;
}
