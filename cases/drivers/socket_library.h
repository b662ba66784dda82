// A socket library as lastack drives it: the verbs of the driver protocol (PORTING.md) as virtual functions.
//
// Implement these two classes over your library, and give them to DriverMain:
//
//   int main() {
//     MyLibrary library;
//     return lastack::DriverMain(library);
//   }
//
// Every function returns 0 for success, the errno that says best why it failed, or kUnimplemented if the library cannot
// do it. It reports what the library reported, no more and no less: what the library hides stays hidden.
//
// Threads: called by one thread, one call at a time. Blocking is allowed; errno is not looked at. No exception leaves.
#ifndef LASTACK_CASES_DRIVERS_SOCKET_LIBRARY_H_
#define LASTACK_CASES_DRIVERS_SOCKET_LIBRARY_H_

#include <stddef.h>

#include <memory>
#include <string>
#include <vector>

namespace lastack {

inline constexpr int kUnimplemented = -1;

class LibraryConnection {
 public:
  virtual ~LibraryConnection() = default;

  // All of `data`, as the library sends: success says that the library has taken responsibility for it.
  virtual int Send(const std::string& data) = 0;
  // At least one byte and at most `most`; success without any: the peer has finished.
  virtual int Receive(size_t most, std::string* data) = 0;
  // The end of what is sent (shutdown(2) with SHUT_WR, "half-close"); receiving goes on.
  virtual int Finish() { return kUnimplemented; }
  // An ordinary close. Afterwards nothing but the destructor is called, whatever it returned.
  virtual int Close() = 0;
  // An abortive close: RST. Afterwards as with Close. Say "abort" in Capabilities if there is one.
  virtual int Abort() { return kUnimplemented; }
};

class SocketLibrary {
 public:
  virtual ~SocketLibrary() = default;

  virtual std::string Name() const = 0;                                 // one word
  virtual std::vector<std::string> Capabilities() const { return {}; }  // of: abort
  // A failed connect leaves nothing behind.
  virtual int Connect(const std::string& host, int port, std::unique_ptr<LibraryConnection>* connection) = 0;
};

}  // namespace lastack

#endif  // LASTACK_CASES_DRIVERS_SOCKET_LIBRARY_H_
