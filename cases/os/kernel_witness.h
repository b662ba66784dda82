// The running kernel as a Witness: its socket table (sock_diag(7)), its packets (packet(7)), its threads (proc(5)).
//
//   KernelWitness witness(KernelWitness::Network::kOwn);   // in a process of its own: the network is left for good
//
// In a network namespace of its own it sees every packet, and nobody else's connections are near; that needs the right
// to make user namespaces. Where it is refused, the network stays the machine's and packets are not seen.
#ifndef LASTACK_CASES_OS_KERNEL_WITNESS_H_
#define LASTACK_CASES_OS_KERNEL_WITNESS_H_

#include <map>
#include <string>

#include "cases/os/witness.h"

namespace lastack::os {

class KernelWitness : public Witness {
 public:
  enum class Network { kMachine, kOwn };

  // With kOwn the calling process must have one thread.
  explicit KernelWitness(Network network);
  ~KernelWitness() override;
  KernelWitness(const KernelWitness&) = delete;
  KernelWitness& operator=(const KernelWitness&) = delete;

  absl::StatusOr<absl::optional<SocketRow>> Row(const Address& local, const Address& remote) override;
  absl::optional<Segments> Sent(const Address& local, const Address& remote) override;
  bool IsWaiting(pid_t thread) override;
  WaitedCall Meanwhile(const std::function<SysResult()>& call, const std::function<void()>& act,
                       const std::function<void()>& rescue) override;  // the call in a thread
  uint64_t NowNs() override;
  std::string Means() const override;

 private:
  void TakePackets();

  int capture_ = -1;                      // a packet socket that gets FIN and RST only; -1 if packets cannot be seen
  std::map<std::string, Segments> seen_;  // by both ends' addresses and ports, as they stand in the packet
};

}  // namespace lastack::os

#endif  // LASTACK_CASES_OS_KERNEL_WITNESS_H_
