#include "harness/agent/agent.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "harness/agent/environment.h"
#include "harness/agent/inject.h"
#include "harness/agent/raw.h"
#include "harness/agent/real.h"
#include "harness/sys/never_sent.h"
#include "harness/trace/event_words.h"

namespace lastack {
namespace {

uint32_t no_sockets = 0;
uint32_t table_size = 0;  // how many descriptors the tables have room for

// Bounds the tables, of which only the rows of sockets are ever touched.
constexpr uint64_t kMostDescriptors = 1 << 16;

constexpr size_t kPage = 65536;  // at least one, whatever its size

constinit SegmentHead full_segment = {.pid = 0, .tid = 0, .used = kEventsPerSegment, .reserved = {}};
// Where a thread's events go that found no place.
thread_local constinit Event scratch __attribute__((tls_model("initial-exec"))) = {};

void* Map(size_t size, int flags, int fd) {
  const long address = raw::Call(SYS_mmap, 0, static_cast<long>(size), PROT_READ | PROT_WRITE, flags, fd, 0);
  return address < 0 && address > -4096 ? nullptr : reinterpret_cast<void*>(address);
}

rlimit DescriptorLimits() {
  rlimit limits{};
  raw::Call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, raw::Word(&limits));
  return limits;
}

// Maps the trace file and closes its descriptor. nullptr if there is none, or if it is not ours.
TraceHeader* MapTrace(const char* path) {
  const long fd = raw::Call(SYS_openat, AT_FDCWD, raw::Word(path), O_RDWR | O_CLOEXEC);
  if (fd < 0) return nullptr;
  struct stat file {};
  TraceHeader* header = nullptr;
  if (raw::Call(SYS_fstat, fd, raw::Word(&file)) == 0 && static_cast<size_t>(file.st_size) >= kSegmentsOffset) {
    header = static_cast<TraceHeader*>(Map(static_cast<size_t>(file.st_size), MAP_SHARED, static_cast<int>(fd)));
  }
  raw::Call(SYS_close, fd);
  if (header == nullptr) return nullptr;
  // Changes nothing, but the page is written to later: to be read first would cost it a second fault.
  __atomic_fetch_add(&header->lost_events, 0, __ATOMIC_RELAXED);
  if (header->magic != kTraceMagic || header->version != kTraceVersion) return nullptr;
  if (TraceFileSize(header->segment_count) > static_cast<size_t>(file.st_size)) return nullptr;
  return header;
}

// Calls `visit(fd)` for every open descriptor up to a gap: it looks at blocks of kAlwaysLooked until one has none. One
// poll(2) a block takes a fraction of the time that the first look into /proc/self/fd takes in a process.
template <typename Visit>
void ForEachDescriptor(Visit visit) {
  pollfd fds[kAlwaysLooked];
  bool found = true;
  for (uint32_t first = 0; found; first += kAlwaysLooked) {
    uint32_t count = kAlwaysLooked;
    for (uint32_t i = 0; i < count; ++i) fds[i] = {.fd = static_cast<int>(first + i), .events = 0, .revents = 0};
    timespec at_once{};
    long polled = raw::Call(SYS_ppoll, raw::Word(fds), count, raw::Word(&at_once), 0, 0);
    if (polled == -EINVAL) {  // more than the process may open
      count = static_cast<uint32_t>(DescriptorLimits().rlim_cur);
      polled = raw::Call(SYS_ppoll, raw::Word(fds), count, raw::Word(&at_once), 0, 0);
    }
    if (polled < 0) return;
    found = false;
    for (uint32_t i = 0; i < count; ++i) {
      if ((fds[i].revents & POLLNVAL) != 0) continue;
      found = i >= kAlwaysLooked / 2;  // the rest of the block shows the gap
      visit(fds[i].fd);
    }
  }
}

long Option(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof(value);
  const long result = raw::Call(SYS_getsockopt, fd, SOL_SOCKET, option, raw::Word(&value), raw::Word(&size));
  return result < 0 ? result : value;
}

void CheckIn(uint64_t how) {
  Note(EventKind::kCheckIn, Call::none, -1, 0, static_cast<uint64_t>(raw::Call(SYS_getppid)), how);
}

void* Reserve(size_t size) { return Map(size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1); }

// Copies as much of a text as there is room for; the rest of `to` is zero.
template <size_t kSize>
void CopyText(const char* text, char (&to)[kSize]) {
  for (size_t i = 0; i + 1 < kSize && text[i] != '\0'; ++i) to[i] = text[i];
}

void Attach() {
  const char* path = KeepEnvironment();
  if (path == nullptr) return;
  TraceHeader* header = MapTrace(path);
  if (header == nullptr) return;
  const uint64_t most = DescriptorLimits().rlim_max;
  const auto limit = static_cast<uint32_t>(most < kMostDescriptors ? most : kMostDescriptors);
  auto* page = static_cast<char*>(Reserve(kPage + limit * (sizeof(SocketState) + sizeof(Tally))));
  if (page == nullptr) return;
  fork_is_noticed = raw::Call(SYS_madvise, raw::Word(page), kPage, MADV_WIPEONFORK) == 0;
  agent.sockets = reinterpret_cast<SocketState*>(page + kPage);
  agent.tallies = reinterpret_cast<Tally*>(page + kPage + limit * sizeof(SocketState));
  agent.header = header;
  agent.segment_count = header->segment_count;
  agent.plan = &header->plan;
  table_size = limit;
  agent.socket_limit = reinterpret_cast<uint32_t*>(page);
  *agent.socket_limit = limit;
  CheckIn(1);
  ForEachDescriptor([](int fd) {
    if (Option(fd, SO_TYPE) > 0) Inherited(fd);  // the table is empty yet: a row that is not looked at costs nothing
  });
}

void Start() {
  Attach();
  PrepareRealCalls();
}

// A child has its parent's table and plan; its events go to segments of its own.
void AfterFork() {
  thread_segment = &full_segment;
  __atomic_store_n(agent.socket_limit, table_size, __ATOMIC_RELEASE);
  CheckIn(2);
  for (int fd = 0; fd <= agent.top; ++fd) {
    SocketState& socket = agent.sockets[fd];
    if (socket.inode == 0) continue;
    // Another thread of the parent may have been about to close it.
    if (InodeOf(fd) != socket.inode) {
      socket.inode = 0;
      continue;
    }
    socket.closing = false;
    Note(EventKind::kInherit, Call::none, fd, socket.inode, socket.word, 0, RemotePort(fd));
  }
}

// Writes the descriptor's row; false if it is not a socket, or beyond the table.
bool Enter(int fd, uint8_t history, uint8_t* flags) {
  if (fd < 0) return false;
  const uint64_t inode = InodeOf(fd);
  if (static_cast<uint32_t>(fd) >= table_size) {
    if (inode != 0) __atomic_add_fetch(&agent.header->untracked_sockets, 1, __ATOMIC_RELAXED);
    return false;
  }
  if (fd == agent.decoy) agent.decoy = -1;  // replaced on purpose
  SocketState& socket = agent.sockets[fd];
  if (socket.inode != 0 && !socket.closing) {
    *flags |= kNumberWasHeld;
    Note(EventKind::kVanished, Call::none, fd, socket.inode, 0, 0);
  }
  if (socket.inode != 0) __atomic_store_n(&socket.inode, 0, __ATOMIC_RELEASE);  // a page that is only read costs half
  if (inode == 0) return false;
  const long domain = Option(fd, SO_DOMAIN);
  const long type = Option(fd, SO_TYPE);
  socket.kind = SocketKindOf(domain, type, Option(fd, SO_ACCEPTCONN) > 0);
  socket.word = SocketWord(static_cast<int>(domain), static_cast<int>(type), socket.kind);
  socket.history = history;
  socket.closing = false;
  agent.tallies[fd] = {};
  Arm(*agent.plan, socket.watch, agent.tallies[fd], socket.kind, history);
  __atomic_store_n(&socket.inode, inode, __ATOMIC_RELEASE);
  int32_t top = __atomic_load_n(&agent.top, __ATOMIC_RELAXED);
  while (fd > top && !__atomic_compare_exchange_n(&agent.top, &top, fd, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  return true;
}

uint16_t PortBy(long number, int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (raw::Call(number, fd, raw::Word(&address), raw::Word(&size)) < 0) return 0;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

// Runs before main, and at the first wrapped call of another library's constructor, whichever comes first.
__attribute__((constructor(101))) void Construct() { Recording(); }

}  // namespace

bool fork_is_noticed = false;
Agent agent = {.socket_limit = &no_sockets,
               .sockets = nullptr,
               .tallies = nullptr,
               .top = -1,
               .decoy = -1,
               .decoy_inode = 0,
               .interposed = 0,
               .most_held = 0,
               .header = nullptr,
               .segment_count = 0,
               .plan = nullptr};
thread_local constinit SegmentHead* thread_segment __attribute__((tls_model("initial-exec"))) = &full_segment;

void FoundOutsideLibc(const char* call, const char* library) {
  agent.interposed = 1;
  if (agent.header == nullptr) return;
  Interposer& first = agent.header->interposer;
  uint32_t none = 0;
  if (!__atomic_compare_exchange_n(&first.found, &none, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) return;
  CopyText(call, first.call);
  CopyText(library, first.library);
}

bool Revive() {
  // None of them 0: it then lies where the dynamic linker has written already, and costs no page.
  enum : uint32_t { kNotStarted = 1, kStarting, kStarted };
  static uint32_t state = kNotStarted;
  if (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == kStarted && agent.header == nullptr) return false;
  const int callers_errno = errno;
  // A signal handler must not find a half-made agent.
  const uint64_t all = ~uint64_t{0};
  uint64_t mask = 0;
  raw::Call(SYS_rt_sigprocmask, SIG_SETMASK, raw::Word(&all), raw::Word(&mask), sizeof(mask));
  uint32_t expected = kNotStarted;
  if (__atomic_compare_exchange_n(&state, &expected, kStarting, false, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
    Start();
    __atomic_store_n(&state, kStarted, __ATOMIC_RELEASE);
  } else if (expected == kStarting) {
    while (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == kStarting) raw::Call(SYS_sched_yield);
  } else if (*agent.socket_limit == 0) {
    AfterFork();
  }
  raw::Call(SYS_rt_sigprocmask, SIG_SETMASK, raw::Word(&mask), 0, sizeof(mask));
  errno = callers_errno;
  return *agent.socket_limit != 0;
}

SocketState* TrackBeyondLimit(int fd) {
  if (*agent.socket_limit == 0 && !Revive()) return nullptr;
  const bool within = static_cast<uint32_t>(fd) < *agent.socket_limit;
  return within && agent.sockets[fd].inode != 0 ? &agent.sockets[fd] : nullptr;
}

Event& ClaimFromNextSegment() {
  uint32_t* next = &agent.header->next_segment;
  uint32_t index = agent.segment_count;
  if (__atomic_load_n(next, __ATOMIC_RELAXED) < agent.segment_count) {
    index = __atomic_fetch_add(next, 1, __ATOMIC_RELAXED);
  }
  if (index >= agent.segment_count) {
    thread_segment = &full_segment;
    full_segment.used = kEventsPerSegment;
    __atomic_add_fetch(&agent.header->lost_events, 1, __ATOMIC_RELAXED);
    return scratch;
  }
  Segment* segment = SegmentAt(agent.header, index);
  segment->pid = static_cast<int32_t>(raw::Call(SYS_getpid));
  segment->tid = static_cast<int32_t>(raw::Call(SYS_gettid));
  segment->used = 1;
  thread_segment = segment;
  return segment->events[0];
}

void Note(EventKind kind, Call call, int fd, uint64_t inode, uint64_t a, uint64_t b, int64_t result, uint8_t flags) {
  Event& event = Claim();
  event.start = TimeStamp();
  event.call = call;
  event.flags = flags;
  event.fd = fd;
  event.fault = kNoFaultIndex;
  event.result = result;
  event.socket = inode;
  event.a = a;
  event.b = b;
  SetKind(event, kind);
}

void Born(int fd, Call maker, int from, uint8_t history) {
  uint8_t flags = 0;
  if (!Enter(fd, history, &flags)) return;
  const SocketState& socket = agent.sockets[fd];
  Note(EventKind::kOpen, maker, fd, socket.inode, socket.word, static_cast<uint64_t>(from), RemotePort(fd), flags);
}

void Inherited(int fd) {
  uint8_t flags = 0;
  if (!Enter(fd, 0, &flags)) return;
  const uint16_t remote_port = RemotePort(fd);
  if (remote_port != 0) Remember(fd, agent.sockets[fd], kConnected);
  const SocketState& socket = agent.sockets[fd];
  Note(EventKind::kInherit, Call::none, fd, socket.inode, socket.word, 0, remote_port);
}

void Remember(int fd, SocketState& socket, uint8_t history) {
  if ((socket.history | history) == socket.history) return;
  __atomic_or_fetch(&socket.history, history, __ATOMIC_RELAXED);
  Arm(*agent.plan, socket.watch, agent.tallies[fd], socket.kind, socket.history);
}

void BecomeListener(int fd, SocketState& socket) {
  socket.kind = SocketKind::kListener;
  Arm(*agent.plan, socket.watch, agent.tallies[fd], socket.kind, socket.history);
}

void Failed(Event& event) {
  event.error = static_cast<uint16_t>(errno);
  if (event.error != ECONNRESET && event.error != EPIPE) return;
  SocketState* socket = Track(event.fd);
  if (socket != nullptr && socket->inode == event.socket) Remember(event.fd, *socket, kSawReset);
}

void CompareAtExit() {
  if (!Recording()) return;
  int64_t left_open = 0;
  for (int fd = 0; fd <= agent.top; ++fd) {
    const SocketState& socket = agent.sockets[fd];
    if (socket.inode == 0) continue;
    if (InodeOf(fd) != socket.inode) {
      if (!socket.closing) Note(EventKind::kVanished, Call::none, fd, socket.inode, 0, 0);
      continue;
    }
    Note(EventKind::kLeftOpen, Call::none, fd, socket.inode, UnreadBytes(fd), UnsentBytes(fd));
    ++left_open;
  }
  ForEachDescriptor([](int fd) {
    const bool known = static_cast<uint32_t>(fd) < table_size && agent.sockets[fd].inode != 0;
    const uint64_t inode = known ? 0 : InodeOf(fd);
    if (inode != 0) {
      const SocketKind kind = SocketKindOf(Option(fd, SO_DOMAIN), Option(fd, SO_TYPE), Option(fd, SO_ACCEPTCONN) > 0);
      Note(EventKind::kUnseen, Call::none, fd, inode,
           SocketWord(static_cast<int>(Option(fd, SO_DOMAIN)), static_cast<int>(Option(fd, SO_TYPE)), kind), 0,
           RemotePort(fd));
    }
  });
  // A decoy that is gone was closed by a call that was not seen: the subject may have closed the number again.
  if (agent.decoy >= 0 && !DecoyStands(agent.decoy)) {
    Note(EventKind::kVanished, Call::none, agent.decoy, agent.decoy_inode, 0, 0);
  }
  Note(EventKind::kExit, Call::none, -1, 0, 0, 0, left_open);
}

bool HasNeverSent(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  return raw::Call(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, raw::Word(&info), raw::Word(&size)) == 0 &&
         NeverSent(info, size);
}

uint64_t InodeOf(int fd) {
  struct stat file {};
  if (raw::Call(SYS_fstat, fd, raw::Word(&file)) < 0 || !S_ISSOCK(file.st_mode)) return 0;
  return file.st_ino;
}

uint16_t LocalPort(int fd) { return PortBy(SYS_getsockname, fd); }
uint16_t RemotePort(int fd) { return PortBy(SYS_getpeername, fd); }

}  // namespace lastack
