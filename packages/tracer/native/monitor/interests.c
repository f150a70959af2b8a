#include "interests.h"

#include <stdlib.h>
#include <string.h>

/* A power of two. Several thousand files make chains of a few. */
#define BUCKETS 4096

struct interest_list interests = TAILQ_HEAD_INITIALIZER(interests);
static struct file *by_key[BUCKETS], *by_watch[BUCKETS];
static struct interest *by_path[BUCKETS];

static unsigned key_bucket(const struct file_key *key)
{
	uint64_t mixed = ((uint64_t)key->inode ^ ((uint64_t)key->device << 40)) * 0x9e3779b97f4a7c15u;

	return (unsigned)(mixed >> 52) & (BUCKETS - 1);
}

static unsigned path_bucket(const char *path)
{
	uint32_t hash = 2166136261u;

	for (; *path != '\0'; path++)
		hash = (hash ^ (unsigned char)*path) * 16777619u;
	return hash & (BUCKETS - 1);
}

static bool is_same(const struct file_key *one, const struct file_key *other)
{
	return one->inode == other->inode && one->device == other->device;
}

struct file *interests_file(const struct file_key *key)
{
	struct file *file = by_key[key_bucket(key)];

	while (file != NULL && !is_same(&file->key, key))
		file = file->next_by_key;
	return file;
}

struct file *interests_file_by_watch(int watch)
{
	struct file *file = watch < 0 ? NULL : by_watch[(unsigned)watch & (BUCKETS - 1)];

	while (file != NULL && file->watch != watch)
		file = file->next_by_watch;
	return file;
}

static struct interest *first_of_path(struct interest *chain, const char *path)
{
	while (chain != NULL && strcmp(chain->path, path) != 0)
		chain = chain->next_by_path;
	return chain;
}

struct interest *interests_find_path(const char *path)
{
	return first_of_path(by_path[path_bucket(path)], path);
}

struct interest *interests_find_next(const struct interest *interest)
{
	return first_of_path(interest->next_by_path, interest->path);
}

struct interest *interests_find(const char *path, const struct file_key *key)
{
	struct interest *interest = by_path[path_bucket(path)];

	while (interest != NULL &&
	       (interest->file == NULL || !is_same(&interest->key, key) || strcmp(interest->path, path) != 0))
		interest = interest->next_by_path;
	return interest;
}

static struct file *add_file(const struct file_key *key)
{
	struct file *file = calloc(1, sizeof(*file)), **bucket = &by_key[key_bucket(key)];

	if (file == NULL)
		return NULL;
	file->key = *key;
	file->watch = -1;
	file->next_by_key = *bucket;
	*bucket = file;
	return file;
}

static void forget_watch(struct file *file)
{
	struct file **at = &by_watch[(unsigned)file->watch & (BUCKETS - 1)];

	if (file->watch < 0)
		return;
	while (*at != file)
		at = &(*at)->next_by_watch;
	*at = file->next_by_watch;
	file->watch = -1;
}

void interests_set_watch(struct file *file, int watch)
{
	struct file **bucket;

	if (file->watch == watch)
		return;
	forget_watch(file);
	if (watch < 0)
		return;
	bucket = &by_watch[(unsigned)watch & (BUCKETS - 1)];
	file->watch = watch;
	file->next_by_watch = *bucket;
	*bucket = file;
}

static void remove_file(struct file *file)
{
	struct file **at = &by_key[key_bucket(&file->key)];

	while (*at != file)
		at = &(*at)->next_by_key;
	*at = file->next_by_key;
	forget_watch(file);
	free(file->remover);
	free(file);
}

struct interest *interests_add(const char *path, const struct file_key *key)
{
	size_t size = strlen(path) + 1;
	struct interest *interest = calloc(1, sizeof(*interest) + size), **bucket = &by_path[path_bucket(path)];
	struct file *file = interests_file(key);

	if (interest == NULL || (file == NULL && (file = add_file(key)) == NULL)) {
		free(interest);
		return NULL;
	}
	memcpy(interest->path, path, size);
	interest->key = *key;
	interest->file = file;
	interest->next = file->interests;
	file->interests = interest;
	interest->next_by_path = *bucket;
	*bucket = interest;
	TAILQ_INSERT_TAIL(&interests, interest, all);
	return interest;
}

void interests_sum_up(struct file *file)
{
	file->wants = 0;
	for (const struct interest *interest = file->interests; interest != NULL; interest = interest->next)
		file->wants |= interest->wants;
}

void interests_detach(struct interest *interest)
{
	struct file *file = interest->file;
	struct interest **at;

	if (file == NULL)
		return;
	at = &file->interests;
	while (*at != interest)
		at = &(*at)->next;
	*at = interest->next;
	interest->file = NULL;
	if (file->interests == NULL)
		remove_file(file);
	else
		interests_sum_up(file);
}

void interests_remove(struct interest *interest)
{
	struct interest **at = &by_path[path_bucket(interest->path)];

	interests_detach(interest);
	while (*at != interest)
		at = &(*at)->next_by_path;
	*at = interest->next_by_path;
	TAILQ_REMOVE(&interests, interest, all);
	free(interest);
}
