// What is installed beside the program: its man page and the completion of bash, made from the tables of commands,
// flags, cases and profiles, which the help texts are made from, too.
//
// Pure functions. Allocate. Sources: man(7), groff_char(7); bash(1), "Programmable Completion".
#ifndef LASTACK_TOOLS_PACKAGE_PAGES_H_
#define LASTACK_TOOLS_PACKAGE_PAGES_H_

#include <string>

namespace lastack {

[[nodiscard]] std::string ManPage();
[[nodiscard]] std::string BashCompletion();

}  // namespace lastack

#endif  // LASTACK_TOOLS_PACKAGE_PAGES_H_
