#include "mocks/fake_witness.h"

#include <memory>

#include "absl/time/time.h"

namespace lastack {

absl::StatusOr<absl::optional<SocketRow>> FakeWitness::Row(const os::Address& local, const os::Address& remote) {
  return network_.Row(local.any(), remote.any());
}

absl::optional<os::Segments> FakeWitness::Sent(const os::Address& local, const os::Address& remote) {
  const absl::optional<FakeSegments> sent = network_.Sent(local.any(), remote.any());
  if (!sent.has_value()) return absl::nullopt;
  return os::Segments{sent->fin > 0, sent->rst > 0};
}

os::WaitedCall FakeWitness::Meanwhile(const std::function<SysResult()>& call, const std::function<void()>& act,
                                      const std::function<void()>& rescue) {
  os::WaitedCall made;
  made.returned = true;
  // The network keeps what is scheduled longer than we are here.
  const auto over = std::make_shared<bool>(false);
  // Not at this very moment: what is due then comes to a call that does not wait, too.
  network_.After(absl::Nanoseconds(1), [&, over] {
    if (*over) return;
    made.waited = true;
    act();
    network_.After(absl::Milliseconds(PatienceMs()), [&, over] {
      if (*over) return;
      made.returned = false;
      rescue();
    });
  });
  const uint64_t start_ns = NowNs();
  made.timed.result = call();
  made.timed.ms = static_cast<double>(NowNs() - start_ns) / 1e6;
  *over = true;
  if (!made.waited) act();
  return made;
}

}  // namespace lastack
