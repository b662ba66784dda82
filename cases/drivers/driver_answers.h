// What a driver answers: the verbs of the driver protocol (PORTING.md), done by a SocketLibrary.
//
//   DriverAnswers answers(library);
//   answers.To("connect a 127.0.0.2 4711");   // "ok"
//
// Threads: two may ask at once, if the library bears it. Allocates.
#ifndef LASTACK_CASES_DRIVERS_DRIVER_ANSWERS_H_
#define LASTACK_CASES_DRIVERS_DRIVER_ANSWERS_H_

#include <iosfwd>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "cases/drivers/socket_library.h"

namespace lastack {

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

class DriverAnswers {
 public:
  explicit DriverAnswers(SocketLibrary& library) : library_(library) {}

  // The reply to a request, both without tag.
  std::string To(const std::string& request);

 private:
  std::string OnConnection(const std::string& verb, const std::string& handle, std::istream& words);
  std::string Hello() const;
  std::string Connect(const std::string& handle, std::istream& words);
  std::string Listen(const std::string& handle, std::istream& words);
  std::string Accept(const std::string& listening, std::istream& words);
  std::string Stop(const std::string& handle);
  std::string Spawn(std::istream& words);

  SocketLibrary& library_;
  Handles<LibraryConnection> connections_;
  Handles<LibraryListener> listeners_;
};

}  // namespace lastack

#endif  // LASTACK_CASES_DRIVERS_DRIVER_ANSWERS_H_
