"""Compiler options of all C++ code of lastack, so that it builds inside a workspace that has options of its own.

Our own .bazelrc adds -Werror: a compiler that we do not know yet may warn, and must not stop who only uses lastack.
"""

LASTACK_COPTS = [
    "-std=c++20",
    "-Wall",
    "-Wextra",
]

# Of files full of JSON: nlohmann's templates run at a tenth of their speed without optimisation, and took half of an
# audit's own time.
LASTACK_JSON_COPTS = ["-O1"]
