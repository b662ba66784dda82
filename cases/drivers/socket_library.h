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
// Threads: called by one thread, one call at a time, unless the library says `concurrent`: then Receive and Accept are
// called in a second thread, and the first calls other things meanwhile, Close among them. Blocking is allowed; errno
// is not looked at. No exception leaves.
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
  // The end of what is received (SHUT_RD): what has come already can still be received.
  virtual int ShutdownReceive() { return kUnimplemented; }
  // The end of both (SHUT_RDWR).
  virtual int ShutdownBoth() { return kUnimplemented; }
  // From now on Close waits for what is unsent, `seconds` at most (SO_LINGER {on, seconds}).
  virtual int SetLinger(int /*seconds*/) { return kUnimplemented; }
  // An ordinary close. Afterwards nothing but the destructor is called, whatever it returned.
  virtual int Close() = 0;
  // An abortive close: RST. Afterwards as with Close. Say "abort" in Capabilities if there is one.
  virtual int Abort() { return kUnimplemented; }
};

class LibraryListener {
 public:
  virtual ~LibraryListener() = default;

  // The next connection, when it has come.
  virtual int Accept(std::unique_ptr<LibraryConnection>* connection) = 0;
  // The library's ordinary end of listening. Afterwards nothing but the destructor is called.
  virtual int Stop() = 0;
};

class SocketLibrary {
 public:
  virtual ~SocketLibrary() = default;

  virtual std::string Name() const = 0;                                 // one word
  virtual std::vector<std::string> Capabilities() const { return {}; }  // of: abort, concurrent
  // A failed connect leaves nothing behind.
  virtual int Connect(const std::string& host, int port, std::unique_ptr<LibraryConnection>* connection) = 0;
  // Listens at `*port`, or at a free one that it tells, if that is 0.
  virtual int Listen(const std::string& /*host*/, int* /*port*/, std::unique_ptr<LibraryListener>* /*listener*/) {
    return kUnimplemented;
  }
  // Starts a program, found by PATH, as one ordinarily does, and does not wait for it.
  virtual int Spawn(const std::vector<std::string>& /*words*/, int* /*pid*/) { return kUnimplemented; }
};

}  // namespace lastack

#endif  // LASTACK_CASES_DRIVERS_SOCKET_LIBRARY_H_
