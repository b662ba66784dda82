// The definitions of functions behind ours: what dlsym(RTLD_NEXT, name) finds, at a fifth of its price, without a lock
// and without an allocation. Two thirds of the agent's start went into dlsym's general way.
//
//   for (NextLibrary library; library.exists(); library.Advance()) {   // as the dynamic linker searches
//     if (real.close == nullptr) real.close = reinterpret_cast<int (*)(int)>(library.Find("close"));
//   }
//
// For the libraries that the program was linked with: they are never unloaded, so a search that ends with them needs no
// lock. Sources: elf(5), ld.so(8), and the GNU tools' DT_GNU_HASH.
#ifndef LASTACK_HARNESS_AGENT_NEXT_SYMBOL_H_
#define LASTACK_HARNESS_AGENT_NEXT_SYMBOL_H_

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>

namespace lastack {

// A name with its hash, which the compiler computes.
struct SymbolName {
  consteval SymbolName(const char* text) : name(text), hash(5381) {  // NOLINT: a name is given as its text
    for (const char* at = text; *at != '\0'; ++at) hash = hash * 33 + static_cast<unsigned char>(*at);
  }
  const char* name;
  uint32_t hash;
};

// A library that was loaded behind the one that this code is in.
class NextLibrary {
 public:
  NextLibrary();  // the first

  // Every later search ends with the last library that is loaded now. To be called while there is one thread. Returns
  // whether they all have the table that Find needs; where one has not, it takes dlsym(3), and that takes a lock.
  static bool EndWithLoaded();

  bool exists() const { return library_ != nullptr; }
  void Advance();
  // nullptr: it does not define it.
  void* Find(const SymbolName& symbol) const;

  // The path of the library that a definition, which Find gave, is in; "" if that is not known.
  const char* PathOf(const void* definition) const;

 private:
  void ReadTables();

  static constinit inline const link_map* last_ = nullptr;  // none: as far as there are any

  const link_map* library_;
  const ElfW(Sym) * symbols_;
  const char* names_;
  const ElfW(Half) * versions_;
  const uint32_t* hash_;
};

// Whether a path is that of the C library. Until glibc 2.34 it was two.
bool IsLibcsPath(const char* path);

}  // namespace lastack

#endif  // LASTACK_HARNESS_AGENT_NEXT_SYMBOL_H_
