// A driver: a small program that does with a socket library what it is asked, line by line (cases/drivers/PORTING.md).
#ifndef LASTACK_CASES_PROFILES_DRIVER_H_
#define LASTACK_CASES_PROFILES_DRIVER_H_

#include "cases/conversation.h"

namespace lastack {

[[nodiscard]] Profile DriverProfile();

}  // namespace lastack

#endif  // LASTACK_CASES_PROFILES_DRIVER_H_
