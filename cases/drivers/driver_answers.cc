#include "cases/drivers/driver_answers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <sstream>
#include <vector>

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
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    data += static_cast<char>(strtoul(hex.substr(i, 2).c_str(), nullptr, 16));
  }
  return data;
}

std::string Outcome(int error) {
  if (error == 0) return "ok";
  if (error == kUnimplemented) return "unimplemented";
  const char* name = strerrorname_np(error);
  return std::string("error ") + (name != nullptr ? name : "EIO");
}

std::string OutcomeWith(int error, int number) { return error == 0 ? "ok " + std::to_string(number) : Outcome(error); }

std::string SetLinger(LibraryConnection& connection, std::istream& words) {
  int seconds = 0;
  words >> seconds;
  return Outcome(connection.SetLinger(seconds));
}

std::string Send(LibraryConnection& connection, std::istream& words) {
  std::string hex;
  words >> hex;
  return Outcome(connection.Send(FromHex(hex)));
}

std::string Receive(LibraryConnection& connection, std::istream& words) {
  size_t most = 0;
  words >> most;
  std::string data;
  const int error = connection.Receive(most, &data);
  if (error != 0) return Outcome(error);
  return data.empty() ? "eof" : "ok " + ToHex(data);
}

}  // namespace

std::string DriverAnswers::To(const std::string& request) {
  std::istringstream words(request);
  std::string verb;
  words >> verb;
  if (verb == "hello") return Hello();
  if (verb == "quit") return "ok";
  if (verb == "spawn") return Spawn(words);
  std::string handle;
  words >> handle;
  if (verb == "connect") return Connect(handle, words);
  if (verb == "listen") return Listen(handle, words);
  if (verb == "accept") return Accept(handle, words);
  if (verb == "stop") return Stop(handle);
  return OnConnection(verb, handle, words);
}

std::string DriverAnswers::OnConnection(const std::string& verb, const std::string& handle, std::istream& words) {
  constexpr const char* kVerbs[] = {"send",          "recv",       "finish", "shutdown-receive",
                                    "shutdown-both", "set-linger", "close",  "abort"};
  if (std::find(std::begin(kVerbs), std::end(kVerbs), verb) == std::end(kVerbs)) return "unimplemented";
  const std::shared_ptr<LibraryConnection> connection = connections_.Find(handle);
  if (connection == nullptr) return Outcome(EBADF);
  if (verb == "send") return Send(*connection, words);
  if (verb == "recv") return Receive(*connection, words);
  if (verb == "finish") return Outcome(connection->Finish());
  if (verb == "shutdown-receive") return Outcome(connection->ShutdownReceive());
  if (verb == "shutdown-both") return Outcome(connection->ShutdownBoth());
  if (verb == "set-linger") return SetLinger(*connection, words);
  const int error = verb == "close" ? connection->Close() : connection->Abort();
  if (error != kUnimplemented) connections_.Forget(handle);
  return Outcome(error);
}

std::string DriverAnswers::Hello() const {
  std::string reply = "ok " + library_.Name();
  for (const std::string& capability : library_.Capabilities()) reply += " " + capability;
  return reply;
}

std::string DriverAnswers::Connect(const std::string& handle, std::istream& words) {
  std::string host;
  int port = 0;
  words >> host >> port;
  std::unique_ptr<LibraryConnection> connection;
  const int error = library_.Connect(host, port, &connection);
  if (error == 0) connections_.Put(handle, std::move(connection));
  return Outcome(error);
}

std::string DriverAnswers::Listen(const std::string& handle, std::istream& words) {
  std::string host;
  int port = 0;
  words >> host >> port;
  std::unique_ptr<LibraryListener> listener;
  const int error = library_.Listen(host, &port, &listener);
  if (error == 0) listeners_.Put(handle, std::move(listener));
  return OutcomeWith(error, port);
}

std::string DriverAnswers::Accept(const std::string& listening, std::istream& words) {
  std::string handle;
  words >> handle;
  const std::shared_ptr<LibraryListener> listener = listeners_.Find(listening);
  if (listener == nullptr) return Outcome(EBADF);
  std::unique_ptr<LibraryConnection> connection;
  const int error = listener->Accept(&connection);
  if (error == 0) connections_.Put(handle, std::move(connection));
  return Outcome(error);
}

std::string DriverAnswers::Stop(const std::string& handle) {
  const std::shared_ptr<LibraryListener> listener = listeners_.Find(handle);
  if (listener == nullptr) return Outcome(EBADF);
  listeners_.Forget(handle);
  return Outcome(listener->Stop());
}

std::string DriverAnswers::Spawn(std::istream& words) {
  std::vector<std::string> command;
  for (std::string word; words >> word;) command.push_back(word);
  int pid = 0;
  const int error = command.empty() ? EINVAL : library_.Spawn(command, &pid);
  return OutcomeWith(error, pid);
}

}  // namespace lastack
