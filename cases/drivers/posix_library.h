// POSIX sockets as a SocketLibrary: the reference driver, and the C++ example.
#ifndef LASTACK_CASES_DRIVERS_POSIX_LIBRARY_H_
#define LASTACK_CASES_DRIVERS_POSIX_LIBRARY_H_

#include "cases/drivers/socket_library.h"
#include "harness/sys/sys_api.h"

namespace lastack {

class PosixLibrary : public SocketLibrary {
 public:
  explicit PosixLibrary(SysApi& sys) : sys_(sys) {}

  std::string Name() const override { return "posix"; }
  std::vector<std::string> Capabilities() const override { return {"abort", "concurrent"}; }
  int Connect(const std::string& host, int port, std::unique_ptr<LibraryConnection>* connection) override;
  int Listen(const std::string& host, int* port, std::unique_ptr<LibraryListener>* listener) override;
  int Spawn(const std::vector<std::string>& words, int* pid) override;

 private:
  SysApi& sys_;
};

}  // namespace lastack

#endif  // LASTACK_CASES_DRIVERS_POSIX_LIBRARY_H_
