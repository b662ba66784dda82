#!/bin/sh
# Lays out what is installed, as it stands under a prefix.
#
#   stage.sh TREE PROGRAM GENERATE WORKSPACE MODULE.bazel CLI.BUILD LICENSE README.md debian.bzl BZL... -- DOCUMENT...
set -eu

tree=$1 program=$2 generate=$3 workspace=$4 module=$5 cli=$6 license=$7 readme=$8 debian=$9
shift 9

chmod 755 "$tree"
umask 022
rules=$tree/share/lastack/bazel
mkdir -p "$tree/bin" "$tree/share/man/man1" "$tree/share/bash-completion/completions" "$tree/share/doc/lastack" "$rules/tools/cli" "$rules/tools/distribution"
cp "$program" "$tree/bin/lastack"
"$generate" man >"$tree/share/man/man1/lastack.1"
"$generate" completion >"$tree/share/bash-completion/completions/lastack"
cp "$license" "$tree/share/doc/lastack/copyright"
gzip -9n "$tree/share/man/man1/lastack.1"

cp "$workspace" "$rules/WORKSPACE"
cp "$module" "$rules/MODULE.bazel"
cp "$cli" "$rules/tools/cli/BUILD"
while [ "$1" != -- ]; do
  cp "$1" "$rules/tools/"
  shift
done
shift
cp "$debian" "$rules/tools/distribution/"
: >"$rules/tools/distribution/BUILD"
: >"$rules/BUILD"
: >"$rules/tools/BUILD"
ln -s ../../../../../bin/lastack "$rules/tools/cli/lastack"

# The documents that the README, the man page and messages name, by the names that they have there.
docs=$tree/share/doc/lastack
for document; do
  mkdir -p "$docs/$(dirname "$document")"
  cp "$document" "$docs/$document"
done

# The README as it is true here: the program's own name, and links to what is installed only.
script=$(mktemp)
trap 'rm -f "$script"' EXIT
echo 's|tools/lastack |lastack |g' >"$script"
for target in $(grep -oE '\]\([^)]+\)' "$readme" | sed 's/^](//; s/)$//' | sort -u); do
  [ -e "$docs/$target" ] || printf 's|\\[\([^]]*\)\](%s)|\\1|g\n' "$target" >>"$script"
done
{
  head -n 1 "$readme"
  printf '\n*As installed: files that this page names are beside it. What it says of `tools/`, `mocks/`, building and testing is about the sources.*\n'
  tail -n +2 "$readme" | sed -f "$script"
} >"$docs/README.md"

find "$tree" -type f -exec chmod 644 {} +
chmod 755 "$tree/bin/lastack"
