#include "harness/run/preloadable.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>

#include <fstream>

namespace lastack {
namespace {

template <typename Header>
bool ReadAt(std::ifstream& file, std::streamoff offset, Header* header) {
  return file.seekg(offset) && file.read(reinterpret_cast<char*>(header), sizeof(*header));
}

}  // namespace

std::string WhyNotPreloadable(const std::string& program) {
  struct stat status {};
  if (stat(program.c_str(), &status) == 0 && (status.st_mode & (S_ISUID | S_ISGID)) != 0) {
    return "it runs with raised privileges";
  }
  std::ifstream file(program, std::ios::binary);
  ElfW(Ehdr) header;
  if (!ReadAt(file, 0, &header) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return "";
  constexpr int kOurClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  if (header.e_ident[EI_CLASS] != kOurClass) return "it is a program of another architecture";
  for (int i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) part;
    if (!ReadAt(file, static_cast<std::streamoff>(header.e_phoff) + i * header.e_phentsize, &part)) return "";
    if (part.p_type == PT_INTERP) return "";
  }
  return "it is statically linked";
}

}  // namespace lastack
