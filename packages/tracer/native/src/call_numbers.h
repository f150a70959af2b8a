/* Numbers of the calls in call_list.h, also of those newer than the headers in use. */
#ifndef OODATE_CALL_NUMBERS_H
#define OODATE_CALL_NUMBERS_H

#include <fcntl.h>
#include <sys/syscall.h>

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

#endif
