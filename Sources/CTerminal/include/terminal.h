// System calls that Swift can only reach through pointers, wrapped so that the program stays free of
// unsafe code.
#ifndef HINDCAST_TERMINAL_H
#define HINDCAST_TERMINAL_H

/// Columns of the terminal at standard output; 0 when it is none or does not say.
int terminal_columns(void);

/// From here on the first Ctrl-C is only noted; the second ends the program.
void watch_interrupt(void);

/// Whether Ctrl-C was noted.
int interrupt_is_noted(void);

#endif
