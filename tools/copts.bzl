"""Compiler options of all C++ code of lastack; .bazelrc sets the language standard."""

LASTACK_COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
]

# Of files full of JSON: nlohmann's templates run at a tenth of their speed without optimisation, and took half of an
# audit's own time.
LASTACK_JSON_COPTS = ["-O1"]
