#include "harness/trace/event_text.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include <initializer_list>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "harness/plan/parse.h"
#include "harness/sys/errno_names.h"
#include "harness/trace/constant_names.h"

namespace lastack {
namespace {

using Arguments = std::vector<std::string>;

std::string Number(uint64_t word) { return absl::StrCat(static_cast<int64_t>(word)); }
int Int(uint64_t word) { return static_cast<int>(word); }

bool IsOf(CallFamily family, Call call) { return call != Call::none && FamilyOf(call) == family; }

std::string Bytes(uint64_t count) { return absl::StrCat(count, count == 1 ? " byte" : " bytes"); }

// The flags of a send or receive, if there are any.
Arguments Transfer(const Event& event, absl::string_view unit) {
  Arguments arguments = {absl::StrCat(event.a, " ", event.a == 1 ? unit.substr(0, unit.size() - 1) : unit)};
  if (event.b != 0) arguments.push_back(MessageFlagNames(Int(event.b)));
  return arguments;
}

// The event holds the value's first 8 bytes, which are read only if the kernel took them.
std::string OptionValue(const Event& event) {
  if (event.result < 0) return "...";
  const int level = OptionWordLevel(event.a);
  const int option = OptionWordOption(event.a);
  if (level == SOL_SOCKET && option == SO_LINGER) return absl::StrCat("{", Int(event.b), ", ", Int(event.b >> 32), "}");
  if (level == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO)) {
    return absl::StrCat("{", Number(event.b), " s, ...}");
  }
  return absl::StrCat(Int(event.b));
}

std::string HandlerText(uint64_t word) {
  if (word == reinterpret_cast<uintptr_t>(SIG_DFL)) return "SIG_DFL";
  if (word == reinterpret_cast<uintptr_t>(SIG_IGN)) return "SIG_IGN";
  return "a handler";
}

Arguments FcntlArguments(const Event& event) {
  Arguments arguments = {FcntlCommandName(Int(event.a))};
  switch (Int(event.a)) {
    case F_GETFD:
    case F_GETFL:
    case F_GETOWN:
      break;
    case F_SETFD:
      arguments.push_back(event.b == FD_CLOEXEC ? "FD_CLOEXEC" : Number(event.b));
      break;
    case F_SETFL:
      arguments.push_back(FileStatusNames(Int(event.b)));
      break;
    default:
      arguments.push_back(Number(event.b));
  }
  return arguments;
}

// A negative timeout waits without an end.
Arguments WaitArguments(const Event& event, bool counts_descriptors) {
  Arguments arguments;
  if (counts_descriptors && event.a > 1) arguments.push_back(absl::StrCat("and ", event.a - 1, " more"));
  if (static_cast<int64_t>(event.b) >= 0) arguments.push_back(absl::StrCat(event.b, " ms"));
  return arguments;
}

// What follows the descriptor.
Arguments ArgumentsOf(const Event& event) {
  switch (event.call) {
    case Call::socket:
    case Call::socketpair:
      return {DomainName(SocketWordDomain(event.a)), SocketTypeName(SocketWordType(event.a))};
    case Call::accept4:
      return {SocketFlagNames(Int(event.a))};
    case Call::bind:
    case Call::connect:
      return {AddressText(event.a)};
    case Call::listen:
      return {Number(event.a)};
    case Call::setsockopt:
      return {LevelName(OptionWordLevel(event.a)), OptionName(OptionWordLevel(event.a), OptionWordOption(event.a)),
              OptionValue(event)};
    case Call::getsockopt:
      return {LevelName(OptionWordLevel(event.a)), OptionName(OptionWordLevel(event.a), OptionWordOption(event.a))};
    case Call::shutdown:
      return {ShutdownName(Int(event.a))};
    case Call::close_range:
      return {event.a == UINT32_MAX ? "~0" : Number(event.a)};
    case Call::dup2:
    case Call::dup3:
      return {Number(event.a)};
    case Call::fcntl:
      return FcntlArguments(event);
    case Call::ioctl:
      return {IoctlName(event.a)};
    case Call::send:
    case Call::sendto:
    case Call::sendmsg:
    case Call::recv:
    case Call::recvfrom:
    case Call::recvmsg:
      return Transfer(event, "bytes");
    case Call::sendmmsg:
    case Call::recvmmsg:
      return Transfer(event, "messages");
    case Call::write:
    case Call::writev:
    case Call::read:
    case Call::readv:
      return {Bytes(event.a)};
    case Call::sendfile:
    case Call::sendfile64:
    case Call::splice:
      return {Number(event.b), Bytes(event.a)};  // b: the other descriptor
    case Call::poll:
    case Call::ppoll:
      return WaitArguments(event, /*counts_descriptors=*/true);
    case Call::epoll_wait:
    case Call::epoll_pwait:
    case Call::epoll_pwait2:
      return WaitArguments(event, /*counts_descriptors=*/false);
    case Call::epoll_ctl:
      return {EpollOperationName(Int(event.a)), absl::StrCat("epoll ", Number(event.b))};
    case Call::exit:
    case Call::quick_exit:
    case Call::_exit:
    case Call::_Exit:
      return {absl::StrCat(Int(event.a))};
    case Call::sigaction:
    case Call::signal:
      return {SignalName(Int(event.a)), HandlerText(event.b)};
    default:
      return {};
  }
}

std::string CallText(const Event& event) {
  Arguments arguments = ArgumentsOf(event);
  if (event.fd >= 0) arguments.insert(arguments.begin(), absl::StrCat(event.fd));
  return absl::StrCat(CallName(event.call), "(", absl::StrJoin(arguments, ", "), ")");
}

std::string ResultText(const Event& event) {
  if (event.kind == EventKind::kInFlight) {
    return IsExec(event.call) ? "(another program took over)" : "(did not return)";
  }
  if (FamilyOf(event.call) == CallFamily::exit || event.call == Call::closefrom) return "";
  if (event.error == 0) return absl::StrCat("= ", event.result);
  return absl::StrCat("= ", event.result, " ", ErrnoName(event.error));
}

std::string InjectedText(const Event& event) {
  std::string effect(event.effect == Effect::kNone ? "a signal" : EffectName(event.effect));
  if (event.effect == Effect::kPartial) absl::StrAppend(&effect, "=", event.substitute);
  return absl::StrCat("[injected: ", effect, ", ", RealismName(event.realism), "]");
}

// Bytes that were on their way when the descriptor was closed: unread ones make the kernel reset the connection.
void AddQueues(const Event& event, Arguments& notes) {
  Arguments queues;
  if (event.a > 0) queues.push_back(absl::StrCat(Bytes(event.a), " unread"));
  if (event.b > 0) queues.push_back(absl::StrCat(Bytes(event.b), " unsent"));
  if (!queues.empty()) notes.push_back(absl::StrCat("[", absl::StrJoin(queues, ", "), "]"));
}

std::string NotesOn(const Event& event) {
  const bool is_call = event.kind == EventKind::kCall || event.kind == EventKind::kInFlight;
  const bool closes = is_call && IsOf(CallFamily::close, event.call);
  Arguments notes;
  if (event.kind == EventKind::kOpen && event.result != 0 && IsOf(CallFamily::accept, event.call)) {
    notes.push_back(absl::StrCat("[from port ", static_cast<uint16_t>(event.result), "]"));
  }
  if (event.call == Call::connect && static_cast<uint16_t>(event.b) != 0) {
    notes.push_back(absl::StrCat("[from port ", static_cast<uint16_t>(event.b), "]"));
  }
  if (closes || event.kind == EventKind::kClosed || event.kind == EventKind::kLeftOpen) AddQueues(event, notes);
  if (event.fault != kNoFaultIndex) notes.push_back(InjectedText(event));
  if ((event.flags & kOnDecoy) != 0) notes.push_back("[on a decoy: the descriptor had been closed]");
  if ((event.flags & kNumberWasHeld) != 0) notes.push_back("[the number was still taken to be open]");
  if (event.restarts != 0) notes.push_back(absl::StrCat("[restarted ", event.restarts, " times]"));
  return absl::StrJoin(notes, " ");
}

// How a descriptor came to be, from the event that says so.
EventText OpenText(const Event& event) {
  const std::string name = CallName(event.call);
  const std::string domain = DomainName(SocketWordDomain(event.a));
  const std::string type = SocketTypeName(SocketWordType(event.a));
  switch (event.call) {
    case Call::socket:
      return {absl::StrCat(name, "(", domain, ", ", type, ")"), absl::StrCat("= ", event.fd), ""};
    case Call::socketpair:
      return {absl::StrCat(name, "(", domain, ", ", type, ")"), absl::StrCat("made ", event.fd), ""};
    default:
      break;
  }
  const auto from = static_cast<int>(event.b);
  if (from >= 0) return {absl::StrCat(name, "(", from, ")"), absl::StrCat("= ", event.fd), ""};
  return {absl::StrCat(name, " brought descriptor ", event.fd), "", ""};
}

std::string ClosedText(const Event& event) {
  return absl::StrCat(CallName(event.call), IsOf(CallFamily::dup, event.call) ? " replaced " : " closed ", event.fd);
}

std::string ExitText(const Event& event) {
  if (event.result == 0) return "the process exits with no socket open";
  return absl::StrCat("the process exits with ", event.result, event.result == 1 ? " socket open" : " sockets open");
}

EventText WithoutNotes(const Event& event) {
  switch (event.kind) {
    case EventKind::kInFlight:
    case EventKind::kCall:
      return {CallText(event), ResultText(event), ""};
    case EventKind::kCheckIn:
      return {event.b == 2 ? "the process was forked" : "the program starts", "", ""};
    case EventKind::kInherit:
      return {absl::StrCat("holds descriptor ", event.fd, " from before"), "", ""};
    case EventKind::kOpen:
      return OpenText(event);
    case EventKind::kClosed:
      return {ClosedText(event), "", ""};
    case EventKind::kVanished:
      return {absl::StrCat("descriptor ", event.fd, " was closed in a way that was not seen"), "", ""};
    case EventKind::kUnseen:
      return {absl::StrCat("descriptor ", event.fd, " is a socket that no call was seen to make"), "", ""};
    case EventKind::kLeftOpen:
      return {absl::StrCat("descriptor ", event.fd, " is open at the exit"), "", ""};
    case EventKind::kExit:
      return {ExitText(event), "", ""};
    case EventKind::kEmpty:
      break;
  }
  return {};
}

}  // namespace

EventText TextOf(const Event& event) {
  if (!IsSound(event)) return {"an event that cannot be read", "", ""};
  EventText text = WithoutNotes(event);
  text.notes = NotesOn(event);
  return text;
}

std::string DescribeEvent(const TracedEvent& traced) {
  const EventText text = TextOf(traced.event);
  return absl::StrCat(text.what, text.outcome.empty() ? "" : " ", text.outcome, text.notes.empty() ? "" : "  ",
                      text.notes);
}

std::string AddressText(uint64_t word) {
  switch (AddressWordFamily(word)) {
    case AF_INET: {
      const uint32_t ip = AddressWordIpv4(word);
      return absl::StrFormat("%d.%d.%d.%d:%d", ip >> 24, ip >> 16 & 0xff, ip >> 8 & 0xff, ip & 0xff,
                             AddressWordPort(word));
    }
    case AF_INET6:  // the event keeps no more
      return absl::StrCat("AF_INET6 port ", AddressWordPort(word));
    default:
      return DomainName(AddressWordFamily(word));
  }
}

}  // namespace lastack
