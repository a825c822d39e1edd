#define _GNU_SOURCE
#include "system_calls.h"

#ifdef __linux__
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
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

int keeps_change_times(unsigned long long device) {
  // Local ones. Network file systems answer from a cache; a tmpfs does not notice what is written through
  // a memory map.
  static const char *const kept[] = {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "overlay"};
  int result = 0;
#ifdef __linux__
  FILE *mounts = fopen("/proc/self/mountinfo", "re");
  if (mounts == NULL) return 0;
  char *line = NULL;
  size_t capacity = 0;
  while (!result && getline(&line, &capacity, mounts) > 0) {
    // 36 35 98:0 /root /mount/point rw,noatime master:1 - ext4 /dev/root rw (proc(5))
    unsigned major_number, minor_number;
    char type[32];
    const char *rest = strstr(line, " - ");
    if (rest == NULL || sscanf(rest, " - %31s", type) != 1) continue;
    if (sscanf(line, "%*d %*d %u:%u", &major_number, &minor_number) != 2) continue;
    if (makedev(major_number, minor_number) != (dev_t)device) continue;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) result |= strcmp(type, kept[i]) == 0;
  }
  free(line);
  fclose(mounts);
#endif
  return result;
}
