#include "harness/peer/socket_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace lastack {
namespace {

// As the table has it: the address's bytes in memory, printed as a number of this machine.
std::string InTable(const Endpoint& endpoint) {
  return absl::StrFormat("%08X:%04X", htonl(endpoint.address), endpoint.port);
}

std::string MappedInTable(const Endpoint& endpoint) {
  return absl::StrFormat("0000000000000000%08X%s", htonl(0xffff), InTable(endpoint));
}

// "0A 00000012:00000034 00:00000000 00000000  1000        0 4711 ...": from the state on.
absl::optional<SocketRow> ParseRow(absl::string_view row) {
  const std::vector<absl::string_view> fields = absl::StrSplit(row, ' ', absl::SkipEmpty());
  if (fields.size() < 7) return absl::nullopt;
  const std::pair<absl::string_view, absl::string_view> queues = absl::StrSplit(fields[1], absl::MaxSplits(':', 1));
  SocketRow parsed;
  uint32_t state;
  if (!absl::SimpleHexAtoi(fields[0], &state) || !absl::SimpleHexAtoi(queues.first, &parsed.unsent) ||
      !absl::SimpleHexAtoi(queues.second, &parsed.unread) || !absl::SimpleAtoi(fields[6], &parsed.inode)) {
    return absl::nullopt;
  }
  parsed.state = static_cast<TcpState>(state);
  return parsed;
}

absl::optional<SocketRow> FindByKey(absl::string_view table, const std::string& key) {
  const size_t found = table.find(key);
  if (found == absl::string_view::npos) return absl::nullopt;
  const absl::string_view rest = table.substr(found + key.size());
  return ParseRow(rest.substr(0, rest.find('\n')));
}

absl::StatusOr<std::string> ReadTable(const char* path) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read the socket table ", path));
  std::string table;
  char buffer[16 * 1024];
  ssize_t size;
  while ((size = read(file, buffer, sizeof(buffer))) > 0) table.append(buffer, static_cast<size_t>(size));
  const int error = errno;
  close(file);
  if (size < 0) return absl::ErrnoToStatus(error, absl::StrCat("cannot read the socket table ", path));
  return table;
}

}  // namespace

absl::optional<SocketRow> FindRow(absl::string_view table, const Endpoint& local, const Endpoint& remote) {
  absl::optional<SocketRow> row = FindByKey(table, absl::StrCat(" ", InTable(local), " ", InTable(remote), " "));
  if (row.has_value()) return row;
  return FindByKey(table, absl::StrCat(" ", MappedInTable(local), " ", MappedInTable(remote), " "));
}

bool HasListener(absl::string_view table, const Endpoint& local) {
  const std::string zeros(32, '0');
  const std::string port = absl::StrFormat(":%04X", local.port);
  // For IPv6, a socket that takes only IPv6 looks the same: it is found to listen, and refuses.
  for (const std::string& here : {InTable(local), InTable({0, local.port}), MappedInTable(local), zeros + port}) {
    const absl::string_view nobody =
        here.size() > zeros.size() ? absl::string_view(zeros) : absl::string_view(zeros).substr(0, 8);
    const absl::optional<SocketRow> row = FindByKey(table, absl::StrCat(" ", here, " ", nobody, ":0000 "));
    if (row.has_value() && row->state == TcpState::kListen) return true;
  }
  return false;
}

absl::StatusOr<bool> IsListening(const Endpoint& local) {
  // Asked for the connection with nobody, the kernel answers with the listener, at this address or at all.
  const absl::StatusOr<absl::optional<SocketRow>> row = FindSocketByDiag(local, {0, 0});
  if (row.ok()) return row->has_value() && (*row)->state == TcpState::kListen;
  return IsListeningInProc(local);
}

absl::StatusOr<bool> IsListeningInProc(const Endpoint& local) {
  const absl::StatusOr<std::string> table = ReadTable("/proc/net/tcp");
  if (!table.ok()) return table.status();
  if (HasListener(*table, local)) return true;
  const absl::StatusOr<std::string> table6 = ReadTable("/proc/net/tcp6");
  return table6.ok() && HasListener(*table6, local);
}

absl::StatusOr<absl::optional<SocketRow>> FindSocketInProc(const Endpoint& local, const Endpoint& remote) {
  const absl::StatusOr<std::string> table = ReadTable("/proc/net/tcp");
  if (!table.ok()) return table.status();
  absl::optional<SocketRow> row = FindRow(*table, local, remote);
  if (row.has_value()) return row;
  const absl::StatusOr<std::string> table6 = ReadTable("/proc/net/tcp6");
  if (!table6.ok()) return row;  // a kernel without IPv6
  return FindRow(*table6, local, remote);
}

absl::StatusOr<absl::optional<SocketRow>> FindSocket(const Endpoint& local, const Endpoint& remote) {
  absl::StatusOr<absl::optional<SocketRow>> row = FindSocketByDiag(local, remote);
  if (row.ok()) return row;
  return FindSocketInProc(local, remote);
}

}  // namespace lastack
