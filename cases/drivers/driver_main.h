// The driver protocol over standard input and output, for any SocketLibrary.
#ifndef LASTACK_CASES_DRIVERS_DRIVER_MAIN_H_
#define LASTACK_CASES_DRIVERS_DRIVER_MAIN_H_

#include "cases/drivers/socket_library.h"

namespace lastack {

// Answers requests until `quit` or the end of input. The exit status.
int DriverMain(SocketLibrary& library);

}  // namespace lastack

#endif  // LASTACK_CASES_DRIVERS_DRIVER_MAIN_H_
