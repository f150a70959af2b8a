#include "images.h"

#include <stdlib.h>
#include <string.h>

/* 4,096 images, of which the older ones make room. */
#define SETS_BITS 9
#define SET_SIZE 8

struct image {
	__u64 number, noted;
	unsigned ancestors;
	struct told_ancestor ancestor[TOLD_ANCESTORS_MAX];
	size_t words, words_size; /* where the words begin; 0 if they were not told */
	bool words_cut;
	char text[]; /* executable and words */
};

static struct image *images[1 << SETS_BITS][SET_SIZE];

static struct image **set_of(__u64 number)
{
	return images[number * 0x9e3779b97f4a7c15u >> (64 - SETS_BITS)];
}

/* One that is free, or the one that was noted longest ago. */
static struct image **place_for(__u64 number)
{
	struct image **set = set_of(number), **place = set;

	for (unsigned i = 0; i < SET_SIZE && *place != NULL; i++)
		if (set[i] == NULL || set[i]->noted < (*place)->noted)
			place = &set[i];
	return place;
}

int images_note(const struct told *head, const struct told_ancestor *ancestors, const char *executable, const char *words)
{
	static __u64 noted;
	struct image **place = place_for(head->image), *image;
	size_t size = strlen(executable) + 1;

	/* Words that were cut have no NUL at the end. */
	image = calloc(1, sizeof(*image) + size + head->lengths[1] + 1u);
	if (image == NULL)
		return -1;
	*image = (struct image){
		.number = head->image,
		.noted = ++noted,
		.ancestors = head->count,
		.words = size,
		.words_size = head->lengths[1] + (head->bits & BIT_WORDS_CUT ? 1u : 0u),
		.words_cut = head->bits & BIT_WORDS_CUT,
	};
	memcpy(image->ancestor, ancestors, sizeof(*ancestors) * head->count);
	memcpy(image->text, executable, size);
	memcpy(image->text + size, words, head->lengths[1]);
	free(*place);
	*place = image;
	return 0;
}

bool images_describe(__u64 number, struct actor *actor)
{
	struct image *const *set = set_of(number);
	const struct image *image = NULL;

	for (unsigned i = 0; i < SET_SIZE && image == NULL; i++)
		if (set[i] != NULL && set[i]->number == number)
			image = set[i];
	if (image == NULL)
		return number == 0;
	actor->executable = image->text[0] == '\0' ? NULL : image->text;
	actor->words = image->words_size == 0 ? NULL : image->text + image->words;
	actor->words_size = image->words_size;
	actor->words_cut = image->words_cut;
	actor->ancestors = image->ancestors;
	for (unsigned i = 0; i < image->ancestors; i++) {
		actor->ancestor[i].pid = image->ancestor[i].pid;
		memcpy(actor->ancestor[i].name, image->ancestor[i].name, sizeof(actor->ancestor[i].name));
	}
	return true;
}
