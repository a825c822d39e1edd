// System calls that Swift can only reach through pointers, wrapped so that the program stays free of
// unsafe code.
#ifndef HINDCAST_SYSTEM_CALLS_H
#define HINDCAST_SYSTEM_CALLS_H

/// Columns of the terminal at standard output; 0 when it is none or does not say.
int terminal_columns(void);

/// From here on the first Ctrl-C is only noted; the second ends the program.
void watch_interrupt(void);

/// Whether Ctrl-C was noted.
int interrupt_is_noted(void);

/// Lets `malloc` use again what was freed. By default the GNU C library hands large blocks back to the
/// system each time, which then has to clear every page of the next one (2 % of a lean ingest).
void keep_freed_memory(void);

/// Whether the file system with this device number tells every change of a file's bytes by the file's change
/// time, whoever makes it.
int keeps_change_times(unsigned long long device);

#endif
