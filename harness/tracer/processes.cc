// The subject's processes and threads: how they come, what they hold then, and what they leave open.
#include <dirent.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "harness/tracer/tracer.h"

namespace lastack {
namespace {

// The sockets among the descriptors of a process, by number, with their inodes.
std::map<int, uint64_t> SocketsOf(pid_t process) {
  std::map<int, uint64_t> sockets;
  const std::string path = absl::StrCat("/proc/", process, "/fd");
  DIR* directory = opendir(path.c_str());
  if (directory == nullptr) return sockets;
  while (const dirent* file = readdir(directory)) {
    int fd;
    char target[64];
    if (!absl::SimpleAtoi(file->d_name, &fd)) continue;
    const ssize_t length = readlinkat(dirfd(directory), file->d_name, target, sizeof(target));
    absl::string_view text(target, length < 0 ? 0 : static_cast<size_t>(length));
    uint64_t inode;
    if (absl::ConsumePrefix(&text, "socket:[") && absl::ConsumeSuffix(&text, "]") && absl::SimpleAtoi(text, &inode)) {
      sockets[fd] = inode;
    }
  }
  closedir(directory);
  return sockets;
}

// The CLONE_ flags of the call that a thread is in.
uint64_t CloneFlags(const TracedThread& parent) {
  Registers registers;
  if (!Registers::Read(parent.tid, &registers)) return 0;
  return registers.number() == SYS_clone3 ? ReadValue<uint64_t>(parent.tid, registers.argument(0))
                                          : registers.argument(0);
}

}  // namespace

void Tracer::OnChild(TracedThread& parent, bool vfork_or_fork) {
  unsigned long number = 0;
  if (ptrace(PTRACE_GETEVENTMSG, parent.tid, nullptr, &number) != 0) return;
  const auto tid = static_cast<pid_t>(number);
  // clone(2) gives these events, too, with the exit signal or CLONE_VFORK in its flags; fork(2) and vfork(2) have none.
  Registers registers;
  const bool has_flags =
      Registers::Read(parent.tid, &registers) && (registers.number() == SYS_clone || registers.number() == SYS_clone3);
  const uint64_t flags = has_flags || !vfork_or_fork ? CloneFlags(parent) : 0;
  TracedThread& child = threads_[tid];
  child = {};
  child.tid = tid;
  child.pinned = parent.pinned;  // affinity is inherited
  if ((flags & CLONE_THREAD) != 0) {
    child.process = parent.process;
  } else {
    const TracedProcess& process = *parent.process;
    child.process = std::make_shared<TracedProcess>(tid, process.pid);
    child.process->handlers = process.handlers;
    child.process->in_place = process.in_place;
    const bool shares = (flags & CLONE_FILES) != 0;
    child.process->files = shares ? process.files : std::make_shared<TracedFiles>(*process.files);
    if (shares) {
      child.process->known_as = process.known_as;
    } else if (process.in_place) {
      const bool alone = std::none_of(threads_.begin(), threads_.end(), [&](const auto& other) {
        return other.first != parent.tid && other.second.process != nullptr &&
               other.second.process->files == process.files;
      });
      if (!alone) TakeStock(child);  // others may have changed the table between the fork and now
      CheckIn(child, 2);
    }
  }
  const auto stopped = unannounced_.find(tid);
  if (stopped == unannounced_.end()) return;
  const int status = stopped->second;
  unannounced_.erase(stopped);
  OnStop(tid, status);
}

// Whichever thread it was that called exec, the process's first one goes on, and all others are gone.
void Tracer::OnExec(TracedThread& thread) {
  const std::shared_ptr<TracedProcess> process = thread.process;
  for (auto at = threads_.begin(); at != threads_.end();) {
    const auto here = at++;
    if (here->first != thread.tid && here->second.process == process) threads_.erase(here);
  }
  Unpin(thread);
  thread.awaits_return = false;
  thread.pending = {};
  thread.interrupted.clear();
  thread.scratch = 0;
  process->handlers.clear();
  process->in_place = true;
  process->known_as = process->pid;
  process->SeeThrough(process->pid);
  // A table that was shared is so no more; what was closed by the exec is gone.
  process->files = std::make_shared<TracedFiles>(*process->files);
  process->files->decoy = -1;
  TakeStock(thread);
  CheckIn(thread, 1);
  Resume(thread);
}

// The process holds what the kernel says: others of its table were closed by an exec, or changed while a fork copied
// it.
void Tracer::TakeStock(TracedThread& thread) {
  const TracedProcess& process = *thread.process;
  const std::map<int, uint64_t> open = SocketsOf(process.seen_through);
  auto& sockets = process.files->sockets;
  for (auto at = sockets.begin(); at != sockets.end();) {
    const auto here = at++;
    const auto still = open.find(here->first);
    if (still == open.end() || still->second != here->second.inode) sockets.erase(here);
  }
  for (const auto& [fd, inode] : open) {
    uint8_t flags = 0;
    if (sockets.count(fd) != 0) continue;
    const RemoteDescriptor descriptor(process.pidfd, fd);
    const bool connected = descriptor.RemotePort() != 0;
    EnterSocket(thread, fd, descriptor, connected ? kConnected : 0, &flags);
  }
}

// What the process holds is listed behind its check-in.
void Tracer::CheckIn(TracedThread& thread, uint64_t how) {
  const TracedProcess& process = *thread.process;
  recorder_.Note(process.known_as, thread.tid, EventKind::kCheckIn, Call::none, -1, 0,
                 static_cast<uint64_t>(process.parent), how);
  for (const auto& [fd, socket] : process.files->sockets) {
    recorder_.Note(process.known_as, thread.tid, EventKind::kInherit, Call::none, fd, socket.inode, socket.word, 0,
                   RemoteDescriptor(process.pidfd, fd).RemotePort());
  }
}

// One thread leaves its process: true if it is the last.
bool Tracer::Leaves(TracedThread& thread) {
  thread.leaves = true;
  for (const auto& [tid, other] : threads_) {
    if (other.process != thread.process || other.leaves) continue;
    if (thread.process->seen_through == thread.tid) thread.process->SeeThrough(tid);
    return false;
  }
  return true;
}

// What other threads are just closing, or may just have been given.
Tracer::Underway Tracer::CallsUnderway(const TracedThread& except) const {
  Underway underway;
  for (const auto& [tid, thread] : threads_) {
    if (tid == except.tid || thread.process != except.process || !thread.awaits_return) continue;
    switch (FamilyOf(thread.pending.call)) {
      case CallFamily::close:
        underway.closing.insert(thread.pending.fd);
        break;
      case CallFamily::open:
      case CallFamily::accept:
      case CallFamily::dup:
      case CallFamily::recv:
      case CallFamily::control:
      case CallFamily::sweep:
        underway.changes = true;
        break;
      default:
        break;
    }
  }
  return underway;
}

void Tracer::CompareAtExit(TracedThread& thread) {
  const TracedProcess& process = *thread.process;
  const Underway underway = CallsUnderway(thread);
  const auto note = [&](EventKind kind, int fd, uint64_t inode, uint64_t a, uint64_t b, int64_t result) {
    recorder_.Note(process.known_as, thread.tid, kind, Call::none, fd, inode, a, b, result);
  };
  const std::map<int, uint64_t> open = SocketsOf(process.seen_through);
  const auto& known = process.files->sockets;
  int64_t left_open = 0;
  for (const auto& [fd, socket] : known) {
    const auto still = open.find(fd);
    if (still == open.end() || still->second != socket.inode) {
      if (!underway.changes) note(EventKind::kVanished, fd, socket.inode, 0, 0, 0);
      continue;
    }
    const RemoteDescriptor descriptor(process.pidfd, fd);
    note(EventKind::kLeftOpen, fd, socket.inode, descriptor.UnreadBytes(), descriptor.UnsentBytes(), 0);
    ++left_open;
  }
  for (const auto& [fd, inode] : open) {
    if (known.count(fd) != 0 || underway.changes || underway.closing.count(fd) != 0) continue;
    const RemoteDescriptor descriptor(process.pidfd, fd);
    const uint64_t word = SocketWord(static_cast<int>(descriptor.Option(SO_DOMAIN)),
                                     static_cast<int>(descriptor.Option(SO_TYPE)), SocketKind::kOther);
    note(EventKind::kUnseen, fd, inode, word, 0, descriptor.RemotePort());
  }
  note(EventKind::kExit, -1, 0, 0, 0, left_open);
}

}  // namespace lastack
