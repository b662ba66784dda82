#!/bin/sh
# Makes a Debian package of the tree.
#
#   deb.sh PROGRAM TREE.tar CONTROL.in OUT.deb
set -eu

program=$1 archive=$2 control=$3 out=$4
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
umask 022
mkdir -p "$tree/usr" "$tree/DEBIAN"
tar -xf "$archive" -C "$tree/usr"

# The newest symbol that the program takes from libc says which libc it needs.
libc=$(grep -aoE 'GLIBC_[0-9]+\.[0-9]+' "$program" | sed 's/GLIBC_//' | sort -uV | tail -n 1)
version=$("$program" version)
sed -e "s/@VERSION@/${version#lastack }/" -e "s/@ARCHITECTURE@/$(dpkg --print-architecture)/" -e "s/@LIBC@/$libc/" \
  "$control" >"$tree/DEBIAN/control"
dpkg-deb --root-owner-group --build "$tree" "$out" >/dev/null
