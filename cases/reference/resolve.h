// The socket addresses of a host, in the order in which to try them.
//
// Two files define it: resolve_name.cc asks the system's resolver, except for localhost, which is ::1 and 127.0.0.1
// whatever the hosts file says (RFC 6761 section 6.3); resolve_numeric.cc understands numeric IPv4 only, for static
// programs, in which glibc's resolver would want shared libraries after all.
#ifndef LASTACK_CASES_REFERENCE_RESOLVE_H_
#define LASTACK_CASES_REFERENCE_RESOLVE_H_

#include <sys/socket.h>

#include <string>
#include <vector>

namespace lastack {

struct Address {
  sockaddr_storage storage;
  socklen_t length;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Empty, with the reason in `error`, if there is none.
[[nodiscard]] std::vector<Address> Resolve(const std::string& host, const std::string& port, std::string& error);

}  // namespace lastack

#endif  // LASTACK_CASES_REFERENCE_RESOLVE_H_
