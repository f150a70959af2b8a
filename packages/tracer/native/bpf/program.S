/* The kernel program's object file, as part of the loader. */
	.section .rodata
	.balign 16
	.globl watch_program, watch_program_end
watch_program:
	.incbin PROGRAM
watch_program_end:
	.byte 0
	.section .note.GNU-stack, "", %progbits
