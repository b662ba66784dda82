#include "harness/peer/socket_row.h"

#include <iterator>

#include "absl/strings/str_cat.h"

namespace lastack {

std::string TcpStateName(TcpState state) {
  static constexpr const char* kNames[] = {"ESTABLISHED", "SYN_SENT",  "SYN_RECV", "FIN_WAIT1",
                                           "FIN_WAIT2",   "TIME_WAIT", "CLOSE",    "CLOSE_WAIT",
                                           "LAST_ACK",    "LISTEN",    "CLOSING",  "NEW_SYN_RECV"};
  const size_t number = static_cast<size_t>(state);
  return number >= 1 && number <= std::size(kNames) ? kNames[number - 1] : absl::StrCat("state ", number);
}

}  // namespace lastack
