// Reads and writes plans: the fault grammar, which strace users mostly know, and its JSON form.
//
//   CALLS[:fd=KIND][:when=FIRST[..LAST][+STEP]][:after=connected|attempted|shutdown|reset|eof]
//        [:effect=skip|full|partial=N|delay=T|reset|decoy|interrupt|exhaust][:error=ERRNO][:signal=SIG]
//
//   CALLS   names from the call table, comma-separated; %send, %recv, ... name every call of a family
//   KIND    tcp, unix, listener or any, comma-separated; by default any, and tcp for effect=reset
//   when    occurrences in each socket's life, from 1: `2`, `2..5`, `1+2` (every second), `3..` (from the third on);
//           every one by default
//   after   only once this has happened to the socket. connected: it was connected or accepted; attempted: that, or its
//           connect failed; shutdown: it was shut down in either direction; reset: a call on it reported a reset
//           (ECONNRESET, EPIPE), or poll(2) an error (POLLERR); eof: a receive found the end of file
//   effect  by default what Linux does when the call fails: `full` for close, connect and shutdown, `skip` for
//           the rest; none if only `signal=` is given
//   N       bytes, at least 1
//   T       a duration in whole microseconds: 300us, 20ms, 1.5s; at most 60s
//   ERRNO   EINTR; EPIPE from a send call brings SIGPIPE by itself, as the kernel does: signal= is not needed
//   SIG     SIGTERM; real-time signals have no name here
//
//   close:fd=tcp:when=1:effect=decoy:error=EINTR
//   %recv:fd=tcp:error=ECONNRESET
//   send,write:when=2..:effect=partial=1
//
// The keys come in any order, each at most once. There are no spaces. A rule has at most 4096 bytes.
//
// JSON: {"faults": [{"calls": ["close"], "fd": ["tcp"], "when": "1", "effect": "decoy", "error": "EINTR"}]}. It is the
// same model: the values are the grammar's words, and FormatFault and PlanToJson give the normal form of each: parts in
// the order above, none that says nothing, the effect always named, a family in place of all its calls.
//
// What would harm the subject in a way that no kernel does is refused (legality.h), with the reason:
//   skip     needs an error; close:effect=skip:error=EINTR is the way of HP-UX
//   full     needs an error, and never on calls that move data, make a descriptor or report readiness: an error after a
//            completed send, receive, accept, socket, dup or fcntl loses data or a descriptor
//   partial  only for calls with a length (a partial close means nothing, nor has sendmmsg one length), without
//            an error
//   delay    without an error
//   reset    without an error, or for %send with EPIPE: the reset is then taken from the socket (SO_ERROR) before the
//            call, which meets what a program meets that was told of it already; only fd=tcp, for calls on a connected
//            socket: %send, %recv, shutdown, %close, and of %setup the options and names
//   decoy    only for close, with an error or without; it takes the number of a connection, with after=attempted that
//            of one that failed, too
//   interrupt  without an error; only for calls that can wait: accept, connect, %send, %recv, splice, %poll. Takes the
//            tracer
//   exhaust  with EMFILE; only for calls that want a free descriptor: %open, %accept, dup. A call that finds fewer
//            descriptors open than the first that failed is made as it is, and is no occurrence
//   error    one that every call named may report: another teaches nothing
//
// Calls that are not on one socket:
//   poll, select  wait for several: a rule selects the call if it selects a socket waited for; the first such counts it
//   %poll         with a timeout of 0 only looks: it counts nowhere, as nothing can interrupt or hold up what does not
//                 wait
//   epoll_wait    and its variants: only the kernel knows what is watched, so fd= and after= are refused; the process
//                 counts the occurrences
//   %open         there is no socket yet: likewise
//   epoll_create, %process, %exit, %signal, %sweep
//                 cannot be named: they act on processes, or on numbers that mostly are no sockets
//
// Errors name the token, its column (in bytes, from 1) and what would be legal there. A missing part's column is where
// it would stand.
//
// Threads: safe. Not async-signal-safe; allocates.
#ifndef LASTACK_HARNESS_PLAN_PARSE_H_
#define LASTACK_HARNESS_PLAN_PARSE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "harness/plan/fault.h"
#include "nlohmann/json_fwd.hpp"

namespace lastack {

// One rule of the grammar. close:error=EAGIAN gives InvalidArgumentError:
//   column 13: 'EAGIAN' is not an error name; close may report ECONNRESET, EDQUOT, EINTR, EIO or ENOSPC
[[nodiscard]] absl::StatusOr<Fault> ParseFault(absl::string_view text);

// Several rules, in order, at most kMaxFaults; none gives a plan without faults. In an error, "rule N" precedes the
// column if there is more than one rule.
[[nodiscard]] absl::StatusOr<Plan> ParsePlan(const std::vector<std::string>& rules);

// The JSON form, at most 64 KiB. Errors name the place as a JSON pointer (/faults/0/error).
[[nodiscard]] absl::StatusOr<Plan> ParsePlanJson(absl::string_view text);

// A plan made of faults that have passed ParseFault. Requires faults.size() <= kMaxFaults.
[[nodiscard]] Plan MakePlan(const std::vector<Fault>& faults);

// The normal form of a legal fault: ParseFault(FormatFault(fault)) == fault, and equal faults have equal texts.
[[nodiscard]] std::string FormatFault(const Fault& fault);
[[nodiscard]] nlohmann::json PlanToJson(const Plan& plan);

// The words of effects and realisms, as reports and plans write them: "skip", "posix".
[[nodiscard]] absl::string_view EffectName(Effect effect);
[[nodiscard]] absl::string_view RealismName(Realism realism);
[[nodiscard]] absl::string_view SocketKindName(SocketKind kind);

}  // namespace lastack

#endif  // LASTACK_HARNESS_PLAN_PARSE_H_
