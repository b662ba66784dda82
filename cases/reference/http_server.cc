// The reference server: what a server looks like that ends its connections properly. See server.h.
//
//   http_server [--echo] HOST PORT
#include <stdio.h>
#include <string.h>

#include "cases/reference/server_main.h"
#include "harness/sys/kernel_sys.h"

int main(int argc, char** argv) {
  lastack::ServerOptions options;
  options.echo = argc == 4 && strcmp(argv[1], "--echo") == 0;
  const bool counted = argc == 3 || options.echo;
  if (!counted || !lastack::ParseHostAndPort(argv[argc - 2], argv[argc - 1], &options)) {
    fprintf(stderr, "usage: %s [--echo] HOST PORT\n", argv[0]);
    return 2;
  }
  return lastack::ServeUntilStopped(lastack::KernelSys::Instance(), options);
}
