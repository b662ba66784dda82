// A driver that is wrong in exactly one way, chosen by name: the reference driver over the kernel's calls, of which one
// is wrong.
//
//   known_bad_driver --defect=NAME
//   known_bad_driver --list
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cases/drivers/driver_main.h"
#include "cases/drivers/posix_library.h"
#include "cases/known_bad/driver_defects.h"
#include "harness/sys/kernel_sys.h"

namespace lastack {
namespace {

template <typename WrongSys>
int DriveBy() {
  WrongSys sys(KernelSys::Instance());
  PosixLibrary library(sys);
  return DriverMain(library);
}

struct Defect {
  const char* name;
  int (*drive)();
  const char* sentence;
};

constexpr Defect kDefects[] = {
#define LASTACK_DEFECT(name, Sys, sentence) {name, DriveBy<Sys>, sentence},
#include "cases/known_bad/driver_defects.inc"
};

int List() {
  for (const Defect& defect : kDefects) printf("%-28s%s\n", defect.name, defect.sentence);
  return 0;
}

int Main(int argc, char** argv) {
  const option kOptions[] = {
      {"defect", required_argument, nullptr, 'd'}, {"list", no_argument, nullptr, 'l'}, {nullptr, 0, nullptr, 0}};
  for (int letter; (letter = getopt_long(argc, argv, "", kOptions, nullptr)) != -1;) {
    if (letter == 'l') return List();
    for (const Defect& defect : kDefects) {
      if (letter == 'd' && strcmp(defect.name, optarg) == 0) return defect.drive();
    }
  }
  fprintf(stderr, "usage: %s --defect=NAME\n       %s --list\n", argv[0], argv[0]);
  return 2;
}

}  // namespace
}  // namespace lastack

int main(int argc, char** argv) { return lastack::Main(argc, argv); }
