#include "shapes.h"

#include "../src/call_numbers.h"
#include "listed_arguments.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define ADDRESS_2_3 .address = 2, .length = 3
#define ADDRESS_5_6 .address = 5, .length = 6

/* A shape by the name of the call's handler; a member that call_list.h has, too, is its own there. */
#define SHAPE_OF_look .kind = SHAPE_PATHS, .skip_empty = 1
#define SHAPE_OF_readlink .kind = SHAPE_PATHS
#define SHAPE_OF_open .kind = SHAPE_OPENS
#define SHAPE_OF_openat2 .kind = SHAPE_OPENS_HOW
#define SHAPE_OF_open_by_handle .kind = SHAPE_OPENS_HANDLE, .only_success = 1
#define SHAPE_OF_exec .kind = SHAPE_PATHS, .only_failure = 1
#define SHAPE_OF_list .kind = SHAPE_DESCRIPTOR, .only_success = 1
#define SHAPE_OF_rename .kind = SHAPE_PATHS
#define SHAPE_OF_remove .kind = SHAPE_PATHS
#define SHAPE_OF_make .kind = SHAPE_PATHS
#define SHAPE_OF_make_directory .kind = SHAPE_PATHS
#define SHAPE_OF_link .kind = SHAPE_PATHS
#define SHAPE_OF_symlink .kind = SHAPE_PATHS
#define SHAPE_OF_alter .kind = SHAPE_PATHS
#define SHAPE_OF_alter_descriptor .kind = SHAPE_DESCRIPTOR
#define SHAPE_OF_chdir .kind = SHAPE_MOVES
#define SHAPE_OF_fchdir .kind = SHAPE_DESCRIPTOR, .only_success = 1
#define SHAPE_OF_bind .kind = SHAPE_ADDRESS, ADDRESS_2_3
#define SHAPE_OF_connect .kind = SHAPE_ADDRESS, ADDRESS_2_3
#define SHAPE_OF_sendto .kind = SHAPE_ADDRESS, ADDRESS_5_6
#define SHAPE_OF_setns .kind = SHAPE_PLAIN, .only_success = 1
#define SHAPE_OF_chroot .kind = SHAPE_PATHS
#define SHAPE_OF_mount .kind = SHAPE_PATHS
#define SHAPE_OF_open_tree .kind = SHAPE_PATHS
#define SHAPE_OF_taken_descriptor .kind = SHAPE_OPENS_HANDLE, .only_success = 1
#define SHAPE_OF_name_to_handle .kind = SHAPE_PATHS
#define SHAPE_OF_read .kind = SHAPE_READS, .only_success = 1
#define SHAPE_OF_splice SHAPE_OF_read

#define CALL(call, handler, ...) \
	{ .number = __NR_##call, .shape = { SHAPE_OF_##handler }, .arguments = { __VA_ARGS__ } },
#define WATCHED(call, handler, ...)

static const struct {
	int number;
	struct shape shape;
	struct listed_arguments arguments;
} list[] = {
#include "../src/call_list.h"
};

/* Those that write to memory what they find. */
static const struct {
	int number;
	__u8 output;
	__u16 size;
} outputs[] = {
#ifdef __NR_stat
	{ __NR_stat, 2, sizeof(struct stat) },
	{ __NR_lstat, 2, sizeof(struct stat) },
	{ __NR_readlink, 2, 0 },
#endif
	{ __NR_newfstatat, 3, sizeof(struct stat) },
	{ __NR_statx, 5, sizeof(struct statx) },
	{ __NR_statfs, 2, sizeof(struct statfs) },
	{ __NR_readlinkat, 3, 0 },
	{ __NR_getxattr, 3, 0 },
	{ __NR_lgetxattr, 3, 0 },
	{ __NR_listxattr, 2, 0 },
	{ __NR_llistxattr, 2, 0 },
};

void shapes_fill(struct shape shapes[SHAPES], bool rings)
{
	memset(shapes, 0, sizeof(shapes[0]) * SHAPES);
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct shape *shape = &shapes[list[i].number];

		*shape = list[i].shape;
		shape->directory = list[i].arguments.directory;
		shape->path = list[i].arguments.path;
		shape->flags = list[i].arguments.flags;
		shape->directory2 = list[i].arguments.directory2;
		shape->path2 = list[i].arguments.path2;
		shape->fixed_flags = list[i].arguments.fixed_flags;
		/* Where a call of these has no path, it changes everything all the same. */
		if (shape->kind == SHAPE_PATHS && shape->path == 0)
			shape->kind = SHAPE_PLAIN;
	}
	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		shapes[outputs[i].number].output = outputs[i].output;
		shapes[outputs[i].number].output_size = outputs[i].size;
	}
	if (!rings)
		shapes[__NR_io_uring_setup] = (struct shape){ .kind = SHAPE_PLAIN, .only_success = 1 };
}

void shapes_add_buffers(struct shape shapes[SHAPES])
{
	shapes[__NR_write].buffers = BUFFERS_ONE;
	shapes[__NR_writev].buffers = BUFFERS_LISTED;
	shapes[__NR_pwritev2].buffers = BUFFERS_LISTED;
	shapes[__NR_sendfile].buffers = BUFFERS_HIDDEN;
	shapes[__NR_splice].buffers = BUFFERS_HIDDEN_THIRD;
}
