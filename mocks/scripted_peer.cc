#include "mocks/scripted_peer.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace lastack {
namespace {

constexpr uint64_t kStepTimeoutNs = 5'000'000'000;
constexpr absl::Duration kPause = absl::Milliseconds(1);
constexpr size_t kHelping = 32 * 1024;
constexpr uint64_t kStuckNs = 10'000'000;

}  // namespace

ScriptedPeer::ScriptedPeer(FakeNetwork& network, FakePeer& peer, const Script& script, size_t script_index)
    : network_(network), peer_(peer), script_(script) {
  FakeSocket& socket = *peer.process().FindSocket(peer.fd());
  socket.reaction = static_cast<FakeReactor*>(this);
  record_.far_port = socket.remote.port;
  record_.near_port = socket.local.port;
  record_.accepted_ns = began_ns_ = now_ns();
  record_.script = script_index;
}

void ScriptedPeer::Play() {
  if (playing_ || !open_) return;
  playing_ = true;
  LookForEnd();
  while (open_ && !over_) {
    if (record_.steps_done == script_.size()) {
      record_.script_done = over_ = true;
      break;
    }
    const Outcome outcome = Do(script_[record_.steps_done]);
    if (outcome == Outcome::kNotYet) break;
    if (outcome == Outcome::kFailed) {
      over_ = true;
      (void)SendFin();
      break;
    }
    ++record_.steps_done;
    done_ = 0;
    began_ns_ = now_ns();
  }
  if (!open_ && record_.steps_done == script_.size()) record_.script_done = over_ = true;
  if (over_) Conclude();
  playing_ = false;
}

// Reads on to the end, and then ends its own side.
void ScriptedPeer::Conclude() {
  if (!open_ || ReadToEnd() == Outcome::kNotYet) return;
  if (record_.reset_ns == 0 && record_.our_fin_ns == 0) (void)SendFin();
}

ScriptedPeer::Outcome ScriptedPeer::Failed(const std::string& why) {
  record_.trouble =
      absl::StrCat("step ", record_.steps_done + 1, ", ", StepName(script_[record_.steps_done].kind), ": ", why);
  return Outcome::kFailed;
}

// Nobody tells when the subject reads: looks again soon.
ScriptedPeer::Outcome ScriptedPeer::Later() {
  if (now_ns() > began_ns_ + kStepTimeoutNs) return Failed("it has not come after 5s");
  peer_.After(kPause, [this](FakePeer&) { Play(); });
  return Outcome::kNotYet;
}

ScriptedPeer::Outcome ScriptedPeer::Do(const Step& step) {
  switch (step.kind) {
    case Step::Kind::kExpectUntil:
      while (record_.received.find(step.text) == std::string::npos) {
        const Outcome outcome = Receive(done_ + 1);
        if (outcome != Outcome::kDone) return outcome;
      }
      return Outcome::kDone;
    case Step::Kind::kExpectBytes:
      return Receive(step.count);
    case Step::Kind::kExpectEnd:
    case Step::Kind::kAwaitReset:
      return ReadToEnd();
    case Step::Kind::kSend:
      return Send(step.text);
    case Step::Kind::kSendLast: {
      const Outcome outcome = Send(step.text);
      return outcome == Outcome::kDone ? SendFin() : outcome;
    }
    case Step::Kind::kAwaitRead:
      return AwaitRead();
    case Step::Kind::kAwaitClosed:
      return ended() ? Outcome::kDone : Later();
    case Step::Kind::kStall:
    case Step::Kind::kHold:
      return run_over_ ? Outcome::kDone : Outcome::kNotYet;
    case Step::Kind::kHalfClose:
      return SendFin();
    case Step::Kind::kFinish: {
      if (record_.our_fin_ns == 0 && SendFin() == Outcome::kFailed) return Outcome::kFailed;
      return ReadToEnd();
    }
    case Step::Kind::kReset:
      return Reset() ? Outcome::kDone : Failed("the connection was over before our RST");
    case Step::Kind::kNarrow:
      return Outcome::kDone;  // done by whoever made the network
    case Step::Kind::kReadLate:
      return ReadLate();
  }
  return Failed("unknown step");
}

// One piece of what has come.
ScriptedPeer::Got ScriptedPeer::Take(uint64_t most, uint64_t* taken) {
  char data[4096];
  const SysResult got = peer_.process().recv(peer_.fd(), data, std::min<uint64_t>(sizeof(data), most), MSG_DONTWAIT);
  if (!got.ok() && got.error == EAGAIN) return Got::kNothingYet;
  if (!got.ok() || got.value == 0) {
    // The error is told once, and the end after it is none of the subject's.
    uint64_t& when_ns = got.ok() && record_.reset_ns == 0 ? record_.fin_ns : record_.reset_ns;
    if (when_ns == 0) when_ns = now_ns();
    LookForEnd();
    return Got::kEnd;
  }
  *taken = static_cast<uint64_t>(got.value);
  const size_t room = ConnectionRecord::kMaxKeptBytes - record_.received.size();
  record_.received.append(data, std::min<size_t>(*taken, room));
  record_.bytes_received += *taken;
  return Got::kBytes;
}

ScriptedPeer::Outcome ScriptedPeer::Receive(uint64_t count) {
  while (done_ < count) {
    uint64_t taken = 0;
    const Got got = Take(count - done_, &taken);
    if (got == Got::kNothingYet) return Outcome::kNotYet;
    if (got == Got::kEnd) return Failed(absl::StrCat("the subject ended after ", done_, " of ", count, " bytes"));
    done_ += taken;
  }
  return Outcome::kDone;
}

ScriptedPeer::Outcome ScriptedPeer::ReadToEnd() {
  while (true) {
    uint64_t taken = 0;
    const Got got = Take(kHelping, &taken);
    if (got == Got::kNothingYet) return Outcome::kNotYet;
    if (got == Got::kEnd) return Outcome::kDone;
  }
}

ScriptedPeer::Outcome ScriptedPeer::Send(const std::string& text) {
  while (done_ < text.size()) {
    const SysResult sent =
        peer_.process().send(peer_.fd(), text.data() + done_, text.size() - done_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (!sent.ok() && sent.error == EAGAIN) return Outcome::kNotYet;
    if (!sent.ok()) return Failed(absl::StrCat("the subject ended the connection after ", done_, " bytes"));
    done_ += static_cast<uint64_t>(sent.value);
    record_.bytes_sent += static_cast<uint64_t>(sent.value);
  }
  return Outcome::kDone;
}

ScriptedPeer::Outcome ScriptedPeer::SendFin() {
  const uint64_t before_ns = now_ns();
  if (!peer_.process().shutdown(peer_.fd(), SHUT_WR).ok()) return Failed("the connection was over before our FIN");
  if (record_.our_fin_ns == 0) record_.our_fin_ns = before_ns;
  return Outcome::kDone;
}

bool ScriptedPeer::Reset() {
  if (!open_ || mine()->state == TcpState::kClose) return false;
  record_.our_reset_ns = now_ns();
  open_ = false;
  peer_.Reset();
  return true;
}

// All that was sent is acknowledged, and read by the subject.
ScriptedPeer::Outcome ScriptedPeer::AwaitRead() {
  const FakeSocket* socket = mine();
  if (record_.reset_ns != 0) return Failed("the subject reset the connection before all was read");
  const bool read = socket->pending() == 0 && (socket->peer == nullptr || socket->peer->in.empty());
  return read ? Outcome::kDone : Later();
}

// Leaves as much as there can be in the subject's queue until it closes.
ScriptedPeer::Outcome ScriptedPeer::ReadLate() {
  const FakeSocket* subject = mine()->peer;
  const bool ended = subject == nullptr || subject->orphan || subject->fin_queued || run_over_;
  if (ended || now_ns() > record_.accepted_ns + kStepTimeoutNs) return Outcome::kDone;
  const bool stuck = subject->space() == 0 || (helping_ && now_ns() > began_ns_ + kStuckNs);
  if (stuck) {
    const uint64_t before = record_.bytes_received;
    for (uint64_t taken = 0; record_.bytes_received < before + kHelping && Take(kHelping, &taken) == Got::kBytes;) {
    }
    if (helping_ && record_.bytes_received == before) return Outcome::kDone;
    helping_ = true;
    began_ns_ = now_ns();
  }
  peer_.After(kPause, [this](FakePeer&) { Play(); });
  return Outcome::kNotYet;
}

// FIN and RST are noted when they come, whatever is still to be read.
void ScriptedPeer::LookForEnd() {
  const FakeSocket* socket = mine();
  if (socket == nullptr) return;
  if (socket->at_end && record_.fin_ns == 0) record_.fin_ns = now_ns();
  const bool reset = socket->state == TcpState::kClose && (!socket->at_end || record_.our_fin_ns == 0);
  if (reset && record_.reset_ns == 0) record_.reset_ns = now_ns();
  if (record_.reset_ns != 0) record_.ending = record_.fin_ns != 0 ? Ending::kFinThenReset : Ending::kReset;
  if (record_.reset_ns == 0 && record_.fin_ns != 0) record_.ending = Ending::kFin;
}

ConnectionRecord ScriptedPeer::Finish(absl::Duration patience) {
  run_over_ = true;
  const int64_t until_ns = network_.now_ns() + absl::ToInt64Nanoseconds(patience);
  for (Play(); open_ && !(over_ && ended() && record_.our_fin_ns != 0) && network_.Advance(until_ns);) Play();
  if (!over_) {
    record_.trouble = absl::StrCat("step ", record_.steps_done + 1, ", ", StepName(script_[record_.steps_done].kind),
                                   ": the run ended first");
  }
  return record_;
}

}  // namespace lastack
