/* What each kind of call means for the log. Called while the calling thread waits. */
#ifndef OODATE_HANDLERS_H
#define OODATE_HANDLERS_H

#include "calls.h"

void handle_look(struct request *r);
void handle_open(struct request *r);
void handle_openat2(struct request *r);
void handle_readlink(struct request *r);
void handle_exec(struct request *r);
void handle_list(struct request *r);
void handle_rename(struct request *r);
void handle_remove(struct request *r);
void handle_make(struct request *r);
void handle_make_directory(struct request *r);
void handle_link(struct request *r);
void handle_symlink(struct request *r);
void handle_alter(struct request *r);
void handle_alter_descriptor(struct request *r);
void handle_chdir(struct request *r);
void handle_fchdir(struct request *r);
void handle_bind(struct request *r);
void handle_connect(struct request *r);
void handle_exit(struct request *r);
void handle_exit_group(struct request *r);
void handle_clone3(struct request *r);
void handle_namespace(struct request *r);
void handle_chroot(struct request *r);
void handle_open_by_handle(struct request *r);
void handle_taken_descriptor(struct request *r);
void handle_mount(struct request *r);
void handle_open_tree(struct request *r);
void handle_setns(struct request *r);
void handle_name_to_handle(struct request *r);
void handle_sendto(struct request *r);
void handle_read(struct request *r);
void handle_write(struct request *r);
void handle_writev(struct request *r);
void handle_sendfile(struct request *r);
void handle_splice(struct request *r);
/* The first process of a command that a probe runs: see session.h. */
void handle_attach(struct request *r);
/* A call by another architecture's table: 32-bit or x32. */
void handle_foreign(struct request *r);

#endif
