// The reference server: what a server looks like that ends its connections properly. See server.h.
//
//   http_server [--echo] [--bytes=N] [--patience-ms=N] HOST PORT
// --bytes: of the body of each answer
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cases/reference/server_main.h"
#include "harness/sys/kernel_sys.h"

int main(int argc, char** argv) {
  lastack::ServerOptions options;
  const option kOptions[] = {{"echo", no_argument, nullptr, 'e'},
                             {"bytes", required_argument, nullptr, 'b'},
                             {"patience-ms", required_argument, nullptr, 'p'},
                             {nullptr, 0, nullptr, 0}};
  bool known = true;
  for (int letter; (letter = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    if (letter == 'e') options.echo = true;
    if (letter == 'b') options.answer_bytes = strtoull(optarg, nullptr, 10);
    if (letter == 'p') options.patience_ms = atoi(optarg);
    known = known && letter != '?';
  }
  if (!known || argc - optind != 2 || !lastack::ParseHostAndPort(argv[optind], argv[optind + 1], &options)) {
    fprintf(stderr, "usage: %s [--echo] [--bytes=N] [--patience-ms=N] HOST PORT\n", argv[0]);
    return 2;
  }
  return lastack::ServeUntilStopped(lastack::KernelSys::Instance(), options);
}
