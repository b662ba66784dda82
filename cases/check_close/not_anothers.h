// check-close/not-anothers: a socket that the subject was not given is not closed.
//
// Whose a socket is cannot be seen from outside, with one exception: what the subject inherited and was never told of
// is not its own. So it gets three such sockets, side by side, in an ordinary exchange. They change nothing for a
// correct program: their numbers are not those of the standard streams, which some programs look at, nor those of
// scripts, and nothing ever comes from them.
//
// Closing what one has inherited, all of it, is a daemon's good custom, and its ways are many: close_range, a loop over
// all numbers, a walk through /proc/self/fd. All have in common that every one of the three is gone in the end. A
// violation is a close that hits some of them and not all, after the subject has a socket of its own, in a process that
// does not go on to execute another program. dup2 onto one of them is no close: shell scripts choose numbers
// themselves.
//
// What a second close does to a stranger that has taken the number is for always-close/exactly-once, whose decoy takes
// it.
#ifndef LASTACK_CASES_CHECK_CLOSE_NOT_ANOTHERS_H_
#define LASTACK_CASES_CHECK_CLOSE_NOT_ANOTHERS_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case CheckCloseNotAnothers();

}  // namespace lastack

#endif  // LASTACK_CASES_CHECK_CLOSE_NOT_ANOTHERS_H_
