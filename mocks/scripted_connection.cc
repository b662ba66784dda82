#include "mocks/scripted_connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace lastack {
namespace {

// As in harness/peer/connection.cc.
constexpr absl::Duration kStuck = absl::Milliseconds(10);
constexpr size_t kHelping = 32 * 1024;

}  // namespace

ScriptedConnection::ScriptedConnection(FakeNetwork& network, FakeProcess& process, int fd, Setting setting)
    : network_(network), process_(process), fd_(fd), setting_(std::move(setting)), phase_(Phase::kConnecting) {
  record_.script = setting_.index;
  deadline_ns_ = After(setting_.step_timeout);
  if (!setting_.called) Connected();
}

int64_t ScriptedConnection::After(absl::Duration duration) const {
  return duration == absl::InfiniteDuration() ? FakeEvents::kNever
                                              : network_.now_ns() + absl::ToInt64Nanoseconds(duration);
}

void ScriptedConnection::Connected() {
  record_.accepted_ns = setting_.now();
  record_.near_port = socket()->local.port;
  record_.far_port = socket()->remote.port;
  phase_ = Phase::kPlaying;
  ++activity_;
}

bool ScriptedConnection::Act() {
  const uint64_t before = activity_;
  if (phase_ == Phase::kConnecting && State() == TcpState::kEstablished) Connected();
  const bool refused = phase_ == Phase::kConnecting && (State() == TcpState::kClose || DeadlinePassed());
  if (refused) {
    record_.far_port = socket()->remote.port;
    LookForEnd();
    record_.ending = Ending::kNothing;
    record_.fin_ns = record_.reset_ns = 0;
    record_.trouble =
        absl::StrCat("the peer could not connect to the subject: ", error_.empty() ? "its time was up" : error_);
    Release();
    phase_ = Phase::kOver;
    ++activity_;
  }
  if (phase_ == Phase::kPlaying) PlayOn();
  if (phase_ == Phase::kReadingToEnd) {
    const Outcome outcome = ReadToEnd(false);
    const bool awaits_last = outcome == Outcome::kDone && !reset_;
    if (awaits_last) SendFin();
    if (outcome != Outcome::kWaits) phase_ = awaits_last ? Phase::kAwaitingLast : Phase::kOver;
    if (phase_ == Phase::kOver) Release();
  }
  if (phase_ == Phase::kAwaitingLast && LookForEnd() == TcpState::kClose) {
    Release();
    phase_ = Phase::kOver;
    ++activity_;
  }
  return activity_ != before;
}

void ScriptedConnection::PlayOn() {
  while (phase_ == Phase::kPlaying && step_ < setting_.script.size()) {
    const Step& step = setting_.script[step_];
    if (!begun_) {
      begun_ = true;
      progress_ = 0;
      seen_.clear();
      took_ = false;
      const bool endless = step.kind == Step::Kind::kFinish || step.kind == Step::Kind::kStall ||
                           step.kind == Step::Kind::kHold || step.kind == Step::Kind::kAwaitReset;
      deadline_ns_ = After(step.kind == Step::Kind::kExpectEnd ? setting_.end_timeout
                           : endless                           ? absl::InfiniteDuration()
                                                               : setting_.step_timeout);
    }
    const Outcome outcome = Play(step);
    if (outcome == Outcome::kWaits) return;
    deadline_ns_ = stuck_ns_ = FakeEvents::kNever;
    EndScript(outcome, step);
  }
  if (phase_ != Phase::kPlaying) return;
  record_.script_done = true;
  phase_ = fd_ < 0 ? Phase::kOver : Phase::kReadingToEnd;
  ++activity_;
}

// What the outcome of a step means for the script.
void ScriptedConnection::EndScript(Outcome outcome, const Step& step) {
  ++activity_;
  begun_ = false;
  if (outcome == Outcome::kDone) {
    ++step_;
    ++record_.steps_done;
    return;
  }
  const std::string why = outcome == Outcome::kStopped ? "the run ended first" : why_failed_;
  record_.trouble = absl::StrCat("step ", record_.steps_done + 1, ", ", StepName(step.kind), ": ", why);
  if (outcome == Outcome::kFailed) SendFin();  // the subject must not be left hanging
  phase_ = fd_ < 0 ? Phase::kOver : Phase::kReadingToEnd;
}

ScriptedConnection::Outcome ScriptedConnection::Failed(const std::string& why) {
  why_failed_ = why;
  return Outcome::kFailed;
}

ScriptedConnection::Outcome ScriptedConnection::NotYet(const std::string& why_at_deadline) {
  if (stopped_) return Outcome::kStopped;
  if (!DeadlinePassed()) return Outcome::kWaits;
  return Failed(absl::StrCat(why_at_deadline, " after ", absl::FormatDuration(setting_.step_timeout)));
}

ScriptedConnection::Outcome ScriptedConnection::Play(const Step& step) {
  switch (step.kind) {
    case Step::Kind::kExpectUntil:
      return ExpectUntil(step.text);
    case Step::Kind::kExpectBytes:
      return ExpectBytes(step.count);
    case Step::Kind::kExpectEnd:
      return ReadToEnd(true);
    case Step::Kind::kSend:
      return Send(step.text);
    case Step::Kind::kAwaitRead:
      return AwaitRead();
    case Step::Kind::kAwaitClosed:
      return AwaitClosed();
    case Step::Kind::kStall:
    case Step::Kind::kHold:
      return Stall();
    case Step::Kind::kHalfClose:
      return HalfClose();
    case Step::Kind::kFinish: {
      const Outcome outcome = HalfClose();
      return outcome == Outcome::kDone ? ReadToEnd(false) : outcome;
    }
    case Step::Kind::kReset:
      return SendReset();
    case Step::Kind::kSendLast: {
      const Outcome outcome = Send(step.text);
      return outcome == Outcome::kDone ? HalfClose() : outcome;
    }
    case Step::Kind::kAwaitReset: {
      const Outcome outcome = ReadToEnd(false);
      return outcome == Outcome::kDone ? Failed(absl::StrCat(WhyEnded(), " before a reset was ordered")) : outcome;
    }
    case Step::Kind::kNarrow:
      return Outcome::kDone;  // done by whoever made the connection
    case Step::Kind::kReadLate:
      return ReadLate();
  }
  return Failed("unknown step");
}

ScriptedConnection::Outcome ScriptedConnection::ExpectUntil(const std::string& text) {
  while (!absl::EndsWith(seen_, text)) {
    const Got got = Receive(1);
    if (got == Got::kEnd) return Failed(absl::StrCat(WhyEnded(), " before the text came"));
    if (got == Got::kNothingYet) return NotYet("the text has not come");
    seen_ += received_;
  }
  return Outcome::kDone;
}

ScriptedConnection::Outcome ScriptedConnection::ExpectBytes(uint64_t count) {
  while (progress_ < count) {
    const Got got = Receive(count - progress_);
    const std::string progress = absl::StrCat(progress_, " of ", count, " bytes");
    if (got == Got::kEnd) return Failed(absl::StrCat(WhyEnded(), " after ", progress));
    if (got == Got::kNothingYet) return NotYet(absl::StrCat("only ", progress, " have come"));
    progress_ += received_.size();
  }
  return Outcome::kDone;
}

ScriptedConnection::Outcome ScriptedConnection::Send(const std::string& text) {
  if (record_.our_fin_ns != 0 && progress_ < text.size()) return Failed("we have sent FIN before");
  while (progress_ < text.size()) {
    const SysResult sent =
        process_.send(fd_, text.data() + progress_, text.size() - progress_, MSG_NOSIGNAL | MSG_DONTWAIT);
    const std::string progress = absl::StrCat(progress_, " of ", text.size(), " bytes");
    if (!sent.ok() && sent.error == EAGAIN) return NotYet(absl::StrCat("only ", progress, " could be sent"));
    if (!sent.ok()) {
      NoteError(sent.error);
      return Failed(absl::StrCat(WhyEnded(), " after ", progress));
    }
    progress_ += static_cast<uint64_t>(sent.value);
    record_.bytes_sent += static_cast<uint64_t>(sent.value);
    ++activity_;
  }
  return Outcome::kDone;
}

ScriptedConnection::Outcome ScriptedConnection::AwaitRead() {
  const bool over = LookForEnd() == TcpState::kClose;
  if (reset_) return Failed(absl::StrCat(WhyEnded(), " before all was read"));
  const FakeSocket* subject = over ? nullptr : socket()->peer;
  if (over || subject == nullptr) return Outcome::kDone;
  if (subject->readable == 0 && socket()->pending() == 0) return Outcome::kDone;
  return NotYet(absl::StrCat(subject->readable, " bytes are unread by the subject and ", socket()->pending(),
                             " are unacknowledged"));
}

ScriptedConnection::Outcome ScriptedConnection::AwaitClosed() {
  if (LookForEnd() == TcpState::kClose || socket()->peer == nullptr) return Outcome::kDone;
  const TcpState state = socket()->peer->state;
  const bool open = state == TcpState::kEstablished || state == TcpState::kFinWait1 || state == TcpState::kFinWait2;
  return open ? NotYet(absl::StrCat("the subject's socket is in ", TcpStateName(state))) : Outcome::kDone;
}

// Reads nothing, but notes when FIN and RST come.
ScriptedConnection::Outcome ScriptedConnection::Stall() {
  LookForEnd();
  return stopped_ ? Outcome::kDone : Outcome::kWaits;
}

ScriptedConnection::Outcome ScriptedConnection::HalfClose() {
  return SendFin() ? Outcome::kDone : Failed(absl::StrCat(WhyEnded(), " before our FIN"));
}

ScriptedConnection::Outcome ScriptedConnection::SendReset() {
  return ResetNow() ? Outcome::kDone : Failed(absl::StrCat(WhyEnded(), " before our RST"));
}

ScriptedConnection::Outcome ScriptedConnection::ReadToEnd(bool bounded) {
  Widen();
  for (;;) {
    const Got got = Receive(SIZE_MAX);
    if (got == Got::kEnd) return Outcome::kDone;
    if (got == Got::kBytes) continue;
    return bounded && DeadlinePassed() ? Outcome::kDone : Outcome::kWaits;
  }
}

// Leaves as much as there can be in the subject's queue until it closes: reads only when it has not changed for a
// while.
ScriptedConnection::Outcome ScriptedConnection::ReadLate() {
  for (;;) {
    if (DeadlinePassed()) return Outcome::kDone;
    const FakeSocket* subject = socket() == nullptr ? nullptr : socket()->peer;
    const TcpState state = subject == nullptr ? TcpState::kClose : subject->state;
    const bool ended = state != TcpState::kEstablished && state != TcpState::kCloseWait;
    if (ended || stopped_) return Outcome::kDone;
    const uint64_t queues = uint64_t{subject->pending()} << 32 | socket()->readable;
    if (queues != queues_ || stuck_ns_ == FakeEvents::kNever) stuck_ns_ = After(kStuck);
    queues_ = queues;
    if (network_.now_ns() < stuck_ns_) return Outcome::kWaits;
    size_t taken = 0;
    while (taken < kHelping && Receive(kHelping - taken) == Got::kBytes) taken += received_.size();
    if (took_ && taken == 0) return Outcome::kDone;
    took_ = took_ || taken > 0;
    stuck_ns_ = FakeEvents::kNever;
  }
}

// --- Our end of the wire.

void ScriptedConnection::NoteFin() {
  if (fin_ || reset_ || !error_.empty()) return;
  fin_ = true;
  record_.fin_ns = setting_.now();
  record_.ending = Ending::kFin;
  ++activity_;
}

void ScriptedConnection::NoteReset() {
  if (reset_) return;
  reset_ = true;
  record_.reset_ns = setting_.now();
  record_.ending = fin_ ? Ending::kFinThenReset : Ending::kReset;
  ++activity_;
}

void ScriptedConnection::NoteError(int error) {
  if (error == EPIPE) NoteFin();
  if (error == EPIPE || error == ECONNRESET) {
    NoteReset();
  } else {
    error_ = strerror(error);
  }
}

ScriptedConnection::Got ScriptedConnection::Receive(size_t limit) {
  received_.clear();
  if (fd_ < 0) return Got::kEnd;
  received_.resize(std::min<size_t>(limit, 64 * 1024));
  const SysResult got = process_.recv(fd_, received_.data(), received_.size(), MSG_DONTWAIT);
  received_.resize(static_cast<size_t>(std::max<ssize_t>(got.value, 0)));
  if (got.ok() && got.value == 0) NoteFin();
  if (!got.ok() && got.error != EAGAIN) NoteError(got.error);
  if (received_.empty()) return got.error == EAGAIN ? Got::kNothingYet : Got::kEnd;
  ++activity_;
  record_.bytes_received += received_.size();
  const size_t room = ConnectionRecord::kMaxKeptBytes - record_.received.size();
  record_.received.append(received_, 0, std::min(room, received_.size()));
  return Got::kBytes;
}

TcpState ScriptedConnection::LookForEnd() {
  const TcpState state = State();
  int error = 0;
  socklen_t size = sizeof(error);
  const bool told = fd_ >= 0 && process_.getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size).ok();
  if (told && error != 0) NoteError(error);
  const bool fin_came = state == TcpState::kCloseWait || state == TcpState::kLastAck || state == TcpState::kClosing ||
                        state == TcpState::kClose;
  if (fd_ >= 0 && fin_came) NoteFin();
  return state;
}

bool ScriptedConnection::SendFin() {
  if (record_.our_fin_ns != 0) return true;
  const uint64_t now = setting_.now();
  if (fd_ < 0 || !process_.shutdown(fd_, SHUT_WR).ok()) {
    LookForEnd();
    return false;
  }
  record_.our_fin_ns = now;
  ++activity_;
  return true;
}

bool ScriptedConnection::ResetNow() {
  const TcpState state = LookForEnd();
  // As Linux does: from these states only.
  if (state != TcpState::kEstablished && state != TcpState::kCloseWait && state != TcpState::kFinWait1 &&
      state != TcpState::kFinWait2) {
    return false;
  }
  const linger abortive = {1, 0};
  (void)process_.setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abortive, sizeof(abortive));
  record_.our_reset_ns = setting_.now();
  Release();
  return true;
}

bool ScriptedConnection::Reset() {
  if (phase_ != Phase::kPlaying && phase_ != Phase::kReadingToEnd && phase_ != Phase::kAwaitingLast) return false;
  if (!ResetNow()) return false;
  phase_ = Phase::kOver;
  return true;
}

void ScriptedConnection::Close() {
  if (over()) return;
  if (phase_ == Phase::kPlaying) {
    EndScript(Outcome::kStopped, setting_.script[std::min(step_, setting_.script.size() - 1)]);
  }
  const TcpState state = State();
  if (fd_ >= 0 && socket()->readable > 0 && state != TcpState::kClose) {
    record_.our_reset_ns = setting_.now();
  } else if (state == TcpState::kEstablished || state == TcpState::kCloseWait) {
    record_.our_fin_ns = setting_.now();
  }
  Release();
  phase_ = Phase::kOver;
}

void ScriptedConnection::Release() {
  if (fd_ >= 0) (void)process_.close(std::exchange(fd_, -1));
  ++activity_;
}

void ScriptedConnection::Widen() {
  const int wide = 1 << 20;
  if (fd_ >= 0 && IsNarrow(setting_.script)) (void)process_.setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &wide, sizeof(wide));
}

std::string ScriptedConnection::WhyEnded() const {
  if (!error_.empty()) return absl::StrCat("the connection failed: ", error_);
  if (reset_) return fin_ ? "the subject sent FIN, then RST" : "the subject sent RST";
  if (fin_) return "the subject sent FIN";
  return "the connection is closed";
}

}  // namespace lastack
