// The reference client: fetches http URLs, and closes each connection as it should be closed. It passes every case.
//
//   http_client [--half-close] [--patience-ms=N] URL...
//
// Bodies go to stdout, every error to stderr. Exit status: 0; 1 after an error; 2 for wrong usage.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <string>
#include <vector>

#include "cases/reference/fetch.h"
#include "harness/sys/kernel_sys.h"

namespace {

int Usage(const char* program) {
  fprintf(stderr, "usage: %s [--half-close] [--patience-ms=N] URL...\n", program);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const option kOptions[] = {{"half-close", no_argument, nullptr, 'h'},
                             {"patience-ms", required_argument, nullptr, 'p'},
                             {nullptr, 0, nullptr, 0}};
  lastack::ExchangeOptions options;
  for (int letter; (letter = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    if (letter == 'h') {
      options.half_close = true;
    } else if (letter == 'p' && atoi(optarg) > 0) {
      options.patience_ms = atoi(optarg);
    } else {
      return Usage(argv[0]);
    }
  }
  const std::vector<std::string> urls(argv + optind, argv + argc);
  if (urls.empty()) return Usage(argv[0]);
  return lastack::FetchAll(lastack::KernelSys::Instance(), urls, options);
}
