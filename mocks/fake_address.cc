#include "mocks/fake_address.h"

#include <arpa/inet.h>

#include "absl/strings/str_cat.h"

namespace lastack {

std::string FakeAddress::Text() const {
  char text[INET6_ADDRSTRLEN];
  if (is_ipv4()) return absl::StrCat(inet_ntop(AF_INET, &host.s6_addr[12], text, sizeof(text)), ":", port);
  return absl::StrCat("[", inet_ntop(AF_INET6, &host, text, sizeof(text)), "]:", port);
}

}  // namespace lastack
