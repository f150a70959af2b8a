#include "backend.h"

#include "bpf.h"
#include "notify.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

const struct backend *const backends[] = { &bpf_backend, &notify_backend, NULL };

union descriptor_message {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

int report_send(int socket, const struct report *report, int fd)
{
	union descriptor_message control = { .bytes = { 0 } };
	struct iovec part = { (void *)(uintptr_t)report, sizeof(*report) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int report_receive(int socket, struct report *report, int *fd)
{
	union descriptor_message control;
	struct iovec part = { report, sizeof(*report) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	ssize_t length;

	*fd = -1;
	do
		length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	if (length <= 0)
		return (int)length;
	if (message.msg_controllen >= CMSG_LEN(sizeof(int)) && control.head.cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(&control.head), sizeof(*fd));
	return 1;
}
