#include "cases/drivers/driver_main.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <iostream>
#include <map>
#include <sstream>

namespace lastack {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

std::string ToHex(const std::string& data) {
  std::string hex;
  for (const unsigned char byte : data) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string FromHex(const std::string& hex) {
  std::string data;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) data += static_cast<char>(strtoul(hex.substr(i, 2).c_str(), nullptr, 16));
  return data;
}

class Driver {
 public:
  explicit Driver(SocketLibrary& library) : library_(library) {}

  // The reply to a request, both without tag.
  std::string Answer(const std::string& verb, std::istream& words) {
    if (verb == "hello") return Hello();
    if (verb == "quit") return "ok";
    std::string handle;
    words >> handle;
    if (verb == "connect") return Connect(handle, words);
    const bool known = verb == "send" || verb == "recv" || verb == "finish" || verb == "close" || verb == "abort";
    if (!known) return "unimplemented";
    const auto found = connections_.find(handle);
    if (found == connections_.end()) return Outcome(EBADF);
    LibraryConnection& connection = *found->second;
    if (verb == "send") return Send(connection, words);
    if (verb == "recv") return Receive(connection, words);
    if (verb == "finish") return Outcome(connection.Finish());
    return End(handle, verb == "close" ? connection.Close() : connection.Abort());
  }

 private:
  static std::string Outcome(int error) {
    if (error == 0) return "ok";
    if (error == kUnimplemented) return "unimplemented";
    const char* name = strerrorname_np(error);
    return std::string("error ") + (name != nullptr ? name : "EIO");
  }

  std::string Hello() const {
    std::string reply = "ok " + library_.Name();
    for (const std::string& capability : library_.Capabilities()) reply += " " + capability;
    return reply;
  }

  std::string Connect(const std::string& handle, std::istream& words) {
    std::string host;
    int port = 0;
    words >> host >> port;
    std::unique_ptr<LibraryConnection> connection;
    const int error = library_.Connect(host, port, &connection);
    if (error == 0) connections_[handle] = std::move(connection);
    return Outcome(error);
  }

  static std::string Send(LibraryConnection& connection, std::istream& words) {
    std::string hex;
    words >> hex;
    return Outcome(connection.Send(FromHex(hex)));
  }

  static std::string Receive(LibraryConnection& connection, std::istream& words) {
    size_t most = 0;
    words >> most;
    std::string data;
    const int error = connection.Receive(most, &data);
    if (error != 0) return Outcome(error);
    return data.empty() ? "eof" : "ok " + ToHex(data);
  }

  std::string End(const std::string& handle, int error) {
    if (error != kUnimplemented) connections_.erase(handle);
    return Outcome(error);
  }

  SocketLibrary& library_;
  std::map<std::string, std::unique_ptr<LibraryConnection>> connections_;
};

}  // namespace

int DriverMain(SocketLibrary& library) {
  Driver driver(library);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string tag;
    std::string verb;
    words >> tag >> verb;
    std::cout << tag << " " << driver.Answer(verb, words) << std::endl;
    if (verb == "quit") return 0;
  }
  return 0;
}

}  // namespace lastack
