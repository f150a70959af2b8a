/*
 * What call_list.h says of the arguments of a call, for those who see all calls and
 * not only those that a filter sends on.
 */
#ifndef OODATE_LISTED_ARGUMENTS_H
#define OODATE_LISTED_ARGUMENTS_H

#include <linux/types.h>

struct listed_arguments {
	int sent;
	__u8 directory, path, flags, directory2, path2; /* numbers of arguments, from 1; 0 for none */
	int fixed_flags;
};

#define SENT_UNLESS_FSTAT 0
#define SENT_IF_STANDARD_INPUT 0
#define SENT_IF_SPLICED 0
#define SENT_IF_ADDRESSED 0
#define SENT_IF_NEW_NAMESPACE 0

#endif
