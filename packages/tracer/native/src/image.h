/* What the kernel itself opens when it executes a file: execve(2), binfmt_script, binfmt_elf. */
#ifndef OODATE_IMAGE_H
#define OODATE_IMAGE_H

#include <stddef.h>

enum image_kind {
	IMAGE_SCRIPT,  /* begins with #!; interpreter is the program named there */
	IMAGE_ELF,     /* interpreter is the dynamic linker, or empty for a static program */
	IMAGE_FOREIGN, /* an ELF file for another word size or machine */
	IMAGE_OTHER,   /* the kernel refuses it, unless binfmt_misc knows it */
};

/* Reads the beginning of the file at path. A file that cannot be read is IMAGE_ELF without interpreter. */
enum image_kind image_read(const char *path, char *interpreter, size_t size);

#endif
