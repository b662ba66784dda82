#!/bin/sh
# Lays out what is installed, as it stands under a prefix.
#
#   stage.sh TREE PROGRAM GENERATE WORKSPACE MODULE.bazel CLI.BUILD LICENSE README.md debian.bzl BZL...
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
cp "$readme" "$tree/share/doc/lastack/README.md"
gzip -9n "$tree/share/man/man1/lastack.1"

cp "$workspace" "$rules/WORKSPACE"
cp "$module" "$rules/MODULE.bazel"
cp "$cli" "$rules/tools/cli/BUILD"
cp "$@" "$rules/tools/"
cp "$debian" "$rules/tools/distribution/"
: >"$rules/tools/distribution/BUILD"
: >"$rules/BUILD"
: >"$rules/tools/BUILD"
ln -s ../../../../../bin/lastack "$rules/tools/cli/lastack"

find "$tree" -type f -exec chmod 644 {} +
chmod 755 "$tree/bin/lastack"
