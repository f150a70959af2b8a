/* The least that any tool must do which compares files by path: stat(2) on each line of a file, nothing else. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	static char line[8192];
	FILE *list = argc == 2 ? fopen(argv[1], "r") : NULL;
	struct stat stats;

	if (list == NULL)
		return 2;
	while (fgets(line, sizeof(line), list) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (stat(line, &stats) < 0)
			return 1;
	}
	return 0;
}
