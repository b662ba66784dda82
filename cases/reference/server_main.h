// What the programs around Server share: arguments, the stop signals, the run.
//
//   http_server [--echo] HOST PORT
#ifndef LASTACK_CASES_REFERENCE_SERVER_MAIN_H_
#define LASTACK_CASES_REFERENCE_SERVER_MAIN_H_

#include "cases/reference/server.h"

namespace lastack {

// The numeric address and the port, both last on the command line. False if they are none.
[[nodiscard]] bool ParseHostAndPort(const char* host, const char* port, ServerOptions* options);

// Serves until SIGTERM or SIGINT, and returns the exit status.
int ServeUntilStopped(SysApi& sys, const ServerOptions& options);

}  // namespace lastack

#endif  // LASTACK_CASES_REFERENCE_SERVER_MAIN_H_
