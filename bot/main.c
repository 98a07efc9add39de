/* Greffier: argv -> subcommand; wiring only. */
#include <stdio.h>

int main(void)
{
    puts("greffier " GREFFIER_VERSION);
    return 2;
}
