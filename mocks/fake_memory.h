// Pointers that a kernel would refuse: NULL, and what lies in the first page. Others are taken at their word.
#ifndef LASTACK_MOCKS_FAKE_MEMORY_H_
#define LASTACK_MOCKS_FAKE_MEMORY_H_

#include <cstdint>

namespace lastack {

inline bool BadPointer(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer) < 4096; }

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_MEMORY_H_
