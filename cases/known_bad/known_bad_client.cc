// A client that is wrong in exactly one way, chosen by name.
//
//   known_bad_client --defect=NAME [--half-close] [--patience-ms=N] [--bytes=N] URL...
//   known_bad_client --list
//
// Output and exit status are otherwise those of the reference client (cases/reference/http_client.cc).
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases/known_bad/defects.h"

namespace {

struct Defect {
  const char* name;
  int (*run)(const lastack::Arguments&);
  const char* sentence;
};

constexpr Defect kDefects[] = {
#define LASTACK_DEFECT(name, Function, sentence) {name, lastack::Function, sentence},
#include "cases/known_bad/defects.inc"
};

const Defect* Find(const char* name) {
  for (const Defect& defect : kDefects) {
    if (strcmp(defect.name, name) == 0) return &defect;
  }
  return nullptr;
}

int List() {
  for (const Defect& defect : kDefects) printf("%-32s%s\n", defect.name, defect.sentence);
  return 0;
}

int Usage(const char* program) {
  fprintf(stderr,
          "usage: %s --defect=NAME [--half-close] [--patience-ms=N] [--bytes=N] URL...\n"
          "       %s --list\n",
          program, program);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const option kOptions[] = {
      {"defect", required_argument, nullptr, 'd'}, {"list", no_argument, nullptr, 'l'},
      {"half-close", no_argument, nullptr, 'h'},   {"patience-ms", required_argument, nullptr, 'p'},
      {"bytes", required_argument, nullptr, 'b'},  {nullptr, 0, nullptr, 0}};
  lastack::Arguments arguments;
  arguments.program = argv[0];
  const Defect* defect = nullptr;
  for (int letter; (letter = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    if (letter == 'l') return List();
    if (letter == '?') return Usage(argv[0]);
    if (letter == 'd') defect = Find(optarg);
    if (letter == 'h') arguments.options.half_close = true;
    if (letter == 'p') arguments.options.patience_ms = atoi(optarg);
    if (letter == 'b') arguments.flood_bytes = strtoull(optarg, nullptr, 10);
  }
  arguments.urls.assign(argv + optind, argv + argc);
  if (defect == nullptr || arguments.urls.empty() || arguments.options.patience_ms <= 0) return Usage(argv[0]);
  return defect->run(arguments);
}
