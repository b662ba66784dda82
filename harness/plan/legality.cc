#include "harness/plan/legality.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "harness/sys/errno_names.h"

namespace lastack {
namespace {

using Answer = std::optional<Objection>;

std::vector<Call> AllSites() {
  std::vector<Call> sites;
  for (size_t i = 0; i < kCallCount; ++i) {
    if (WhyNoSite(static_cast<Call>(i)) == nullptr) sites.push_back(static_cast<Call>(i));
  }
  return sites;
}

bool WaitsOnEpoll(Call call) {
  return call == Call::epoll_wait || call == Call::epoll_pwait || call == Call::epoll_pwait2;
}

// A socket's kind and past can be known when the call is made.
bool IsOnKnownSocket(Call call) { return FamilyOf(call) != CallFamily::open && !WaitsOnEpoll(call); }

// Calls that give the caller a new descriptor may run out of them.
bool MakesDescriptor(Call call) {
  return FamilyOf(call) == CallFamily::dup || IsLegalErrno(call, EMFILE) || IsLegalErrno(call, ENFILE);
}

bool HasLength(Call call) { return ExtentOf(call) != Extent::kNone; }

bool CanWait(Call call) {
  switch (FamilyOf(call)) {
    case CallFamily::accept:
    case CallFamily::connect:
    case CallFamily::send:
    case CallFamily::recv:
    case CallFamily::splice:
    case CallFamily::poll:
      return true;
    default:
      return false;
  }
}

// Works on a connected TCP socket, which a peer can reset.
bool CanMeetReset(Call call) {
  switch (FamilyOf(call)) {
    case CallFamily::send:
    case CallFamily::recv:
    case CallFamily::shutdown:
    case CallFamily::close:
      return true;
    case CallFamily::setup:
      return call != Call::bind && call != Call::listen;
    default:
      return false;
  }
}

// What a fault would do to the subject that completes the call and then reports an error; nullptr if no harm.
const char* HarmOfFull(Call call) {
  switch (FamilyOf(call)) {
    case CallFamily::send:
      return "send data that the subject believes unsent";
    case CallFamily::recv:
    case CallFamily::splice:
      return "lose data that the subject never sees";
    case CallFamily::poll:
      return "lose readiness that the kernel may report only once";
    default:
      return MakesDescriptor(call) ? "leak a descriptor that the subject never sees" : nullptr;
  }
}

// What it makes takes the lowest number that is free.
bool WantsFreeNumber(Call call) {
  return call == Call::dup ||
         ((FamilyOf(call) == CallFamily::open || FamilyOf(call) == CallFamily::accept) && IsLegalErrno(call, EMFILE));
}

bool CanBeFull(Call call) { return HarmOfFull(call) == nullptr; }

// The first call that fails the test, or Call::none.
Call FirstUnlike(const Fault& fault, bool (*test)(Call)) {
  for (Call call : CallsOf(fault)) {
    if (!test(call)) return call;
  }
  return Call::none;
}

std::vector<Call> ThoseThat(bool (*test)(Call), const std::vector<Call>& calls) {
  std::vector<Call> passing;
  std::copy_if(calls.begin(), calls.end(), std::back_inserter(passing), test);
  return passing;
}

// Those of the fault's calls that pass the test; if none does, all the calls that do.
std::string Legal(const Fault& fault, bool (*test)(Call)) {
  std::vector<Call> legal = ThoseThat(test, CallsOf(fault));
  if (legal.empty()) legal = ThoseThat(test, AllSites());
  return absl::StrCat("legal for ", OrList(WordsFor(legal)));
}

Answer ObjectionToCalls(const Fault& fault) {
  const std::vector<Call> calls = CallsOf(fault);
  if (calls.empty()) return Objection{RulePart::kCalls, "a rule names at least one call"};
  for (Call call : calls) {
    if (const char* why = WhyNoSite(call)) return Objection{RulePart::kCalls, absl::StrCat(CallName(call), " ", why)};
  }
  return std::nullopt;
}

Answer ObjectionToSocket(const Fault& fault) {
  const bool any = fault.kinds == kAnyKind;
  const uint8_t nameable = kAnyKind & ~KindBit(SocketKind::kOther);
  if (!any && (fault.kinds == 0 || (fault.kinds & ~nameable) != 0)) {
    return Objection{RulePart::kFd, "a rule selects some of tcp, unix and listener, or any"};
  }
  const auto is_after = [&fault](const SetWord& word) { return word.bits == fault.after; };
  if (fault.after != 0 && std::none_of(std::begin(kAfterWords), std::end(kAfterWords), is_after)) {
    return Objection{RulePart::kAfter, "a rule waits for connected, attempted, shutdown, reset or eof"};
  }
  const Call unknown = FirstUnlike(fault, IsOnKnownSocket);
  if (unknown == Call::none || (any && fault.after == 0)) return std::nullopt;
  const char* why = WaitsOnEpoll(unknown) ? "waits for sockets that only the kernel knows" : "has no socket yet";
  return Objection{any ? RulePart::kAfter : RulePart::kFd,
                   absl::StrCat(CallName(unknown), " ", why, ": leave ", any ? "after" : "fd", "= out; ",
                                Legal(fault, IsOnKnownSocket))};
}

Answer ObjectionToOccurrences(const Fault& fault) {
  if (fault.first == 0 || fault.step == 0) return Objection{RulePart::kWhen, "occurrences and steps count from 1"};
  if (fault.last < fault.first) return Objection{RulePart::kWhen, "the last occurrence comes before the first"};
  return std::nullopt;
}

// Each effect needs an error, or allows none.
Answer ObjectionToPairing(const Fault& fault) {
  const bool replaces_result =
      fault.effect == Effect::kSkip || fault.effect == Effect::kFull || fault.effect == Effect::kExhaust;
  const char* effect = kEffectWords[static_cast<size_t>(fault.effect)];
  if (fault.effect == Effect::kExhaust && fault.error == 0) {
    return Objection{RulePart::kEffect, "'exhaust' needs an error to report; legal: error=EMFILE"};
  }
  if (replaces_result && fault.error == 0) {
    return Objection{RulePart::kEffect, absl::StrCat("'", effect, "' needs an error to report; ", LegalErrors(fault))};
  }
  if (fault.effect == Effect::kNone && fault.error != 0) {
    return Objection{RulePart::kEffect, "an error needs an effect; legal: skip or full"};
  }
  if (fault.effect == Effect::kNone && fault.signal == 0) {
    return Objection{RulePart::kEffect, "the rule does nothing; it needs effect=, error= or signal="};
  }
  if (fault.effect == Effect::kReset && fault.error != 0) {
    const Call other = FirstUnlike(fault, [](Call call) { return FamilyOf(call) == CallFamily::send; });
    if (fault.error == EPIPE && other == Call::none) return std::nullopt;
    return Objection{RulePart::kError,
                     "'reset' leaves the call its true result; the one error that goes with it is EPIPE, for %send"};
  }
  if (!replaces_result && fault.effect != Effect::kDecoy && fault.error != 0) {
    return Objection{RulePart::kError,
                     absl::StrCat("'", effect, "' leaves the call its true result, so there is no error; ",
                                  "an error goes with skip, full, decoy or exhaust")};
  }
  return std::nullopt;
}

Answer ObjectionToAmount(const Fault& fault) {
  if (fault.effect == Effect::kPartial) {
    if (fault.amount == 0) return Objection{RulePart::kEffect, "a partial call moves at least 1 byte"};
  } else if (fault.effect == Effect::kDelay) {
    if (fault.amount == 0 || fault.amount > kMaxDelayUs) return Objection{RulePart::kEffect, "a delay is 1us to 60s"};
  } else if (fault.amount != 0) {
    return Objection{RulePart::kEffect, "only partial and delay have an amount"};
  }
  return std::nullopt;
}

Answer ObjectionToFull(const Fault& fault) {
  const Call harmed = FirstUnlike(fault, CanBeFull);
  if (harmed == Call::none) return std::nullopt;
  return Objection{RulePart::kEffect, absl::StrCat(CallName(harmed), " cannot be 'full' with an error: that would ",
                                                   HarmOfFull(harmed), "; ", Legal(fault, CanBeFull))};
}

Answer ObjectionToPartial(const Fault& fault) {
  const Call whole = FirstUnlike(fault, HasLength);
  if (whole == Call::none) return std::nullopt;
  return Objection{RulePart::kEffect, absl::StrCat(CallName(whole), " has no length that 'partial' could shorten; ",
                                                   Legal(fault, HasLength))};
}

Answer ObjectionToReset(const Fault& fault) {
  const Call unable = FirstUnlike(fault, CanMeetReset);
  if (unable != Call::none) {
    return Objection{RulePart::kEffect, absl::StrCat("a peer resets a connected TCP socket, and ", CallName(unable),
                                                     " is not about one; ", Legal(fault, CanMeetReset))};
  }
  if (fault.kinds != KindBit(SocketKind::kTcp)) {
    return Objection{RulePart::kFd, "a peer resets only a connected TCP socket; legal: fd=tcp"};
  }
  return std::nullopt;
}

Answer ObjectionToDecoy(const Fault& fault) {
  const Call other = FirstUnlike(fault, [](Call call) { return call == Call::close; });
  if (other == Call::none) return std::nullopt;
  return Objection{RulePart::kEffect, absl::StrCat("a decoy takes the place of a socket that close releases; ",
                                                   CallName(other), " leaves none")};
}

Answer ObjectionToInterrupt(const Fault& fault) {
  const Call swift = FirstUnlike(fault, CanWait);
  if (swift == Call::none) return std::nullopt;
  return Objection{
      RulePart::kEffect,
      absl::StrCat(CallName(swift), " waits for nothing that a signal could interrupt; ", Legal(fault, CanWait))};
}

Answer ObjectionToExhaust(const Fault& fault) {
  const Call other = FirstUnlike(fault, WantsFreeNumber);
  if (other == Call::none && fault.error == EMFILE) return std::nullopt;
  if (other == Call::none) {
    return Objection{RulePart::kError, "who has run out of descriptors is told EMFILE; legal: error=EMFILE"};
  }
  return Objection{RulePart::kEffect,
                   absl::StrCat(CallName(other), " needs no free number that 'exhaust' could take away; ",
                                Legal(fault, WantsFreeNumber))};
}

Answer ObjectionToEffect(const Fault& fault) {
  switch (fault.effect) {
    case Effect::kFull:
      return ObjectionToFull(fault);
    case Effect::kPartial:
      return ObjectionToPartial(fault);
    case Effect::kReset:
      return ObjectionToReset(fault);
    case Effect::kDecoy:
      return ObjectionToDecoy(fault);
    case Effect::kInterrupt:
      return ObjectionToInterrupt(fault);
    case Effect::kExhaust:
      return ObjectionToExhaust(fault);
    case Effect::kNone:
    case Effect::kSkip:
    case Effect::kDelay:
      break;
  }
  return std::nullopt;
}

Answer ObjectionToResult(const Fault& fault) {
  for (Call call : CallsOf(fault)) {
    if (fault.error != 0 && !IsLegalErrno(call, fault.error)) {
      return Objection{RulePart::kError, absl::StrCat(CallName(call), " never reports ", ErrnoName(fault.error), "; ",
                                                      LegalErrors(fault))};
    }
  }
  if (fault.signal != 0 && !SignalFromName(SignalName(fault.signal))) {
    return Objection{RulePart::kSignal, absl::StrCat(SignalName(fault.signal), " has no name")};
  }
  return std::nullopt;
}

}  // namespace

const char* WhyNoSite(Call call) {
  if (call == Call::epoll_create || call == Call::epoll_create1) {
    return "makes no socket; a fault is a call on a socket";
  }
  switch (FamilyOf(call)) {
    case CallFamily::sweep:
      return "closes numbers, most of which are no sockets; a fault is a call on one socket, such as close";
    case CallFamily::process:
      return "is about processes; a fault is a call on a socket";
    case CallFamily::exit:
      return "does not return; a fault is a call on a socket";
    case CallFamily::signal:
      return "is about signals; a fault is a call on a socket";
    default:
      return nullptr;
  }
}

std::string LegalErrors(const Fault& fault) {
  const std::vector<Call> calls = CallsOf(fault);
  if (calls.empty()) return "";
  std::vector<std::string> names;
  for (const int* error = LegalErrnos(calls.front()); *error != 0; ++error) {
    const auto reports = [error](Call call) { return IsLegalErrno(call, *error); };
    if (std::all_of(calls.begin(), calls.end(), reports)) names.push_back(ErrnoName(*error));
  }
  const std::string words = absl::StrJoin(WordsFor(calls), ", ");
  if (names.empty()) return absl::StrCat("no error is common to ", words);
  return absl::StrCat(words, " may report ", OrList(names));
}

std::optional<Objection> ObjectionTo(const Fault& fault) {
  for (auto* objection_to : {ObjectionToCalls, ObjectionToSocket, ObjectionToOccurrences, ObjectionToPairing,
                             ObjectionToAmount, ObjectionToEffect, ObjectionToResult}) {
    if (Answer answer = objection_to(fault)) return answer;
  }
  return std::nullopt;
}

}  // namespace lastack
