#include "crc32.h"

#include <string.h>

/* tables[k][b]: what byte b does to the sum when k more bytes follow it. So eight bytes take one step. */
static uint32_t tables[8][256];

static void fill_tables(void)
{
	if (tables[0][1] != 0)
		return;
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t sum = byte;

		for (int bit = 0; bit < 8; bit++)
			sum = sum & 1 ? sum >> 1 ^ 0xedb88320u : sum >> 1;
		tables[0][byte] = sum;
	}
	for (uint32_t byte = 0; byte < 256; byte++)
		for (int k = 1; k < 8; k++)
			tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 0xff];
}

uint32_t crc32(const unsigned char *bytes, size_t size)
{
	uint32_t sum = ~0u;

	fill_tables();
	for (; size >= 8; bytes += 8, size -= 8) {
		uint32_t low, high;

		memcpy(&low, bytes, 4);
		memcpy(&high, bytes + 4, 4);
		low ^= sum;
		sum = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^
		      tables[4][low >> 24] ^ tables[3][high & 0xff] ^ tables[2][high >> 8 & 0xff] ^
		      tables[1][high >> 16 & 0xff] ^ tables[0][high >> 24];
	}
	for (; size > 0; bytes++, size--)
		sum = sum >> 8 ^ tables[0][(sum ^ *bytes) & 0xff];
	return ~sum;
}
