// The reference client over a KernelSys of which some calls are wrong.
#ifndef LASTACK_CASES_KNOWN_BAD_FETCH_BY_H_
#define LASTACK_CASES_KNOWN_BAD_FETCH_BY_H_

#include "cases/known_bad/defects.h"
#include "cases/reference/fetch.h"
#include "harness/sys/kernel_sys.h"

namespace lastack {

template <typename WrongSys>
int FetchAllBy(const Arguments& arguments) {
  WrongSys sys;
  return FetchAll(sys, arguments.urls, arguments.options);
}

template <typename WrongSys>
int FetchAllHalfClosingBy(Arguments arguments) {
  arguments.options.half_close = true;
  return FetchAllBy<WrongSys>(arguments);
}

// Of an exchange that has received: whether it got less than it was promised.
inline bool EndedEarly(const Exchange& exchange) {
  const std::vector<std::string>& errors = exchange.errors();
  return !errors.empty() && errors.front().rfind("the answer ended after", 0) == 0;
}

// A process that lives on past its wrong exchange: otherwise the socket would only be left to exit.
inline int AndOnceMore(const Arguments& arguments, int status) {
  return FetchAll(KernelSys::Instance(), {arguments.urls.front()}, arguments.options) | status;
}

}  // namespace lastack

#endif  // LASTACK_CASES_KNOWN_BAD_FETCH_BY_H_
