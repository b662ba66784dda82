#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "cases/reference/resolve.h"

namespace lastack {

std::vector<Address> Resolve(const std::string& host, const std::string& port, std::string& error) {
  sockaddr_in numeric = {};
  numeric.sin_family = AF_INET;
  numeric.sin_port = htons(static_cast<uint16_t>(strtoul(port.c_str(), nullptr, 10)));
  if (inet_pton(AF_INET, host.c_str(), &numeric.sin_addr) != 1) {
    error = host + ": not a numeric IPv4 address";
    return {};
  }
  Address address = {};
  memcpy(&address.storage, &numeric, sizeof(numeric));
  address.length = sizeof(numeric);
  return {address};
}

}  // namespace lastack
