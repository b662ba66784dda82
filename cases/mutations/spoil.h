// What mutations are made of: the facts of an observation found and changed.
//
// All return whether they changed anything.
#ifndef LASTACK_CASES_MUTATIONS_SPOIL_H_
#define LASTACK_CASES_MUTATIONS_SPOIL_H_

#include <functional>
#include <set>

#include "absl/strings/string_view.h"
#include "harness/run/observation.h"
#include "harness/sys/calls.h"

namespace lastack {

inline constexpr uint64_t kMinuteNs = 60'000'000'000;

using Where = std::function<bool(const TracedEvent&)>;

// --- which

// The sockets of the connections with the peer; all TCP sockets that are no listeners.
[[nodiscard]] std::set<uint64_t> Connections(const Observation& run);
[[nodiscard]] std::set<uint64_t> TcpSockets(const Observation& run);
[[nodiscard]] std::set<uint64_t> SocketsAt(const Observation& run, const Where& where);

[[nodiscard]] bool IsFault(const TracedEvent& traced);
[[nodiscard]] bool IsCall(const TracedEvent& traced, CallFamily family);
[[nodiscard]] bool Closes(const TracedEvent& traced);
// Closes that no fault has struck, of these sockets.
[[nodiscard]] Where ClosesOf(const std::set<uint64_t>& sockets);
[[nodiscard]] bool StartsWith(const DriverReply& reply, absl::string_view verb);
[[nodiscard]] uint64_t LastNs(const Observation& run);

// --- how

bool Erase(Observation& run, const Where& where);
bool ForEach(Observation& run, const Where& where, const std::function<void(TracedEvent&)>& change);
bool ForEachRecord(Observation& run, const std::function<bool(ConnectionRecord&)>& change);
bool ForEachReply(Observation& run, const std::function<bool(DriverReply&)>& change);

// Beside every event of the kind, `copies` of what `change` makes of it.
enum class Side { kBefore, kBehind };
bool Insert(Observation& run, Side side, const Where& where, const std::function<void(Event&)>& change, int copies = 1);

// A call that succeeded, by nobody's fault; and one that sets SO_LINGER {1, 0}.
void BecomeCall(Event& event, Call call);
void BecomeLinger(Event& event);

// What follows if these sockets stay open: their numbers go to nobody else, and the peer sees no FIN, unless somebody
// shuts down; with `fin_ns`, one that comes with the exit.
void StayOpen(Observation& run, const std::set<uint64_t>& sockets, uint64_t fin_ns);
// These closes were never made, with all that follows.
bool LeaksWhere(Observation& run, const Where& where);

}  // namespace lastack

#endif  // LASTACK_CASES_MUTATIONS_SPOIL_H_
