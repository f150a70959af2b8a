#ifndef OODATE_SHA256_H
#define OODATE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

/* (Source: FIPS 180-4.) */
struct sha256 {
	uint32_t state[8];
	uint64_t length; /* bytes added */
	uint8_t block[64];
};

void sha256_begin(struct sha256 *sha);
void sha256_add(struct sha256 *sha, const void *bytes, size_t size);
void sha256_end(struct sha256 *sha, uint8_t digest[SHA256_SIZE]);

#endif
