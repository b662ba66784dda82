// Sockets that a subject inherits beside its standard descriptors and was never told of: they are whoever's that
// started it, and none of its business.
//
// There are several, side by side, so that a sweep over all numbers can be told from a single close gone wrong: a sweep
// takes them all. Their numbers are beyond those that scripts and shells use by convention, and low enough for every
// limit. They are AF_UNIX sockets, connected to nobody: nothing ever comes from them.
#ifndef LASTACK_HARNESS_RUN_STRANGERS_H_
#define LASTACK_HARNESS_RUN_STRANGERS_H_

namespace lastack {

inline constexpr int kFirstStranger = 23;
inline constexpr int kStrangers = 3;

constexpr bool IsStranger(int fd) { return fd >= kFirstStranger && fd < kFirstStranger + kStrangers; }

}  // namespace lastack

#endif  // LASTACK_HARNESS_RUN_STRANGERS_H_
