#include <netdb.h>
#include <string.h>

#include "cases/reference/resolve.h"

namespace lastack {

namespace {

std::vector<Address> Loopback(const std::string& port) {
  std::vector<Address> addresses;
  std::string error;
  for (const char* numeric : {"::1", "127.0.0.1"}) {
    const std::vector<Address> found = Resolve(numeric, port, error);
    addresses.insert(addresses.end(), found.begin(), found.end());
  }
  return addresses;
}

}  // namespace

std::vector<Address> Resolve(const std::string& host, const std::string& port, std::string& error) {
  if (host == "localhost") return Loopback(port);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (status != 0) {
    error = host + ": " + gai_strerror(status);
    return {};
  }
  std::vector<Address> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Address& address = addresses.emplace_back();
    memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
    address.length = each->ai_addrlen;
  }
  freeaddrinfo(found);
  return addresses;
}

}  // namespace lastack
