#!/bin/sh
# Prints the Debian packages that a build needs and this machine lacks, on one line.
missing=""
for pair in zlib.h:zlib1g-dev sqlite3.h:libsqlite3-dev isa-l/igzip_lib.h:libisal-dev; do
  header=${pair%%:*}
  found=no
  for folder in /usr/include /usr/include/*-linux-gnu /usr/local/include; do
    if [ -e "$folder/$header" ]; then found=yes; fi
  done
  if [ $found = no ]; then missing="$missing ${pair#*:}"; fi
done
command -v pkg-config >/dev/null || missing="$missing pkg-config"
echo $missing
