#include "cases/drivers/driver_main.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>
#include <utility>

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

std::string Outcome(int error) {
  if (error == 0) return "ok";
  if (error == kUnimplemented) return "unimplemented";
  const char* name = strerrorname_np(error);
  return std::string("error ") + (name != nullptr ? name : "EIO");
}

std::string OutcomeWith(int error, int number) { return error == 0 ? "ok " + std::to_string(number) : Outcome(error); }

// Things by their handles.
template <typename Thing>
class Handles {
 public:
  // Null if there is none.
  std::shared_ptr<Thing> Find(const std::string& handle) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = things_.find(handle);
    return found == things_.end() ? nullptr : found->second;
  }
  void Put(const std::string& handle, std::unique_ptr<Thing> thing) {
    const std::lock_guard<std::mutex> lock(mutex_);
    things_[handle] = std::move(thing);
  }
  void Forget(const std::string& handle) {
    const std::lock_guard<std::mutex> lock(mutex_);
    things_.erase(handle);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Thing>> things_;  // shared with who waits in it
};

// Does what may wait, one after the other, in a thread of its own. For ever: the process exits around it.
class Waiter {
 public:
  void Do(std::function<void()> work) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!started_) std::thread([this] { Run(); }).detach();
    started_ = true;
    work_.push_back(std::move(work));
    more_.notify_one();
  }

 private:
  void Run() {
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      more_.wait(lock, [this] { return !work_.empty(); });
      const std::function<void()> work = std::move(work_.front());
      work_.pop_front();
      lock.unlock();
      work();
    }
  }

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::function<void()>> work_;
  bool started_ = false;
};

class Driver {
 public:
  explicit Driver(SocketLibrary& library) : library_(library) {
    const std::vector<std::string> capabilities = library.Capabilities();
    concurrent_ = std::find(capabilities.begin(), capabilities.end(), "concurrent") != capabilities.end();
  }

  // Replies to a request, now or later; false if it was the last.
  bool Take(const std::string& line) {
    std::istringstream words(line);
    std::string tag;
    std::string verb;
    words >> tag >> verb;
    if (concurrent_ && (verb == "recv" || verb == "accept")) {
      std::string rest;
      std::getline(words, rest);
      waiter_.Do([this, tag, verb, rest] {
        std::istringstream operands(rest);
        Reply(tag, Answer(verb, operands));
      });
      return true;
    }
    Reply(tag, Answer(verb, words));
    return verb != "quit";
  }

 private:
  void Reply(const std::string& tag, const std::string& answer) {
    const std::lock_guard<std::mutex> lock(output_);
    std::cout << tag << " " << answer << std::endl;
  }

  // The reply to a request, both without tag.
  std::string Answer(const std::string& verb, std::istream& words) {
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

  std::string OnConnection(const std::string& verb, const std::string& handle, std::istream& words) {
    constexpr const char* kVerbs[] = {"send", "recv", "finish", "shutdown-receive", "shutdown-both", "set-linger", "close", "abort"};
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
    if (error == 0) connections_.Put(handle, std::move(connection));
    return Outcome(error);
  }

  std::string Listen(const std::string& handle, std::istream& words) {
    std::string host;
    int port = 0;
    words >> host >> port;
    std::unique_ptr<LibraryListener> listener;
    const int error = library_.Listen(host, &port, &listener);
    if (error == 0) listeners_.Put(handle, std::move(listener));
    return OutcomeWith(error, port);
  }

  std::string Accept(const std::string& listening, std::istream& words) {
    std::string handle;
    words >> handle;
    const std::shared_ptr<LibraryListener> listener = listeners_.Find(listening);
    if (listener == nullptr) return Outcome(EBADF);
    std::unique_ptr<LibraryConnection> connection;
    const int error = listener->Accept(&connection);
    if (error == 0) connections_.Put(handle, std::move(connection));
    return Outcome(error);
  }

  std::string Stop(const std::string& handle) {
    const std::shared_ptr<LibraryListener> listener = listeners_.Find(handle);
    if (listener == nullptr) return Outcome(EBADF);
    listeners_.Forget(handle);
    return Outcome(listener->Stop());
  }

  std::string Spawn(std::istream& words) {
    std::vector<std::string> command;
    for (std::string word; words >> word;) command.push_back(word);
    int pid = 0;
    const int error = command.empty() ? EINVAL : library_.Spawn(command, &pid);
    return OutcomeWith(error, pid);
  }

  static std::string SetLinger(LibraryConnection& connection, std::istream& words) {
    int seconds = 0;
    words >> seconds;
    return Outcome(connection.SetLinger(seconds));
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

  SocketLibrary& library_;
  bool concurrent_ = false;
  Handles<LibraryConnection> connections_;
  Handles<LibraryListener> listeners_;
  std::mutex output_;
  Waiter waiter_;
};

}  // namespace

int DriverMain(SocketLibrary& library) {
  // Never deleted: who still waits when the process exits may look at it.
  Driver& driver = *new Driver(library);
  for (std::string line; std::getline(std::cin, line) && driver.Take(line);) {
  }
  return 0;
}

}  // namespace lastack
