#include "config.h"

#include <stdio.h>

#include "calc.h"

int main(void)
{
	return printf("%d\n", add(2, multiply(3, 4))) < 0;
}
