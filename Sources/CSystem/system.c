#include "system_calls.h"

#ifdef __linux__
#include <malloc.h>
#endif
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

static volatile sig_atomic_t interrupts;

int terminal_columns(void) {
  struct winsize size;
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void note_interrupt(int number) {
  (void)number;
  if (interrupts++) _exit(130);
}

void watch_interrupt(void) { signal(SIGINT, note_interrupt); }

int interrupt_is_noted(void) { return interrupts > 0; }

void keep_freed_memory(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
#endif
}
