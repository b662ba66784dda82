// Prints the man page or the completion of bash, which are installed beside the program.
#include <cstdio>
#include <string>

#include "tools/package/pages.h"

int main(int argc, char** argv) {
  const std::string what = argc == 2 ? argv[1] : "";
  if (what != "man" && what != "completion") {
    fprintf(stderr, "usage: generate man|completion\n");
    return 2;
  }
  const std::string text = what == "man" ? lastack::ManPage() : lastack::BashCompletion();
  const bool written = fwrite(text.data(), 1, text.size(), stdout) == text.size() && fflush(stdout) == 0;
  return written ? 0 : 1;
}
