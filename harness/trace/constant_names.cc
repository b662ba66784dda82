#include "harness/trace/constant_names.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace lastack {
namespace {

struct Named {
  int64_t value;
  const char* name;
};

#define LASTACK_NAMED(constant) \
  { constant, #constant }

constexpr Named kDomains[] = {LASTACK_NAMED(AF_UNSPEC), LASTACK_NAMED(AF_UNIX),    LASTACK_NAMED(AF_INET),
                              LASTACK_NAMED(AF_INET6),  LASTACK_NAMED(AF_NETLINK), LASTACK_NAMED(AF_PACKET)};

constexpr Named kTypes[] = {LASTACK_NAMED(SOCK_STREAM), LASTACK_NAMED(SOCK_DGRAM), LASTACK_NAMED(SOCK_RAW),
                            LASTACK_NAMED(SOCK_SEQPACKET)};

constexpr Named kSocketFlags[] = {LASTACK_NAMED(SOCK_NONBLOCK), LASTACK_NAMED(SOCK_CLOEXEC)};

constexpr Named kShutdowns[] = {LASTACK_NAMED(SHUT_RD), LASTACK_NAMED(SHUT_WR), LASTACK_NAMED(SHUT_RDWR)};

constexpr Named kMessageFlags[] = {
    LASTACK_NAMED(MSG_OOB),      LASTACK_NAMED(MSG_PEEK),         LASTACK_NAMED(MSG_DONTROUTE),
    LASTACK_NAMED(MSG_TRUNC),    LASTACK_NAMED(MSG_DONTWAIT),     LASTACK_NAMED(MSG_WAITALL),
    LASTACK_NAMED(MSG_CONFIRM),  LASTACK_NAMED(MSG_ERRQUEUE),     LASTACK_NAMED(MSG_NOSIGNAL),
    LASTACK_NAMED(MSG_MORE),     LASTACK_NAMED(MSG_WAITFORONE),   LASTACK_NAMED(MSG_ZEROCOPY),
    LASTACK_NAMED(MSG_FASTOPEN), LASTACK_NAMED(MSG_CMSG_CLOEXEC),
};

constexpr Named kLevels[] = {LASTACK_NAMED(SOL_SOCKET), LASTACK_NAMED(IPPROTO_IP), LASTACK_NAMED(IPPROTO_TCP),
                             LASTACK_NAMED(IPPROTO_UDP), LASTACK_NAMED(IPPROTO_IPV6)};

constexpr Named kSocketOptions[] = {
    LASTACK_NAMED(SO_REUSEADDR), LASTACK_NAMED(SO_TYPE),         LASTACK_NAMED(SO_ERROR),
    LASTACK_NAMED(SO_BROADCAST), LASTACK_NAMED(SO_SNDBUF),       LASTACK_NAMED(SO_RCVBUF),
    LASTACK_NAMED(SO_KEEPALIVE), LASTACK_NAMED(SO_OOBINLINE),    LASTACK_NAMED(SO_PRIORITY),
    LASTACK_NAMED(SO_LINGER),    LASTACK_NAMED(SO_REUSEPORT),    LASTACK_NAMED(SO_PASSCRED),
    LASTACK_NAMED(SO_PEERCRED),  LASTACK_NAMED(SO_RCVLOWAT),     LASTACK_NAMED(SO_RCVTIMEO),
    LASTACK_NAMED(SO_SNDTIMEO),  LASTACK_NAMED(SO_TIMESTAMP),    LASTACK_NAMED(SO_ACCEPTCONN),
    LASTACK_NAMED(SO_PROTOCOL),  LASTACK_NAMED(SO_DOMAIN),       LASTACK_NAMED(SO_MARK),
    LASTACK_NAMED(SO_BUSY_POLL), LASTACK_NAMED(SO_BINDTODEVICE),
};

constexpr Named kIpOptions[] = {LASTACK_NAMED(IP_TOS), LASTACK_NAMED(IP_TTL), LASTACK_NAMED(IP_RECVERR),
                                LASTACK_NAMED(IP_MTU_DISCOVER), LASTACK_NAMED(IP_BIND_ADDRESS_NO_PORT)};

constexpr Named kIpv6Options[] = {LASTACK_NAMED(IPV6_V6ONLY), LASTACK_NAMED(IPV6_RECVERR), LASTACK_NAMED(IPV6_TCLASS)};

constexpr Named kTcpOptions[] = {
    LASTACK_NAMED(TCP_NODELAY),       LASTACK_NAMED(TCP_MAXSEG),
    LASTACK_NAMED(TCP_CORK),          LASTACK_NAMED(TCP_KEEPIDLE),
    LASTACK_NAMED(TCP_KEEPINTVL),     LASTACK_NAMED(TCP_KEEPCNT),
    LASTACK_NAMED(TCP_SYNCNT),        LASTACK_NAMED(TCP_LINGER2),
    LASTACK_NAMED(TCP_DEFER_ACCEPT),  LASTACK_NAMED(TCP_INFO),
    LASTACK_NAMED(TCP_QUICKACK),      LASTACK_NAMED(TCP_CONGESTION),
    LASTACK_NAMED(TCP_USER_TIMEOUT),  LASTACK_NAMED(TCP_FASTOPEN),
    LASTACK_NAMED(TCP_NOTSENT_LOWAT), LASTACK_NAMED(TCP_FASTOPEN_CONNECT),
};

constexpr Named kFcntlCommands[] = {
    LASTACK_NAMED(F_DUPFD), LASTACK_NAMED(F_GETFD),  LASTACK_NAMED(F_SETFD),  LASTACK_NAMED(F_GETFL),
    LASTACK_NAMED(F_SETFL), LASTACK_NAMED(F_GETOWN), LASTACK_NAMED(F_SETOWN), LASTACK_NAMED(F_DUPFD_CLOEXEC),
};

constexpr Named kFileStatuses[] = {LASTACK_NAMED(O_WRONLY), LASTACK_NAMED(O_RDWR), LASTACK_NAMED(O_APPEND),
                                   LASTACK_NAMED(O_NONBLOCK), LASTACK_NAMED(O_ASYNC)};

constexpr Named kIoctls[] = {LASTACK_NAMED(FIONREAD), LASTACK_NAMED(FIONBIO),  LASTACK_NAMED(FIOASYNC),
                             LASTACK_NAMED(FIOCLEX),  LASTACK_NAMED(FIONCLEX), LASTACK_NAMED(TIOCOUTQ)};

constexpr Named kEpollOperations[] = {LASTACK_NAMED(EPOLL_CTL_ADD), LASTACK_NAMED(EPOLL_CTL_MOD),
                                      LASTACK_NAMED(EPOLL_CTL_DEL)};

template <size_t kCount>
std::string NameIn(const Named (&table)[kCount], int64_t value) {
  const auto* found =
      std::find_if(std::begin(table), std::end(table), [value](const Named& row) { return row.value == value; });
  return found == std::end(table) ? absl::StrCat(value) : found->name;
}

// The names of the bits, joined by "|", with what has no name in hexadecimal.
template <size_t kCount>
std::string NamesIn(const Named (&table)[kCount], uint32_t bits) {
  std::string names;
  for (const Named& row : table) {
    const auto value = static_cast<uint32_t>(row.value);
    if (value == 0 || (bits & value) != value) continue;
    absl::StrAppend(&names, names.empty() ? "" : "|", row.name);
    bits &= ~value;
  }
  if (bits != 0) absl::StrAppend(&names, names.empty() ? "" : "|", "0x", absl::Hex(bits));
  return names.empty() ? "0" : names;
}

}  // namespace

std::string DomainName(int domain) { return NameIn(kDomains, domain); }

std::string SocketTypeName(int type) {
  constexpr int kTypeMask = 0xf;  // as in the kernel; the flags are above
  std::string name = NameIn(kTypes, type & kTypeMask);
  if ((type & ~kTypeMask) != 0) absl::StrAppend(&name, "|", SocketFlagNames(type & ~kTypeMask));
  return name;
}

std::string SocketFlagNames(int flags) { return NamesIn(kSocketFlags, static_cast<uint32_t>(flags)); }
std::string ShutdownName(int how) { return NameIn(kShutdowns, how); }
std::string MessageFlagNames(int flags) { return NamesIn(kMessageFlags, static_cast<uint32_t>(flags)); }
std::string LevelName(int level) { return NameIn(kLevels, level); }

std::string OptionName(int level, int option) {
  switch (level) {
    case SOL_SOCKET:
      return NameIn(kSocketOptions, option);
    case IPPROTO_TCP:
      return NameIn(kTcpOptions, option);
    case IPPROTO_IP:
      return NameIn(kIpOptions, option);
    case IPPROTO_IPV6:
      return NameIn(kIpv6Options, option);
    default:
      return absl::StrCat(option);
  }
}

std::string FcntlCommandName(int command) { return NameIn(kFcntlCommands, command); }
std::string FileStatusNames(int flags) { return NamesIn(kFileStatuses, static_cast<uint32_t>(flags)); }

std::string IoctlName(uint64_t request) {
  const std::string name = NameIn(kIoctls, static_cast<int64_t>(request));
  return name == absl::StrCat(static_cast<int64_t>(request)) ? absl::StrCat("0x", absl::Hex(request)) : name;
}

std::string EpollOperationName(int operation) { return NameIn(kEpollOperations, operation); }

}  // namespace lastack
