// Looks a TCP connection up in the kernel's socket table: the outside witness of a subject's socket.
//
// Looking changes nothing: unlike getsockopt(SO_ERROR) on the socket itself it consumes no pending error. Look at the
// subject's row, whose local port is the far port of ours.
//
//   StatusOr<optional<SocketRow>> row = FindSocket(subject_address, peer_address);
//   if (row.ok() && row->has_value() && (*row)->unread == 0) ...    // the subject has read all that its kernel got
//
// The kernel is asked by sock_diag(7) for the one row (20 us, however many sockets there are), and where it does not
// offer that, by reading /proc/net/tcp (6 ms when it is empty, 30 ms with 13,000 rows). A connection that is not found
// is closed on that side, or /proc/net/tcp changed while it was read, for the kernel hands it out in pages: whoever
// concludes something from a row's absence needs a second witness.
//
// An Endpoint is IPv4's; a subject that uses IPv6 sockets for everything is found under its IPv4-mapped address.
// Threads: any. Allocates. Sources: sock_diag(7), proc(5) "/proc/net/tcp".
#ifndef LASTACK_HARNESS_PEER_SOCKET_TABLE_H_
#define LASTACK_HARNESS_PEER_SOCKET_TABLE_H_

#include <sys/socket.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "harness/peer/socket_row.h"

namespace lastack {

// The connection's row in the table of this network namespace. An error if the table cannot be read.
[[nodiscard]] absl::StatusOr<absl::optional<SocketRow>> FindSocket(const Endpoint& local, const Endpoint& remote);

// Whether a socket listens on this port, at this address or at all of them. Nothing connects to it.
[[nodiscard]] absl::StatusOr<bool> IsListening(const Endpoint& local);

// The same in the text of /proc/net/tcp or /proc/net/tcp6. Pure.
[[nodiscard]] bool HasListener(absl::string_view table, const Endpoint& local);

// The two ways, each by itself.
[[nodiscard]] absl::StatusOr<absl::optional<SocketRow>> FindSocketByDiag(const Endpoint& local, const Endpoint& remote);
// `local` and `remote` are a sockaddr_in or a sockaddr_in6 each, both of one kind.
[[nodiscard]] absl::StatusOr<absl::optional<SocketRow>> FindSocketByDiag(const sockaddr& local, const sockaddr& remote);
[[nodiscard]] absl::StatusOr<absl::optional<SocketRow>> FindSocketInProc(const Endpoint& local, const Endpoint& remote);
[[nodiscard]] absl::StatusOr<bool> IsListeningInProc(const Endpoint& local);

// The connection's row in the text of /proc/net/tcp or /proc/net/tcp6. Pure.
[[nodiscard]] absl::optional<SocketRow> FindRow(absl::string_view table, const Endpoint& local, const Endpoint& remote);

}  // namespace lastack

#endif  // LASTACK_HARNESS_PEER_SOCKET_TABLE_H_
