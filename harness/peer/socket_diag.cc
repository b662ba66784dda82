// FindSocketByDiag: one question and one answer over a netlink socket. The kernel answers within sendto(2).

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "harness/peer/socket_table.h"

namespace lastack {
namespace {

struct Question {
  nlmsghdr head;
  inet_diag_req_v2 body;
};

struct Answer {
  nlmsghdr head;
  union {
    nlmsgerr error;
    inet_diag_msg row;
    char rest[4096];  // attributes, which we ask for none of
  } body;
};

// The port, as the network has it, and the address's bytes in `words`.
uint16_t Take(const sockaddr& address, __be32* words) {
  if (address.sa_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
    memcpy(words, &six.sin6_addr, sizeof(six.sin6_addr));
    return six.sin6_port;
  }
  const auto& four = reinterpret_cast<const sockaddr_in&>(address);
  words[0] = four.sin_addr.s_addr;
  return four.sin_port;
}

Question QuestionFor(const sockaddr& local, const sockaddr& remote) {
  Question question;
  memset(&question, 0, sizeof(question));
  question.head.nlmsg_len = sizeof(question);
  question.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.head.nlmsg_flags = NLM_F_REQUEST;
  question.body.sdiag_family = static_cast<uint8_t>(local.sa_family);
  question.body.sdiag_protocol = IPPROTO_TCP;
  question.body.idiag_states = ~0U;
  question.body.id.idiag_sport = Take(local, question.body.id.idiag_src);
  question.body.id.idiag_dport = Take(remote, question.body.id.idiag_dst);
  question.body.id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
  question.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return question;
}

sockaddr_in AddressOf(const Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  address.sin_addr.s_addr = htonl(endpoint.address);
  return address;
}

// 0 or an errno.
int Ask(const Question& question, Answer* answer) {
  const int netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (netlink < 0) return errno;
  int error = 0;
  if (send(netlink, &question, sizeof(question), 0) < 0) {
    error = errno;
  } else if (const ssize_t size = recv(netlink, answer, sizeof(*answer), MSG_DONTWAIT); size < 0) {
    error = errno;
  } else if (static_cast<size_t>(size) < NLMSG_LENGTH(sizeof(nlmsgerr))) {
    error = EPROTO;
  } else if (answer->head.nlmsg_type == NLMSG_ERROR) {
    error = -answer->body.error.error;
  } else if (static_cast<size_t>(size) < NLMSG_LENGTH(sizeof(inet_diag_msg))) {
    error = EPROTO;
  }
  close(netlink);
  return error;
}

}  // namespace

absl::StatusOr<absl::optional<SocketRow>> FindSocketByDiag(const sockaddr& local, const sockaddr& remote) {
  Answer answer;
  memset(&answer, 0, sizeof(answer));
  const Question question = QuestionFor(local, remote);
  const int error = Ask(question, &answer);
  if (error == ENOENT) return absl::optional<SocketRow>();
  if (error != 0) return absl::ErrnoToStatus(error, "sock_diag");
  const inet_diag_msg& found = answer.body.row;
  // Where there is no connection the kernel looks for a listener.
  if (found.id.idiag_dport != question.body.id.idiag_dport) return absl::optional<SocketRow>();
  SocketRow row;
  row.state = static_cast<TcpState>(found.idiag_state);
  row.unsent = found.idiag_wqueue;
  row.unread = found.idiag_rqueue;
  row.inode = found.idiag_inode;
  return absl::optional<SocketRow>(row);
}

absl::StatusOr<absl::optional<SocketRow>> FindSocketByDiag(const Endpoint& local, const Endpoint& remote) {
  const sockaddr_in from = AddressOf(local), to = AddressOf(remote);
  return FindSocketByDiag(reinterpret_cast<const sockaddr&>(from), reinterpret_cast<const sockaddr&>(to));
}

}  // namespace lastack
