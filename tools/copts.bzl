"""Compiler options of all C++ code of lastack; .bazelrc sets the language standard."""

LASTACK_COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
]
