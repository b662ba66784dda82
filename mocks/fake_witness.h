// A fake network as the witness of claims about sockets (cases/os/witness.h): what only a kernel could say, its state
// says.
//
// Threads: none. A call that waits lets virtual time pass, and what is done meanwhile happens in it, a nanosecond
// later.
#ifndef LASTACK_MOCKS_FAKE_WITNESS_H_
#define LASTACK_MOCKS_FAKE_WITNESS_H_

#include <string>

#include "cases/os/witness.h"
#include "mocks/fake_network.h"

namespace lastack {

class FakeWitness : public os::Witness {
 public:
  explicit FakeWitness(FakeNetwork& network) : network_(network) {}

  absl::StatusOr<absl::optional<SocketRow>> Row(const os::Address& local, const os::Address& remote) override;
  absl::optional<os::Segments> Sent(const os::Address& local, const os::Address& remote) override;
  bool IsWaiting(pid_t) override { return false; }
  os::WaitedCall Meanwhile(const std::function<SysResult()>& call, const std::function<void()>& act,
                           const std::function<void()>& rescue) override;
  uint64_t NowNs() override { return static_cast<uint64_t>(network_.now_ns()); }
  std::string Means() const override { return "the fake network's state"; }

 private:
  FakeNetwork& network_;
};

}  // namespace lastack

#endif  // LASTACK_MOCKS_FAKE_WITNESS_H_
