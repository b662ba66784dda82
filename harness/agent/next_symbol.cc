#include "harness/agent/next_symbol.h"

#include <dlfcn.h>
#include <string.h>

namespace lastack {

NextLibrary::NextLibrary() : library_(_r_debug.r_map) {
  while (library_ != nullptr && library_->l_ld != _DYNAMIC) library_ = library_->l_next;
  if (library_ != nullptr) Advance();
}

bool NextLibrary::EndWithLoaded() {
  last_ = nullptr;
  bool all = true;
  const link_map* last = nullptr;
  for (NextLibrary library; library.exists(); library.Advance()) {
    all = all && library.hash_ != nullptr;
    last = library.library_;
  }
  last_ = last;
  return all;
}

void NextLibrary::Advance() {
  library_ = library_ == last_ ? nullptr : library_->l_next;
  if (library_ != nullptr) ReadTables();
}

void NextLibrary::ReadTables() {
  symbols_ = nullptr;
  names_ = nullptr;
  versions_ = nullptr;
  hash_ = nullptr;
  for (const ElfW(Dyn)* entry = library_->l_ld; entry->d_tag != DT_NULL; ++entry) {
    // The dynamic linker has made it absolute, except in what it may not write to: the kernel's own library.
    const ElfW(Addr) value = entry->d_un.d_ptr;
    const ElfW(Addr) address = value < library_->l_addr ? library_->l_addr + value : value;
    if (entry->d_tag == DT_SYMTAB) symbols_ = reinterpret_cast<const ElfW(Sym)*>(address);
    if (entry->d_tag == DT_STRTAB) names_ = reinterpret_cast<const char*>(address);
    if (entry->d_tag == DT_VERSYM) versions_ = reinterpret_cast<const ElfW(Half)*>(address);
    if (entry->d_tag == DT_GNU_HASH) hash_ = reinterpret_cast<const uint32_t*>(address);
  }
}

void* NextLibrary::Find(const SymbolName& symbol) const {
  // Without such a table, or where the function chooses among several of its kind: the general way.
  if (hash_ == nullptr) return dlsym(RTLD_NEXT, symbol.name);
  constexpr uint32_t kWordBits = sizeof(ElfW(Addr)) * 8;
  constexpr ElfW(Half) kOldVersion = 0x8000;
  const uint32_t bucket_count = hash_[0];
  const uint32_t first_index = hash_[1];
  const uint32_t filter_size = hash_[2];
  const uint32_t filter_shift = hash_[3];
  const auto* filter = reinterpret_cast<const ElfW(Addr)*>(hash_ + 4);
  const auto* buckets = reinterpret_cast<const uint32_t*>(filter + filter_size);
  const uint32_t* chains = buckets + bucket_count;
  const ElfW(Addr) word = filter[symbol.hash / kWordBits % filter_size];
  const bool may_be_here =
      (word >> symbol.hash % kWordBits & word >> (symbol.hash >> filter_shift) % kWordBits & 1) != 0;
  if (!may_be_here) return nullptr;
  const uint32_t first = buckets[symbol.hash % bucket_count];
  if (first < first_index) return nullptr;
  for (uint32_t index = first;; ++index) {
    const uint32_t hash = chains[index - first_index];
    const ElfW(Sym)& found = symbols_[index];
    const bool is_default = versions_ == nullptr || (versions_[index] & kOldVersion) == 0;
    if ((hash | 1) == (symbol.hash | 1) && is_default && found.st_shndx != SHN_UNDEF &&
        strcmp(names_ + found.st_name, symbol.name) == 0) {
      if (ELF64_ST_TYPE(found.st_info) != STT_FUNC) return dlsym(RTLD_NEXT, symbol.name);
      return reinterpret_cast<void*>(library_->l_addr + found.st_value);
    }
    if ((hash & 1) != 0) return nullptr;  // the last of its chain
  }
}

const char* NextLibrary::PathOf(const void* definition) const {
  if (hash_ != nullptr) return library_->l_name;
  Dl_info found{};
  return dladdr(definition, &found) != 0 && found.dli_fname != nullptr ? found.dli_fname : "";
}

bool IsLibcsPath(const char* path) {
  const char* const slash = strrchr(path, '/');
  const char* const name = slash == nullptr ? path : slash + 1;
  return strcmp(name, "libc.so.6") == 0 || strcmp(name, "libpthread.so.0") == 0;
}

}  // namespace lastack
