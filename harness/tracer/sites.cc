// What a call acts on, and the words that its event keeps: as in harness/agent, from outside.
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include <algorithm>

#include "harness/trace/event_words.h"
#include "harness/tracer/tracer.h"

namespace lastack {
namespace {

constexpr uint64_t kMostPolled = 1024;  // descriptors of one call that are looked at
constexpr uint64_t kMostParts = 64;     // of a vector that are counted

uint64_t AddressWordAt(pid_t process, uint64_t address, uint64_t length) {
  sockaddr_storage storage{};
  const size_t size = std::min<uint64_t>(length, sizeof(storage));
  if (address == 0 || !ReadMemory(process, address, &storage, size)) return 0;
  return AddressWord(reinterpret_cast<const sockaddr*>(&storage), size);
}

uint64_t VectorWord(pid_t process, uint64_t vector, uint64_t count) {
  iovec parts[kMostParts];
  count = std::min(count, kMostParts);
  if (!ReadMemory(process, vector, parts, count * sizeof(iovec))) return 0;
  uint64_t bytes = 0;
  for (uint64_t i = 0; i < count; ++i) bytes += parts[i].iov_len;
  return bytes;
}

uint64_t MessageWord(pid_t process, uint64_t address) {
  const auto message = ReadValue<msghdr>(process, address);
  return VectorWord(process, reinterpret_cast<uint64_t>(message.msg_iov), message.msg_iovlen);
}

uint64_t OptionValue(pid_t process, uint64_t value, uint64_t length) {
  uint64_t word = 0;
  if (value != 0 && !ReadMemory(process, value, &word, std::min<uint64_t>(length, sizeof(word)))) return 0;
  return word;
}

// An int in a register: its upper half may hold anything.
uint64_t IntWord(uint64_t word) { return static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(word))); }

// A timespec, or -1 for none, as poll(2) counts; of select(2), a timeval.
uint64_t Milliseconds(pid_t process, uint64_t address, bool is_timeval = false) {
  if (address == 0) return ~uint64_t{0};
  const auto time = ReadValue<timespec>(process, address);
  const uint64_t unit = is_timeval ? 1'000 : 1'000'000;
  return static_cast<uint64_t>(time.tv_sec) * 1000 +
         (static_cast<uint64_t>(time.tv_nsec) + unit - 1) / unit;  // 0 only for no time
}

// The kernel's struct of rt_sigaction(2).
struct KernelAction {
  uint64_t handler;
  uint64_t flags;
  uint64_t restorer;
  uint64_t mask;
};

}  // namespace

// The socket that stands for a set of descriptors: the first one that a fault selects, else the first.
void Tracer::ChooseOf(TracedThread& thread, int fd, Site& site) {
  const auto found = thread.process->files->sockets.find(fd);
  if (found == thread.process->files->sockets.end()) return;
  const bool decided = site.socket != nullptr && Due(plan_, site.socket->watch, site.call) != 0;
  if (decided || (site.socket != nullptr && Due(plan_, found->second.watch, site.call) == 0)) return;
  site.fd = fd;
  site.socket = &found->second;
}

Site Tracer::SiteOf(TracedThread& thread, Call call, const Registers& registers) {
  const pid_t memory = thread.tid;
  TracedFiles& files = *thread.process->files;
  Site site;
  site.call = call;
  const uint64_t first = registers.argument(0);
  const uint64_t second = registers.argument(1);
  const uint64_t third = registers.argument(2);
  switch (FamilyOf(call)) {
    case CallFamily::open:
      site.a =
          call == Call::socket ? SocketWord(static_cast<int>(first), static_cast<int>(second), SocketKind::kOther) : 0;
      site.watch = &files.watch;
      site.tally = &files.tally;
      return site;
    case CallFamily::process:
      if (call == Call::clone || call == Call::unshare) site.a = first;  // flags
      if (call == Call::clone3) site.a = ReadValue<uint64_t>(memory, first);
      return site;
    case CallFamily::exit:
      site.a = first;
      return site;
    case CallFamily::signal:
      return site;
    case CallFamily::sweep:
      site.fd = static_cast<int>(first);
      site.a = second;
      site.b = third;
      return site;
    case CallFamily::poll:
      break;
    default:
      site.fd = static_cast<int>(call == Call::epoll_ctl ? third : first);
      break;
  }
  if (files.sockets.empty() && files.decoy < 0) return site;
  if (call == Call::poll || call == Call::ppoll) {
    const uint64_t count = std::min(second, kMostPolled);
    std::vector<pollfd> fds(count);
    if (!ReadMemory(memory, first, fds.data(), count * sizeof(pollfd))) return site;
    for (const pollfd& one : fds) ChooseOf(thread, one.fd, site);
    site.a = second;
    site.b = call == Call::poll ? IntWord(third) : Milliseconds(memory, third);
  } else if (call == Call::select || call == Call::pselect) {
    for (const uint64_t set : {second, third}) {
      fd_set fds;
      FD_ZERO(&fds);
      const size_t bytes = std::min<uint64_t>((first + 63) / 64 * 8, sizeof(fds));
      if (set == 0 || !ReadMemory(memory, set, &fds, bytes)) continue;
      for (const auto& [fd, socket] : files.sockets) {
        if (fd < FD_SETSIZE && FD_ISSET(fd, &fds)) ChooseOf(thread, fd, site);
      }
    }
    site.a = first;
    site.b = Milliseconds(memory, registers.argument(4), call == Call::select);
  } else if (FamilyOf(call) == CallFamily::poll) {
    // What an epoll descriptor watches is the kernel's knowledge.
    site.fd = static_cast<int>(first);
    site.a = third;
    site.b = call == Call::epoll_pwait2 ? Milliseconds(memory, registers.argument(3)) : IntWord(registers.argument(3));
    if (site.b == 0) return site;  // it only looks
    site.watch = &files.watch;
    site.tally = &files.tally;
    return site;
  } else {
    if (call == Call::splice && files.sockets.count(static_cast<int>(third)) != 0) site.fd = static_cast<int>(third);
    if (call == Call::dup2 || call == Call::dup3) {
      site.a = second;  // of interest whatever is copied: it may be a socket's
    }
    if (call == Call::dup3) site.b = third;
    const auto found = files.sockets.find(site.fd);
    if (found == files.sockets.end()) return site;
    site.socket = &found->second;
  }
  if (site.socket == nullptr || (FamilyOf(call) == CallFamily::poll && call != Call::epoll_ctl && site.b == 0)) {
    return site;
  }
  site.watch = &site.socket->watch;
  site.tally = &site.socket->tally;
  switch (call) {
    case Call::bind:
    case Call::connect:
      site.a = AddressWordAt(memory, second, third);
      break;
    case Call::setsockopt:
      site.b = OptionValue(memory, registers.argument(3), registers.argument(4));
      [[fallthrough]];
    case Call::getsockopt:
      site.a = OptionWord(static_cast<int>(second), static_cast<int>(third));
      break;
    case Call::close: {
      const RemoteDescriptor socket(thread.process->pidfd, site.fd);
      site.a = socket.UnreadBytes();
      site.b = socket.UnsentBytes();
      break;
    }
    case Call::sendto:
    case Call::recvfrom:
      site.a = third;
      site.b = registers.argument(3);
      site.flags = static_cast<int>(site.b);
      break;
    case Call::sendmsg:
    case Call::recvmsg:
      site.a = MessageWord(memory, second);
      site.b = third;
      site.flags = static_cast<int>(third);
      break;
    case Call::sendmmsg:
    case Call::recvmmsg:
      site.a = third;
      site.b = registers.argument(3);
      site.flags = static_cast<int>(site.b);
      break;
    case Call::readv:
    case Call::writev:
      site.a = VectorWord(memory, second, third);
      break;
    case Call::read:
    case Call::write:
      site.a = third;
      break;
    case Call::sendfile:
      site.a = registers.argument(3);
      site.b = second;
      break;
    case Call::splice:
      site.a = registers.argument(4);
      site.b = static_cast<uint64_t>(site.fd) == third ? first : third;
      break;
    case Call::epoll_ctl:
      site.a = second;
      site.b = first;
      break;
    case Call::accept4:
      site.a = registers.argument(3);
      break;
    case Call::accept:
    case Call::dup:
    case Call::dup2:
    case Call::dup3:
      break;
    default:  // shutdown, listen, fcntl, ioctl: their own words
      if (FamilyOf(call) != CallFamily::poll) {
        site.a =
            call == Call::ioctl || call == Call::fcntl || call == Call::shutdown || call == Call::listen ? second : 0;
        site.b = call == Call::fcntl ? third : 0;
      }
  }
  return site;
}

// Whether a signal can interrupt a call is known from here. It is taken to succeed: it fails for bad numbers only.
void Tracer::NoteHandler(TracedThread& thread, const Registers& registers) {
  const uint64_t place = registers.argument(1);
  if (place == 0) return;
  const int signal = static_cast<int>(registers.argument(0));
  const auto action = ReadValue<KernelAction>(thread.tid, place);
  const bool caught =
      action.handler != reinterpret_cast<uint64_t>(SIG_DFL) && action.handler != reinterpret_cast<uint64_t>(SIG_IGN);
  if (caught) {
    thread.process->handlers[signal] = (action.flags & SA_RESTART) != 0;
  } else {
    thread.process->handlers.erase(signal);
  }
  const uint64_t word = action.handler;
  recorder_.End(
      recorder_.Begin(thread.process->known_as, thread.tid, Call::sigaction, -1, 0, 0, registers.argument(0), word), 0);
}

}  // namespace lastack
