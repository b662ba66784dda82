// check-close/errno-preserved: what is reported is the first error, and not that of the close which cleans up after it.
//
// Two cases: a send that fails because the peer has reset the connection, and a connect that is refused; the close
// behind each fails with EIO. Judged by words: a driver's reply names its error; a program is judged where its stderr
// names one of the two, by errno name or in strerror's words. Who names neither has said nothing wrong: `observed`.
#ifndef LASTACK_CASES_CHECK_CLOSE_ERRNO_PRESERVED_H_
#define LASTACK_CASES_CHECK_CLOSE_ERRNO_PRESERVED_H_

#include "cases/case.h"

namespace lastack {

[[nodiscard]] Case CheckCloseErrnoPreserved();
[[nodiscard]] Case CheckCloseErrnoPreservedOnConnect();

}  // namespace lastack

#endif  // LASTACK_CASES_CHECK_CLOSE_ERRNO_PRESERVED_H_
