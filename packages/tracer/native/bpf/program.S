/* A kernel program's object file, as part of what loads it: PROGRAM is the file, BEGIN and END name its two ends. */
	.section .rodata
	.balign 16
	.globl BEGIN, END
BEGIN:
	.incbin PROGRAM
END:
	.byte 0
	.section .note.GNU-stack, "", %progbits
