#include "calls.h"

#include "call_numbers.h"
#include "handlers.h"
#include "seen.h"

#define WATCHED(call, handler, ...) { .number = __NR_##call, .name = #call, .handle = handle_##handler, __VA_ARGS__ },
#define CALL(call, handler, ...) WATCHED(call, handler, .seen = seen_##handler, __VA_ARGS__)

const struct call calls[] = {
#include "call_list.h"
	{ .number = ATTACH_CALL, .name = "attach", .handle = handle_attach },
	{ .number = __NR_io_uring_setup, .name = "io_uring_setup", .handle = handle_foreign, .seen = seen_new_ring,
	  .sent = SENT_NEVER_REFUSED },
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
