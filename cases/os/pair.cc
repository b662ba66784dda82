#include "cases/os/pair.h"

#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "harness/sys/errno_names.h"

namespace lastack::os {
namespace {

constexpr int kQueueBytes = 16 * 1024;

absl::Status Failed(const char* call, const SysResult& result) {
  const std::string words = absl::StrCat(call, ": ", ErrnoName(result.error));
  const bool absent = result.error == EAFNOSUPPORT || result.error == EADDRNOTAVAIL;
  return absent ? absl::UnavailableError(words) : absl::InternalError(words);
}

Address LoopbackOf(Family family) {
  Address address;
  if (family == Family::kIpv6) {
    auto& six = reinterpret_cast<sockaddr_in6&>(address.bytes);
    six.sin6_family = AF_INET6;
    six.sin6_addr = in6addr_loopback;
    address.length = sizeof(six);
  } else {
    auto& four = reinterpret_cast<sockaddr_in&>(address.bytes);
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.length = sizeof(four);
  }
  return address;
}

void SetSmallQueues(SysApi& sys, int fd) {
  for (const int option : {SO_SNDBUF, SO_RCVBUF}) {
    (void)sys.setsockopt(fd, SOL_SOCKET, option, &kQueueBytes, sizeof(kQueueBytes));
  }
}

}  // namespace

const char* FamilyName(Family family) {
  switch (family) {
    case Family::kIpv4:
      return "IPv4";
    case Family::kIpv6:
      return "IPv6";
    case Family::kUnix:
      return "AF_UNIX";
  }
  return "";
}

std::string Word(const SysResult& result) { return result.ok() ? absl::StrCat(result.value) : ErrnoName(result.error); }

Finding& Finding::Bytes(const char* name, size_t bytes) {
  facts_.push_back({name, "bytes", static_cast<double>(bytes), ""});
  return *this;
}

Finding& Finding::Ms(const char* name, double ms) {
  facts_.push_back({name, "ms", ms, ""});
  return *this;
}

Finding& Finding::Word(const char* name, const std::string& word) {
  facts_.push_back({name, "", 0, word});
  return *this;
}

SysResult End::Send(size_t bytes) {
  const std::string data(bytes, 'x');
  return sys.send(fd, data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

SysResult End::Receive() {
  char buffer[64 * 1024];
  return sys.recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
}

size_t End::Fill() {
  constexpr size_t kFarMoreThanQueuesHold = 64 * 1024 * 1024;
  size_t total = 0;
  while (total < kFarMoreThanQueuesHold) {
    const SysResult sent = Send(4096);
    if (!sent.ok()) break;
    total += static_cast<size_t>(sent.value);
  }
  return total;
}

Reading End::ReadToEnd() {
  Reading reading;
  while (AwaitInput()) {
    const SysResult received = Receive();
    if (!received.ok() && received.error == EAGAIN) continue;
    if (!received.ok() || received.value == 0) {
      reading.end = received.ok() ? "EOF" : ErrnoName(received.error);
      return reading;
    }
    reading.bytes += static_cast<size_t>(received.value);
  }
  reading.end = "nothing";
  return reading;
}

bool End::AwaitInput() {
  pollfd entry = {fd, POLLIN, 0};
  return sys.poll(&entry, 1, witness.PatienceMs()).value == 1;
}

bool End::AwaitHangUp() {
  pollfd entry = {fd, 0, 0};
  return sys.poll(&entry, 1, witness.PatienceMs()).value == 1;
}

SysResult End::Shutdown(int how) { return sys.shutdown(fd, how); }

SysResult End::SetLinger(int on, int seconds) {
  const linger value = {on, seconds};
  return sys.setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof(value));
}

SysResult End::SetNonBlocking() { return sys.fcntl(fd, F_SETFL, O_NONBLOCK); }

Timed End::Close() {
  const uint64_t start_ns = witness.NowNs();
  const SysResult result = sys.close(std::exchange(fd, -1));
  return {result, static_cast<double>(witness.NowNs() - start_ns) / 1e6};
}

Pair::Pair(SysApi& sys, Witness& witness, Family family)
    : sys(sys), witness(witness), family(family), here(sys, witness), peer(sys, witness), listener(sys, witness) {}

Pair::~Pair() {
  for (const End* end : {&here, &peer, &listener}) {
    if (end->fd >= 0) (void)sys.close(end->fd);
  }
}

absl::StatusOr<std::unique_ptr<Pair>> Pair::Connect(SysApi& sys, Witness& witness, Family family) {
  std::unique_ptr<Pair> pair(new Pair(sys, witness, family));
  if (absl::Status opened = pair->Open(); !opened.ok()) return opened;
  return pair;
}

absl::Status Pair::Open() {
  if (family == Family::kUnix) {
    int fds[2];
    if (const SysResult made = sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds); !made.ok()) {
      return Failed("socketpair", made);
    }
    here.fd = fds[0];
    peer.fd = fds[1];
    for (const int fd : fds) SetSmallQueues(sys, fd);
    return absl::OkStatus();
  }
  listener.address = LoopbackOf(family);
  const SysResult listening = sys.socket(listener.address.any().sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!listening.ok()) return Failed("socket", listening);
  listener.fd = static_cast<int>(listening.value);
  SetSmallQueues(sys, listener.fd);  // the accepted socket inherits them
  const SysResult bound = sys.bind(listener.fd, &listener.address.any(), listener.address.length);
  if (!bound.ok()) return Failed("bind", bound);
  if (const SysResult listens = sys.listen(listener.fd, 16); !listens.ok()) return Failed("listen", listens);
  if (const SysResult named = sys.getsockname(listener.fd, listener.address.writable(), &listener.address.length);
      !named.ok()) {
    return Failed("getsockname", named);
  }
  absl::StatusOr<int> connected = ConnectOneMore();
  if (!connected.ok()) return connected.status();
  here.fd = *connected;
  const SysResult accepted = sys.accept4(listener.fd, here.address.writable(), &here.address.length, SOCK_CLOEXEC);
  if (!accepted.ok()) return Failed("accept4", accepted);
  peer.fd = static_cast<int>(accepted.value);
  peer.address = listener.address;
  return absl::OkStatus();
}

absl::StatusOr<int> Pair::ConnectOneMore() {
  const SysResult made = sys.socket(listener.address.any().sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!made.ok()) return Failed("socket", made);
  const int fd = static_cast<int>(made.value);
  SetSmallQueues(sys, fd);
  const SysResult connected = sys.connect(fd, &listener.address.any(), listener.address.length);
  if (connected.ok()) return fd;
  (void)sys.close(fd);
  return Failed("connect", connected);
}

absl::optional<SocketRow> Pair::RowOf(const End& end, const End& other) {
  const absl::StatusOr<absl::optional<SocketRow>> row = witness.Row(end.address, other.address);
  blind_ = blind_ || !row.ok();
  return row.ok() ? *row : absl::nullopt;
}

std::string Pair::StateOf(const End& end, const End& other) {
  const absl::optional<SocketRow> row = RowOf(end, other);
  return row.has_value() ? TcpStateName(row->state) : "none";
}

size_t Pair::UnsentOf(const End& end, const End& other) {
  const absl::optional<SocketRow> row = RowOf(end, other);
  return row.has_value() ? row->unsent : 0;
}

void Pair::AwaitThat(const std::function<bool()>& reached) {
  const uint64_t end_ns = witness.PatientUntilNs();
  while (!reached() && witness.NowNs() < end_ns) (void)sys.poll(nullptr, 0, 1);
}

std::string Pair::AwaitHereState(const std::string& expected) {
  AwaitThat([&] { return HereState() == expected; });
  return HereState();
}

void Pair::AwaitHereUnsent(size_t bytes) {
  AwaitThat([&] { return HereUnsent() == bytes; });
}

void Pair::AwaitPeerUnsent(size_t bytes) {
  AwaitThat([&] { return UnsentOf(peer, here) == bytes; });
}

std::string Pair::HereSent() {
  const absl::optional<Segments> sent = witness.Sent(here.address, peer.address);
  if (!sent.has_value()) return "not seen";
  if (sent->fin && sent->rst) return "FIN, RST";
  return sent->fin ? "FIN" : sent->rst ? "RST" : "neither";
}

}  // namespace lastack::os
