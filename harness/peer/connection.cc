#include "harness/peer/connection.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "harness/peer/socket_table.h"

namespace lastack {
namespace {

// Between two looks at the socket table: short at first, because most barriers hold within microseconds.
constexpr absl::Duration kFirstPause = absl::Microseconds(50);
constexpr absl::Duration kLongestPause = absl::Milliseconds(2);

// How long the subject's queue must not change until it is taken to be stuck, and what is then read. It only sets the
// pace: no fact rests on it. But a slow subject's queue is never full if the first look comes too soon.
constexpr absl::Duration kStuckAtFirst = absl::Milliseconds(50);
constexpr absl::Duration kStuck = absl::Milliseconds(10);
constexpr size_t kHelping = 32 * 1024;

std::string Quoted(absl::string_view text) {
  constexpr size_t kShown = 40;
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, kShown)), text.size() > kShown ? "\"..." : "\"");
}

timespec Timeout(const Deadline& deadline) {
  return absl::ToTimespec(std::clamp(deadline.left(), absl::ZeroDuration(), absl::Hours(1)));
}

// No evidence: if the subject's socket were gone, ours would be over. The table changed while it was read.
bool NotInTable(std::string* not_yet) {
  *not_yet = "the subject's socket is not in the socket table";
  return false;
}

}  // namespace

Connection::Connection(int socket, int wake, const Setting& setting)
    : setting_(setting), socket_(socket, setting.start_ns, setting.keep_left), wake_(wake) {
  record().far_port = setting.far.port;
  record().near_port = setting.near.port;
  record().script = setting.script_index;
}

Connection::~Connection() {
  Stop(Deadline(absl::ZeroDuration()));
  Join();
}

void Connection::Start() {
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    record().trouble = absl::StrCat("the peer has no thread for this connection: ", error.what());
    socket_.Close();
    finished_ = true;
  }
}

void Connection::AwaitHolding(const Deadline& deadline) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!finished_ && !holding_ && !deadline.passed()) {
    answered_.wait_for(lock,
                       absl::ToChronoNanoseconds(std::clamp(deadline.left(), absl::ZeroDuration(), absl::Hours(1))));
  }
}

bool Connection::AwaitFinished(const Deadline& deadline, absl::Duration grace) {
  const auto wait = [this](std::unique_lock<std::mutex>& lock, const Deadline& until, bool also_for_our_part) {
    while (!finished_ && !(also_for_our_part && awaits_end_) && !until.passed()) {
      answered_.wait_for(lock,
                         absl::ToChronoNanoseconds(std::clamp(until.left(), absl::ZeroDuration(), absl::Hours(1))));
    }
  };
  std::unique_lock<std::mutex> lock(mutex_);
  wait(lock, deadline, grace != absl::InfiniteDuration());
  wait(lock, Deadline(std::min(deadline.left(), grace)), false);
  return finished_;
}

void Connection::Join() {
  if (thread_.joinable()) thread_.join();
  if (wake_ >= 0) close(wake_);
  wake_ = -1;
}

bool Connection::Reset() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (finished_ || order_ != Order::kNone) return false;
  order_ = Order::kWanted;
  eventfd_write(wake_, 1);
  answered_.wait(lock, [this] { return order_ != Order::kWanted; });
  return order_ == Order::kDone;
}

void Connection::Stop(const Deadline& patience) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stop_ || finished_) return;
  patience_ = patience;
  stop_ = true;
  eventfd_write(wake_, 1);
}

// Answers a reset that was ordered, by doing it if the connection is not over.
void Connection::AnswerOrder() {
  const std::lock_guard<std::mutex> lock(mutex_);
  finished_ = true;
  answered_.notify_all();
  if (order_ != Order::kWanted) return;
  order_ = socket_.SendReset() ? Order::kDone : Order::kTooLate;
}

void Connection::Run() {
  Conclude(PlayScript());
  AnswerOrder();
  socket_.Close();
}

// Waits until `events` have come on the socket, an order has come or the deadline has passed.
Connection::Wake Connection::Wait(short events, const Deadline& deadline) {
  pollfd entries[] = {{socket_.descriptor(), events, 0}, {wake_, POLLIN, 0}};
  const timespec timeout = Timeout(deadline);
  ppoll(entries, 2, &timeout, nullptr);
  if (order_ == Order::kWanted) return Wake::kOrder;
  if (entries[0].revents != 0) return Wake::kReady;
  if (stop_) return Wake::kStop;
  return Wake::kDeadline;
}

// Waits for an order or the deadline only.
Connection::Wake Connection::Pause(const Deadline& deadline) {
  pollfd entry = {wake_, POLLIN, 0};
  const timespec timeout = Timeout(deadline);
  ppoll(&entry, 1, &timeout, nullptr);
  if (order_ == Order::kWanted) return Wake::kOrder;
  if (stop_) return Wake::kStop;
  return Wake::kDeadline;
}

// The same for the time after the script: as long as the run lasts, and then as long as there is patience.
Connection::Wake Connection::WaitThroughPatience(short events, const Deadline& deadline) {
  const Wake wake = Wait(events, deadline);
  if (wake != Wake::kStop) return wake;
  pollfd entry = {socket_.descriptor(), events, 0};
  std::unique_lock<std::mutex> lock(mutex_);
  const Deadline patience = patience_;
  lock.unlock();
  return poll(&entry, 1, patience.PollMilliseconds()) > 0 ? Wake::kReady : Wake::kStop;
}

// For loops that never have to wait, because a flood comes in.
bool Connection::OutOfTime(const Deadline& deadline) const {
  if (order_ == Order::kWanted || deadline.passed()) return true;
  if (!stop_) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  return patience_.passed();
}

Connection::Outcome Connection::Failed(const std::string& why) {
  why_failed_ = why;
  return Outcome::kFailed;
}

Connection::Outcome Connection::Failed(Wake wake, const std::string& why_at_deadline) {
  if (order_ == Order::kWanted) return Outcome::kOrdered;
  if (wake == Wake::kStop || stop_) return Outcome::kStopped;
  return Failed(absl::StrCat(why_at_deadline, " after ", absl::FormatDuration(setting_.step_timeout)));
}

Connection::Outcome Connection::PlayScript() {
  ConnectionRecord& record = this->record();
  for (const Step& step : *setting_.script) {
    const Outcome outcome = Play(step);
    if (outcome != Outcome::kDone) {
      const std::string where = absl::StrCat("step ", record.steps_done + 1, ", ", StepName(step.kind), ": ");
      if (outcome == Outcome::kFailed) record.trouble = absl::StrCat(where, why_failed_);
      if (outcome == Outcome::kStopped) record.trouble = absl::StrCat(where, "the run ended first");
      return outcome;
    }
    ++record.steps_done;
  }
  record.script_done = true;
  return Outcome::kDone;
}

Connection::Outcome Connection::Play(const Step& step) {
  switch (step.kind) {
    case Step::Kind::kExpectUntil:
      return ExpectUntil(step.text);
    case Step::Kind::kExpectBytes:
      return ExpectBytes(step.count);
    case Step::Kind::kExpectEnd:
      return ReadToEnd(Deadline(setting_.end_timeout));
    case Step::Kind::kSend:
      return Send(step.text);
    case Step::Kind::kAwaitRead:
      return AwaitRead();
    case Step::Kind::kAwaitClosed:
      return AwaitClosed();
    case Step::Kind::kStall:
      return Stall(Deadline(setting_.end_timeout));
    case Step::Kind::kHalfClose:
      return HalfClose();
    case Step::Kind::kFinish: {
      const Outcome outcome = HalfClose();
      if (outcome != Outcome::kDone) return outcome;
      const Outcome end = AwaitEnd();
      // A caller has done its part: that the server did not end its own is the record's ending.
      const bool is_caller = setting_.end_timeout != absl::InfiniteDuration();
      return end == Outcome::kStopped && is_caller ? Outcome::kDone : end;
    }
    case Step::Kind::kReset:
      return SendReset();
    case Step::Kind::kSendLast:
      return SendLast(step.text);
    case Step::Kind::kAwaitReset: {
      const Outcome outcome = ReadToEnd();
      return outcome == Outcome::kDone ? Failed(absl::StrCat(socket_.WhyEnded(), " before a reset was ordered"))
                                       : outcome;
    }
    case Step::Kind::kNarrow:
      return Outcome::kDone;  // done by whoever made the connection
    case Step::Kind::kHold:
      return Hold();
    case Step::Kind::kReadLate:
      return ReadLate();
  }
  return Failed("unknown step");
}

Connection::Outcome Connection::ExpectUntil(const std::string& text) {
  const Deadline deadline(setting_.step_timeout);
  std::string seen;  // what could be the beginning of the text
  while (!text.empty()) {
    const PeerSocket::Got got = socket_.Peek();
    if (got == PeerSocket::Got::kEnd) return Failed(socket_.WhyEnded() + " before " + Quoted(text) + " came");
    Wake wake = Wake::kReady;
    if (got == PeerSocket::Got::kBytes) {
      const size_t before = seen.size();
      absl::StrAppend(&seen, socket_.received());
      const size_t found = seen.find(text);
      if (found != std::string::npos) {
        socket_.Receive(found + text.size() - before);
        return Outcome::kDone;
      }
      socket_.Receive(socket_.received().size());
      seen.erase(0, seen.size() - std::min(seen.size(), text.size() - 1));
    } else {
      wake = Wait(POLLIN, deadline);
    }
    if (wake != Wake::kReady || OutOfTime(deadline)) return Failed(wake, absl::StrCat(Quoted(text), " has not come"));
  }
  return Outcome::kDone;
}

Connection::Outcome Connection::ExpectBytes(uint64_t count) {
  const Deadline deadline(setting_.step_timeout);
  for (uint64_t left = count; left > 0;) {
    const PeerSocket::Got got = socket_.Receive(left);
    const std::string progress = absl::StrCat(count - left, " of ", count, " bytes");
    if (got == PeerSocket::Got::kEnd) return Failed(absl::StrCat(socket_.WhyEnded(), " after ", progress));
    if (got == PeerSocket::Got::kBytes) left -= socket_.received().size();
    const Wake wake = got == PeerSocket::Got::kNothingYet ? Wait(POLLIN, deadline) : Wake::kReady;
    if (wake != Wake::kReady || (left > 0 && OutOfTime(deadline))) {
      return Failed(wake, absl::StrCat("only ", progress, " have come"));
    }
  }
  return Outcome::kDone;
}

Connection::Outcome Connection::Send(const std::string& text) {
  if (record().our_fin_ns != 0) return Failed("we have sent FIN before");
  const Deadline deadline(setting_.step_timeout);
  absl::string_view left = text;
  while (!left.empty()) {
    size_t sent;
    const bool whole = socket_.Send(left, &sent);
    left.remove_prefix(sent);
    const std::string progress = absl::StrCat(text.size() - left.size(), " of ", text.size(), " bytes");
    if (!whole) return Failed(absl::StrCat(socket_.WhyEnded(), " after ", progress));
    const Wake wake = sent == 0 ? Wait(POLLOUT, deadline) : Wake::kReady;
    if (wake != Wake::kReady) return Failed(wake, absl::StrCat("only ", progress, " could be sent"));
  }
  return Outcome::kDone;
}

template <typename Look>
Connection::Outcome Connection::AwaitBarrier(const Look& look) {
  const Deadline deadline(setting_.step_timeout);
  absl::Duration pause = kFirstPause;
  std::string not_yet;
  Wake wake = Wake::kDeadline;
  while (!look(&not_yet)) {
    if (!why_failed_.empty()) return Outcome::kFailed;
    if (wake != Wake::kDeadline || deadline.passed()) return Failed(wake, not_yet);
    wake = Pause(Deadline(std::min(pause, deadline.left())));
    pause = std::min(2 * pause, kLongestPause);
  }
  return Outcome::kDone;
}

// Our own side is looked at first: what it knows to be acknowledged is in the subject's queue or has been read.
bool Connection::SubjectHasRead(std::string* not_yet) {
  const bool over = socket_.LookForEnd() == TcpState::kClose;
  if (socket_.reset()) {
    Failed(absl::StrCat(socket_.WhyEnded(), " before all was read"));
    return false;
  }
  if (over) return true;  // both FINs are acknowledged, and unread data would have made the subject's a RST
  const uint32_t unacknowledged = socket_.Unacknowledged();
  const absl::StatusOr<absl::optional<SocketRow>> row = FindSocket(setting_.far, setting_.near);
  if (!row.ok()) {
    Failed(std::string(row.status().message()));
    return false;
  }
  if (!row->has_value()) return NotInTable(not_yet);
  const uint32_t unread = (*row)->unread;
  *not_yet = absl::StrCat(unread, " bytes are unread by the subject and ", unacknowledged, " are unacknowledged");
  return unread == 0 && unacknowledged == 0;
}

bool Connection::SubjectHasClosed(std::string* not_yet) {
  if (socket_.LookForEnd() == TcpState::kClose) return true;
  const absl::StatusOr<absl::optional<SocketRow>> row = FindSocket(setting_.far, setting_.near);
  if (!row.ok()) {
    Failed(std::string(row.status().message()));
    return false;
  }
  if (!row->has_value()) return NotInTable(not_yet);
  const TcpState state = (*row)->state;
  *not_yet = absl::StrCat("the subject's socket is in ", TcpStateName(state));
  return state == TcpState::kCloseWait || state == TcpState::kLastAck || state == TcpState::kClosing ||
         state == TcpState::kTimeWait || state == TcpState::kClose;
}

Connection::Outcome Connection::AwaitRead() {
  return AwaitBarrier([this](std::string* not_yet) { return SubjectHasRead(not_yet); });
}

Connection::Outcome Connection::AwaitClosed() {
  return AwaitBarrier([this](std::string* not_yet) { return SubjectHasClosed(not_yet); });
}

// Reads nothing, but notes when FIN and RST come.
Connection::Outcome Connection::Stall(const Deadline& deadline) {
  for (;;) {
    const short events = socket_.fin() ? 0 : POLLRDHUP;  // errors are always reported
    // Of a connection that is over poll(2) would report the end again and again.
    const Wake wake = socket_.over() ? Pause(deadline) : Wait(events, deadline);
    if (wake == Wake::kOrder) return Outcome::kOrdered;
    if (wake == Wake::kStop || wake == Wake::kDeadline) return Outcome::kDone;
    socket_.LookForEnd();
  }
}

Connection::Outcome Connection::Hold() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    holding_ = true;
    answered_.notify_all();
  }
  return Stall(Deadline::Never());
}

Connection::Outcome Connection::HalfClose() {
  if (socket_.SendFin()) return Outcome::kDone;
  return Failed(absl::StrCat(socket_.WhyEnded(), " before our FIN"));
}

Connection::Outcome Connection::SendReset() {
  if (socket_.SendReset()) return Outcome::kDone;
  return Failed(absl::StrCat(socket_.WhyEnded(), " before our RST"));
}

Connection::Outcome Connection::SendLast(const std::string& text) {
  socket_.HoldBack();
  const Outcome outcome = Send(text);
  return outcome == Outcome::kDone ? HalfClose() : outcome;
}

Connection::Outcome Connection::ReadToEnd(const Deadline& deadline) {
  if (setting_.script != nullptr && IsNarrow(*setting_.script)) socket_.Widen();
  for (;;) {
    const PeerSocket::Got got = socket_.Receive(SIZE_MAX);
    if (got == PeerSocket::Got::kEnd) return Outcome::kDone;
    if (OutOfTime(Deadline::Never())) return Failed(Wake::kStop, "");
    if (got == PeerSocket::Got::kBytes) continue;
    if (deadline.passed()) return Outcome::kDone;
    const Wake wake = WaitThroughPatience(POLLIN, deadline);
    if (wake == Wake::kOrder || wake == Wake::kStop) return Failed(wake, "");
  }
}

Connection::Outcome Connection::AwaitEnd() {
  if (record().our_fin_ns != 0) {
    const std::lock_guard<std::mutex> lock(mutex_);
    awaits_end_ = true;
    answered_.notify_all();
  }
  return ReadToEnd();
}

// Until the subject's queue and ours have not changed for a while, or it has ended its side.
Connection::Outcome Connection::AwaitStuck(const Deadline& deadline, absl::Duration unchanged, bool* ended) {
  uint64_t before = UINT64_MAX;
  for (Deadline stuck(unchanged); !stuck.passed() && !deadline.passed();) {
    const absl::StatusOr<absl::optional<SocketRow>> row = FindSocket(setting_.far, setting_.near);
    if (!row.ok()) return Failed(std::string(row.status().message()));
    // A socket that is in no table has been aborted, or all of it has come.
    const TcpState state = row->has_value() ? (*row)->state : TcpState::kClose;
    *ended = state != TcpState::kEstablished && state != TcpState::kCloseWait;
    if (*ended) return Outcome::kDone;
    const uint64_t now = uint64_t{(*row)->unsent} << 32 | socket_.Untaken();
    if (now != before) stuck = Deadline(unchanged);
    before = now;
    const Wake wake = Pause(Deadline(kLongestPause));
    *ended = wake == Wake::kStop;
    if (*ended) return Outcome::kDone;
    if (wake == Wake::kOrder) return Outcome::kOrdered;
  }
  return Outcome::kDone;
}

// False if nothing was there.
bool Connection::TakeHelping() {
  size_t taken = 0;
  while (taken < kHelping && socket_.Receive(kHelping - taken) == PeerSocket::Got::kBytes) {
    taken += socket_.received().size();
  }
  return taken > 0;
}

// Leaves as much as there can be in the subject's queue until it closes. Whoever waits for us, or sends for very long,
// is not kept for ever.
Connection::Outcome Connection::ReadLate() {
  const Deadline deadline(setting_.step_timeout);
  bool begun = false;
  for (bool ended = false; !ended && !deadline.passed();) {
    const Outcome outcome = AwaitStuck(deadline, begun ? kStuck : kStuckAtFirst, &ended);
    if (outcome != Outcome::kDone) return outcome;
    if (ended) break;
    const bool took = TakeHelping();
    if (begun && !took) break;
    begun = begun || took;
  }
  return Outcome::kDone;
}

// After the subject's FIN and ours a RST can still come, until the subject's kernel has acknowledged our FIN.
void Connection::AwaitLastAcknowledgement() {
  socket_.SendFin();
  absl::Duration pause = kFirstPause;
  while (socket_.LookForEnd() != TcpState::kClose && !OutOfTime(Deadline::Never())) {
    if (Pause(Deadline(pause)) == Wake::kStop) absl::SleepFor(pause);  // there is some patience left
    pause = std::min(2 * pause, kLongestPause);
  }
}

void Connection::Conclude(Outcome outcome) {
  if (socket_.descriptor() < 0 || outcome == Outcome::kOrdered) return;
  const bool failed = outcome == Outcome::kFailed;
  if (failed) socket_.SendFin();  // the subject must not be left hanging
  if ((failed ? ReadToEnd() : AwaitEnd()) == Outcome::kDone && !socket_.reset()) AwaitLastAcknowledgement();
}

}  // namespace lastack
