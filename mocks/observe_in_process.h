// Runs a SocketLibrary once, on a fake network, through the conversation that a driver has, and brings back the facts
// of the run as harness/run/observe.h does of a process.
//
// Time is virtual; it moves on by a microsecond with each thing that is recorded, so that what came later is later.
// Threads: none. Allocates. Its deadlocks are facts, not failures of the test: a call that can never return ends the
// run as its timeout does.
#ifndef LASTACK_MOCKS_OBSERVE_IN_PROCESS_H_
#define LASTACK_MOCKS_OBSERVE_IN_PROCESS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cases/drivers/socket_library.h"
#include "harness/peer/script.h"
#include "harness/run/driver_script.h"
#include "harness/run/observation.h"
#include "harness/sys/sys_api.h"
#include "mocks/fake_network.h"
#include "mocks/fake_options.h"

namespace lastack {

// A library that makes all its calls of `sys`, which outlives it.
using LibraryMaker = std::function<std::unique_ptr<SocketLibrary>(SysApi& sys)>;

// Where a library runs, and how its calls come to the run's SysApi: here, of that SysApi itself. Others:
// run_catalog_interposed.cc.
class LibraryStage {
 public:
  virtual ~LibraryStage() = default;
  // Does what lets the library make calls. False: its process ended meanwhile, or before; what it was doing then is
  // never finished, and what it has may not be touched.
  [[nodiscard]] virtual bool Do(const std::function<void()>& work) {
    work();
    return true;
  }
  // Called in the work in which the process ends; does not return, or lets all further calls of it fail.
  virtual void End() {}
};
using LibraryStageMaker =
    std::function<std::unique_ptr<LibraryStage>(SysApi& sys, FakeNetwork& network, FakeWaiter& waiter)>;

struct InProcessRun {
  LibraryMaker make;
  LibraryStageMaker stage = nullptr;  // empty: the default
  FakeOptions network = FakeOptions();
  absl::Duration timeout = absl::Seconds(10);  // in virtual time
  std::string host = "127.0.0.1";              // what the library is told
  std::string profile;                         // these three are only noted
  std::string case_id;
  std::string scenario;
  std::vector<Script> scripts;  // the peer's
  DriverScript driver_script;
  bool refuses = false;
  std::vector<std::string> faults;
};

// InvalidArgumentError: a fault that is none, or that cannot be carried out in process.
[[nodiscard]] absl::StatusOr<Observation> ObserveInProcess(const InProcessRun& run);

}  // namespace lastack

#endif  // LASTACK_MOCKS_OBSERVE_IN_PROCESS_H_
