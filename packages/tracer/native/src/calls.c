#include "calls.h"

#include "handlers.h"

#include <fcntl.h>
#include <sys/syscall.h>

/* From Linux 6.6 and later, newer than the headers in use. */
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif
#ifndef __NR_setxattrat
#define __NR_setxattrat 463
#define __NR_getxattrat 464
#define __NR_listxattrat 465
#define __NR_removexattrat 466
#endif
#ifndef __NR_open_tree_attr
#define __NR_open_tree_attr 467
#endif
#ifndef __NR_file_getattr
#define __NR_file_getattr 468
#define __NR_file_setattr 469
#endif

#define CREAT_FLAGS (O_CREAT | O_WRONLY | O_TRUNC)
#define CALL(call, handler, ...) { .number = __NR_##call, .name = #call, .handle = handle_##handler, __VA_ARGS__ }

/* The most frequent first: the filter goes through them in this order. */
const struct call calls[] = {
	CALL(openat, open, .directory = 1, .path = 2, .flags = 3),
	CALL(newfstatat, look, .directory = 1, .path = 2, .flags = 4, .sent = SENT_UNLESS_FSTAT),
	CALL(statx, look, .directory = 1, .path = 2, .flags = 3, .sent = SENT_UNLESS_FSTAT),
	CALL(readlinkat, readlink, .directory = 1, .path = 2),
#ifdef __NR_open
	CALL(open, open, .path = 1, .flags = 2),
	CALL(stat, look, .path = 1),
	CALL(lstat, look, .path = 1, .fixed_flags = AT_SYMLINK_NOFOLLOW),
	CALL(access, look, .path = 1),
	CALL(readlink, readlink, .path = 1),
	CALL(creat, open, .path = 1, .fixed_flags = CREAT_FLAGS),
	CALL(rename, rename, .path = 1, .path2 = 2),
	CALL(unlink, remove, .path = 1),
	CALL(rmdir, remove, .path = 1, .fixed_flags = AT_REMOVEDIR),
	CALL(mkdir, make, .path = 1),
	CALL(mknod, make, .path = 1),
	CALL(link, link, .path = 1, .path2 = 2),
	CALL(symlink, symlink, .path = 1, .path2 = 2),
	CALL(chmod, alter, .path = 1),
	CALL(chown, alter, .path = 1),
	CALL(lchown, alter, .path = 1, .fixed_flags = AT_SYMLINK_NOFOLLOW),
	CALL(utime, alter, .path = 1),
	CALL(utimes, alter, .path = 1),
	CALL(futimesat, alter, .directory = 1, .path = 2),
	CALL(getdents, list, .directory = 1),
	CALL(uselib, look, .path = 1),
#endif
	CALL(read, read, .sent = SENT_IF_STANDARD_INPUT),
	CALL(readv, read, .sent = SENT_IF_STANDARD_INPUT),
	CALL(splice, read, .sent = SENT_IF_STANDARD_INPUT),
	CALL(tee, read, .sent = SENT_IF_STANDARD_INPUT),
	CALL(vmsplice, read, .sent = SENT_IF_STANDARD_INPUT),
	CALL(preadv2, read, .sent = SENT_IF_STANDARD_INPUT),
	CALL(recvfrom, read, .sent = SENT_IF_STANDARD_INPUT),
	CALL(recvmsg, read, .sent = SENT_IF_STANDARD_INPUT),
	CALL(recvmmsg, read, .sent = SENT_IF_STANDARD_INPUT),
	CALL(faccessat, look, .directory = 1, .path = 2),
	CALL(faccessat2, look, .directory = 1, .path = 2, .flags = 4),
	CALL(getdents64, list, .directory = 1),
	CALL(execve, exec, .path = 1),
	CALL(execveat, exec, .directory = 1, .path = 2, .flags = 5),
	CALL(exit_group, exit_group, 0),
	CALL(exit, exit, 0),
	CALL(openat2, openat2, .directory = 1, .path = 2),
#ifdef __NR_renameat
	CALL(renameat, rename, .directory = 1, .path = 2, .directory2 = 3, .path2 = 4),
#endif
	CALL(renameat2, rename, .directory = 1, .path = 2, .directory2 = 3, .path2 = 4, .flags = 5),
	CALL(unlinkat, remove, .directory = 1, .path = 2, .flags = 3),
	CALL(mkdirat, make, .directory = 1, .path = 2),
	CALL(mknodat, make, .directory = 1, .path = 2),
	CALL(linkat, link, .directory = 1, .path = 2, .directory2 = 3, .path2 = 4, .flags = 5),
	CALL(symlinkat, symlink, .path = 1, .directory2 = 2, .path2 = 3),
	CALL(truncate, alter, .path = 1),
	CALL(fchmodat, alter, .directory = 1, .path = 2),
	CALL(fchmodat2, alter, .directory = 1, .path = 2, .flags = 4),
	CALL(fchownat, alter, .directory = 1, .path = 2, .flags = 5),
	CALL(utimensat, alter, .directory = 1, .path = 2, .flags = 4),
	CALL(fchmod, alter_descriptor, .directory = 1),
	CALL(fchown, alter_descriptor, .directory = 1),
	CALL(setxattr, alter, .path = 1),
	CALL(lsetxattr, alter, .path = 1, .fixed_flags = AT_SYMLINK_NOFOLLOW),
	CALL(fsetxattr, alter_descriptor, .directory = 1),
	CALL(setxattrat, alter, .directory = 1, .path = 2, .flags = 3),
	CALL(removexattr, alter, .path = 1),
	CALL(lremovexattr, alter, .path = 1, .fixed_flags = AT_SYMLINK_NOFOLLOW),
	CALL(fremovexattr, alter_descriptor, .directory = 1),
	CALL(removexattrat, alter, .directory = 1, .path = 2, .flags = 3),
	CALL(file_setattr, alter, .directory = 1, .path = 2, .flags = 5),
	CALL(file_getattr, look, .directory = 1, .path = 2, .flags = 5),
	CALL(getxattr, look, .path = 1),
	CALL(lgetxattr, look, .path = 1, .fixed_flags = AT_SYMLINK_NOFOLLOW),
	CALL(listxattr, look, .path = 1),
	CALL(llistxattr, look, .path = 1, .fixed_flags = AT_SYMLINK_NOFOLLOW),
	CALL(getxattrat, look, .directory = 1, .path = 2, .flags = 3),
	CALL(listxattrat, look, .directory = 1, .path = 2, .flags = 3),
	CALL(statfs, look, .path = 1),
	CALL(inotify_add_watch, look, .path = 2),
	CALL(fanotify_mark, look, .directory = 4, .path = 5),
	CALL(name_to_handle_at, name_to_handle, .directory = 1, .path = 2, .flags = 5),
	CALL(chdir, chdir, .path = 1),
	CALL(fchdir, fchdir, .directory = 1),
	CALL(bind, bind, 0),
	CALL(connect, connect, 0),
	CALL(sendto, sendto, .sent = SENT_IF_ADDRESSED),
	CALL(clone, namespace, .sent = SENT_IF_NEW_NAMESPACE),
	CALL(unshare, namespace, .sent = SENT_IF_NEW_NAMESPACE),
	CALL(clone3, clone3, 0),
	CALL(setns, setns, 0),
	CALL(chroot, chroot, .path = 1),
	CALL(pivot_root, mount, .path = 1),
	CALL(mount, mount, .path = 2),
	CALL(umount2, mount, .path = 1),
	CALL(move_mount, mount, .directory = 3, .path = 4),
	CALL(fsmount, mount, 0),
	CALL(fspick, look, .directory = 1, .path = 2),
	CALL(open_tree, open_tree, .directory = 1, .path = 2, .flags = 3),
	CALL(open_tree_attr, open_tree, .directory = 1, .path = 2, .flags = 3),
	CALL(acct, open, .path = 1, .fixed_flags = O_WRONLY | O_APPEND),
	CALL(swapon, look, .path = 1),
	CALL(swapoff, look, .path = 1),
	CALL(quotactl, look, .path = 2),
	CALL(open_by_handle_at, open_by_handle, 0),
	CALL(pidfd_getfd, taken_descriptor, 0),
	{ .number = ATTACH_CALL, .name = "attach", .handle = handle_attach },
	CALL(io_uring_setup, foreign, .sent = SENT_NEVER_REFUSED),
};
const size_t calls_count = sizeof(calls) / sizeof(calls[0]);

#define NUMBERS 512

const struct call *call_by_number(int number)
{
	static unsigned char places[NUMBERS];
	static bool ready;

	if (!ready) {
		for (size_t i = 0; i < calls_count; i++)
			places[calls[i].number] = (unsigned char)(i + 1);
		ready = true;
	}
	return number < 0 || number >= NUMBERS || places[number] == 0 ? NULL : &calls[places[number] - 1];
}
