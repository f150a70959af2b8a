#ifndef OODATE_CRC32_H
#define OODATE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of zip and PNG (polynomial 0xEDB88320, reflected). */
uint32_t crc32(const unsigned char *bytes, size_t size);

#endif
