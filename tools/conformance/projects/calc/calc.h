int add(int a, int b);
int multiply(int a, int b);
