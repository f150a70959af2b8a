#include "caller.h"

#include "../src/shell_name.h"
#include "sha256.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define ENVIRONMENT_MAX 65536 /* variables */
#define MEMORY_DEVICES 1      /* major number of the null, zero and random devices */

extern char **environ;

struct entries {
	const char *list[ENVIRONMENT_MAX];
	size_t count;
};

static bool is_ignored(const struct proof *proof, const char *entry)
{
	const uint32_t *ignored = proof_part(proof, proof->head->ignored);
	size_t length = strcspn(entry, "=");

	for (uint32_t i = 0; i < proof->head->ignored.count; i++) {
		const char *name = proof_string(proof, ignored[i]);
		size_t size = strlen(name);

		if (size > 0 && name[size - 1] == '*' ? strncmp(entry, name, size - 1) == 0 :
							size == length && memcmp(entry, name, size) == 0)
			return true;
	}
	return false;
}

static bool add_entry(const struct proof *proof, struct entries *entries, const char *entry)
{
	if (is_ignored(proof, entry))
		return true;
	if (entries->count == ENVIRONMENT_MAX)
		return false;
	entries->list[entries->count++] = entry;
	return true;
}

static bool is_passed_on(const char *entry)
{
	for (char **own = environ; *own != NULL; own++)
		if (strcmp(*own, entry) == 0)
			return true;
	return false;
}

/* The entries stay in use. */
static bool add_kept_back(const struct proof *proof, struct entries *entries, int launcher)
{
	char name[64], *entry = NULL;
	size_t size = 0;
	bool added = true;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/environ", launcher);
	file = fopen(name, "re");
	if (file == NULL)
		return false;
	while (added && getdelim(&entry, &size, '\0', file) > 0) {
		if (strchr(entry, '=') == NULL || is_shell_name(entry) || is_passed_on(entry))
			continue;
		added = add_entry(proof, entries, entry);
		entry = NULL;
		size = 0;
	}
	free(entry);
	fclose(file);
	return added;
}

static int compare_entries(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static bool is_same_environment(const struct proof *proof, int launcher)
{
	static struct entries entries;
	struct sha256 sha;
	uint8_t digest[SHA256_SIZE];

	entries.count = 0;
	for (char **entry = environ; *entry != NULL; entry++)
		if (!add_entry(proof, &entries, *entry))
			return false;
	if (!add_kept_back(proof, &entries, launcher))
		return false;
	qsort(entries.list, entries.count, sizeof(*entries.list), compare_entries);
	sha256_begin(&sha);
	sha256_add(&sha, proof->head->salt, sizeof(proof->head->salt));
	for (size_t i = 0; i < entries.count; i++)
		sha256_add(&sha, entries.list[i], strlen(entries.list[i]) + 1);
	sha256_end(&sha, digest);
	return memcmp(digest, proof->head->environment, sizeof(digest)) == 0;
}

static bool is_same_pwd(const struct proof *proof)
{
	const char *pwd = getenv("PWD");

	switch (proof->head->pwd_kind) {
	case PWD_ANY:
		return true;
	case PWD_UNSET:
		return pwd == NULL;
	default:
		return pwd != NULL && strcmp(pwd, proof_string(proof, proof->head->pwd)) == 0;
	}
}

static bool is_null(int fd)
{
	struct stat stats;

	return fstat(fd, &stats) == 0 && S_ISCHR(stats.st_mode) && major(stats.st_rdev) == MEMORY_DEVICES;
}

/* Somebody may read there what the command wrote. */
static bool is_read(int fd)
{
	struct stat stats;

	return fstat(fd, &stats) == 0 && (S_ISFIFO(stats.st_mode) || S_ISSOCK(stats.st_mode) || S_ISREG(stats.st_mode));
}

static bool can_replay(const struct proof *proof)
{
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (is_read(fd) && !(proof->head->streams & 1u << (fd - 1)))
			return false;
	return true;
}

bool caller_is_same(const struct proof *proof, int launcher)
{
	return (!proof->head->needs_null_stdin || is_null(STDIN_FILENO)) && can_replay(proof) && is_same_pwd(proof) &&
	       is_same_environment(proof, launcher);
}
