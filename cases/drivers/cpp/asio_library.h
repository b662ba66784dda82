// Standalone Asio as a SocketLibrary: asynchronous operations, and a loop that runs until each has completed.
#ifndef LASTACK_CASES_DRIVERS_CPP_ASIO_LIBRARY_H_
#define LASTACK_CASES_DRIVERS_CPP_ASIO_LIBRARY_H_

#include <memory>

#include "cases/drivers/socket_library.h"

namespace lastack {

std::unique_ptr<SocketLibrary> MakeAsio();

}  // namespace lastack

#endif  // LASTACK_CASES_DRIVERS_CPP_ASIO_LIBRARY_H_
