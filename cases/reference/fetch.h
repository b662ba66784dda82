// What the reference client does with its arguments, over any SysApi.
//
// Each URL is fetched by an Exchange of its own; bodies go to stdout, every error to stderr. An error does not keep the
// next URL from being fetched.
//
// Threads: safe with a SysApi that is. Allocates.
#ifndef LASTACK_CASES_REFERENCE_FETCH_H_
#define LASTACK_CASES_REFERENCE_FETCH_H_

#include <string>
#include <string_view>
#include <vector>

#include "cases/reference/exchange.h"
#include "harness/sys/sys_api.h"

namespace lastack {

// A URL that can be fetched: where to connect, and what to say there.
struct Target {
  std::string url;
  std::vector<Address> servers;
  std::string request;
};

// Returns false, and says why on stderr, for a URL that is malformed or whose host is unknown.
[[nodiscard]] bool MakeTarget(const std::string& url, Target& target);

// One exchange. Returns whether there were no errors.
bool Fetch(SysApi& sys, const Target& target, const ExchangeOptions& options);
// The same for each URL in turn: the exit status, 0 or 1.
int FetchAll(SysApi& sys, const std::vector<std::string>& urls, const ExchangeOptions& options);

// The end of Fetch: the body to stdout, the errors to stderr.
bool Print(const Target& target, const Exchange& exchange);

}  // namespace lastack

#endif  // LASTACK_CASES_REFERENCE_FETCH_H_
