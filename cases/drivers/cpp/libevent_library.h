// libevent's bufferevents as a SocketLibrary: a loop that runs until each callback has come.
#ifndef LASTACK_CASES_DRIVERS_CPP_LIBEVENT_LIBRARY_H_
#define LASTACK_CASES_DRIVERS_CPP_LIBEVENT_LIBRARY_H_

#include <memory>

#include "cases/drivers/socket_library.h"

namespace lastack {

std::unique_ptr<SocketLibrary> MakeLibevent();

}  // namespace lastack

#endif  // LASTACK_CASES_DRIVERS_CPP_LIBEVENT_LIBRARY_H_
