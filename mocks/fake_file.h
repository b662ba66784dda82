// An open file description of the fake: what descriptors refer to, and what epoll sets watch.
//
// Descriptors share it (dup, fork); it ends with the last of them. Its generation counts the events that an edge-
// triggered watcher is told of: what has the same generation as before has nothing new to say.
#ifndef LASTACK_MOCKS_FAKE_FILE_H_
#define LASTACK_MOCKS_FAKE_FILE_H_

#include <cstdint>
#include <vector>

namespace lastack {

struct FakeWatch;

class FakeFile {
 public:
  enum class Kind : uint8_t { kSocket, kEpoll };

  explicit FakeFile(Kind kind) : kind(kind) {}

  const Kind kind;
  bool nonblocking = false;
  bool dead = false;  // document: closed through one descriptor, so that no other is of use
  int references = 0;
  uint64_t generation = 0;
  std::vector<FakeWatch*> watches;  // of the epoll sets that it is in
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_FILE_H_
