#include "image.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define NATIVE_MACHINE EM_AARCH64
#endif

/* The kernel looks at this many bytes for #! (BINPRM_BUF_SIZE). */
#define SCRIPT_HEAD 256
/* Program headers looked at; the one that names the interpreter comes early. */
#define PARTS_MAX 64

static enum image_kind read_script(char *head, ssize_t length, char *interpreter, size_t size)
{
	char *start, *end;

	head[length] = '\0';
	start = head + 2 + strspn(head + 2, " \t");
	end = start + strcspn(start, " \t\n");
	/* A name that goes on beyond what the kernel looks at is refused. */
	if (start == end || (size_t)(end - start) >= size || end == head + SCRIPT_HEAD)
		return IMAGE_OTHER;
	memcpy(interpreter, start, (size_t)(end - start));
	interpreter[end - start] = '\0';
	return IMAGE_SCRIPT;
}

static enum image_kind read_elf(int fd, const char *head, ssize_t length, char *interpreter, size_t size)
{
	static Elf64_Phdr parts[PARTS_MAX];
	Elf64_Ehdr elf;
	ssize_t count;

	if (length < (ssize_t)sizeof(elf))
		return IMAGE_OTHER;
	memcpy(&elf, head, sizeof(elf));
	if (elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_machine != NATIVE_MACHINE)
		return IMAGE_FOREIGN;
	count = pread(fd, parts, sizeof(parts), (off_t)elf.e_phoff) / (ssize_t)sizeof(parts[0]);
	for (ssize_t i = 0; i < count && i < elf.e_phnum; i++) {
		const Elf64_Phdr *part = &parts[i];

		if (part->p_type != PT_INTERP)
			continue;
		if (part->p_filesz == 0 || part->p_filesz > size)
			break;
		/* The kernel refuses a file that ends before, and there is no interpreter then. */
		if (pread(fd, interpreter, part->p_filesz, (off_t)part->p_offset) == (ssize_t)part->p_filesz)
			interpreter[part->p_filesz - 1] = '\0';
		else
			interpreter[0] = '\0';
		break;
	}
	return IMAGE_ELF;
}

enum image_kind image_read(const char *path, char *interpreter, size_t size)
{
	char head[SCRIPT_HEAD + 1];
	enum image_kind kind = IMAGE_ELF;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t length;

	interpreter[0] = '\0';
	if (fd < 0)
		return IMAGE_ELF;
	length = read(fd, head, SCRIPT_HEAD);
	if (length >= 2 && memcmp(head, "#!", 2) == 0)
		kind = read_script(head, length, interpreter, size);
	else if (length >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0)
		kind = read_elf(fd, head, length, interpreter, size);
	else if (length >= 0)
		kind = IMAGE_OTHER;
	close(fd);
	return kind;
}
