#include "cases/os/kernel_witness.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "cases/os/background_call.h"
#include "harness/peer/deadline.h"
#include "harness/peer/socket_table.h"

namespace lastack::os {
namespace {

constexpr unsigned kFin = 1, kRst = 4;
constexpr size_t kIpv4Addresses = 12, kIpv6Addresses = 8;  // where both addresses stand in the header

bool LoopbackUp() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  ifreq request{};
  strncpy(request.ifr_name, "lo", sizeof(request.ifr_name) - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool up = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  close(fd);
  return up;
}

// Root needs no user namespace, and keeps its rights to files without one.
bool EnterOwnNetwork() {
  if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  return LoopbackUp();
}

// Only TCP's FIN and RST: data would fill the packet socket's queue, and then those would be lost.
bool FilterEnds(int fd) {
  constexpr unsigned kTcp = IPPROTO_TCP, kFlags = 13;  // the flags' place in TCP's header
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),                    // the version, and IPv4's header length
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),                //
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x60, 5, 0),          // to IPv6
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),                    // IPv4: the protocol
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kTcp, 0, 8),          //
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),                   //
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, kFlags),               //
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kFin | kRst, 4, 5),  //
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),                    // IPv6: the next header
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kTcp, 0, 3),          //
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40 + kFlags),          //
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kFin | kRst, 0, 1),  //
      BPF_STMT(BPF_RET | BPF_K, 128),                           // taken: the headers
      BPF_STMT(BPF_RET | BPF_K, 0),                             // not taken
  };
  const sock_fprog program = {static_cast<unsigned short>(sizeof(code) / sizeof(code[0])), code};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

int OpenCapture() {
  const int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  // The protocol comes last: until then nothing is taken that the filter has not seen.
  sockaddr_ll all{};
  all.sll_family = AF_PACKET;
  all.sll_protocol = htons(ETH_P_ALL);
  if (FilterEnds(fd) && bind(fd, reinterpret_cast<const sockaddr*>(&all), sizeof(all)) == 0) return fd;
  close(fd);
  return -1;
}

std::string Bytes(const void* data, size_t size) { return std::string(static_cast<const char*>(data), size); }

// Addresses, then ports, as they stand in a packet from `local` to `remote`.
std::string KeyOf(const sockaddr& local, const sockaddr& remote) {
  if (local.sa_family == AF_INET6) {
    const auto& from = reinterpret_cast<const sockaddr_in6&>(local);
    const auto& to = reinterpret_cast<const sockaddr_in6&>(remote);
    return absl::StrCat(Bytes(&from.sin6_addr, 16), Bytes(&to.sin6_addr, 16), Bytes(&from.sin6_port, 2),
                        Bytes(&to.sin6_port, 2));
  }
  const auto& from = reinterpret_cast<const sockaddr_in&>(local);
  const auto& to = reinterpret_cast<const sockaddr_in&>(remote);
  return absl::StrCat(Bytes(&from.sin_addr, 4), Bytes(&to.sin_addr, 4), Bytes(&from.sin_port, 2),
                      Bytes(&to.sin_port, 2));
}

}  // namespace

KernelWitness::KernelWitness(Network network) {
  if (network == Network::kOwn && EnterOwnNetwork()) capture_ = OpenCapture();
}

KernelWitness::~KernelWitness() {
  if (capture_ >= 0) close(capture_);
}

absl::StatusOr<absl::optional<SocketRow>> KernelWitness::Row(const Address& local, const Address& remote) {
  return FindSocketByDiag(local.any(), remote.any());
}

void KernelWitness::TakePackets() {
  unsigned char packet[256];
  ssize_t size;
  while ((size = recv(capture_, packet, sizeof(packet), 0)) > 0) {
    const bool six = packet[0] >> 4 == 6;
    const size_t header = six ? 40 : (packet[0] & 0xf) * 4U;
    if (static_cast<size_t>(size) < header + 20) continue;
    const std::string key =
        Bytes(packet + (six ? kIpv6Addresses : kIpv4Addresses), six ? 32 : 8) + Bytes(packet + header, 4);
    const unsigned flags = packet[header + 13];
    seen_[key].fin |= (flags & kFin) != 0;
    seen_[key].rst |= (flags & kRst) != 0;
  }
}

absl::optional<Segments> KernelWitness::Sent(const Address& local, const Address& remote) {
  if (capture_ < 0) return absl::nullopt;
  TakePackets();
  return seen_[KeyOf(local.any(), remote.any())];
}

bool KernelWitness::IsWaiting(pid_t thread) {
  const int file = open(absl::StrCat("/proc/self/task/", thread, "/stat").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char buffer[512];
  const ssize_t size = read(file, buffer, sizeof(buffer));  // fails if the thread ends just now
  close(file);
  const absl::string_view stat(buffer, size < 0 ? 0 : static_cast<size_t>(size));
  const size_t state = stat.rfind(") ");
  return state != absl::string_view::npos && state + 2 < stat.size() && stat[state + 2] == 'S';
}

WaitedCall KernelWitness::Meanwhile(const std::function<SysResult()>& call, const std::function<void()>& act,
                                    const std::function<void()>& rescue) {
  BackgroundCall waiting(*this, call);
  WaitedCall made;
  made.waited = waiting.SeenWaiting();
  act();
  made.returned = waiting.AwaitReturn();
  if (!made.returned) rescue();
  made.timed = waiting.Join();
  return made;
}

uint64_t KernelWitness::NowNs() { return MonotonicNs(); }

std::string KernelWitness::Means() const {
  const char* packets = capture_ >= 0 ? "FIN and RST in packets, captured in a network namespace of its own, which has "
                                        "the kernel's default settings"
                                      : "packets not seen (no network namespace, or no packet socket, is to be had)";
  return absl::StrCat("the calls' results at both ends; the kernel's socket table (sock_diag); ", packets);
}

}  // namespace lastack::os
