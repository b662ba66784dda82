// The rule of realism, a row a cell.
#include "harness/plan/realism.h"

#include <errno.h>

#include <ostream>

#include "gtest/gtest.h"
#include "harness/sys/errno_names.h"

namespace lastack {
namespace {

constexpr SiteFacts kBlockingWithHandler = {.blocking = true, .catches_a_signal = true};
constexpr SiteFacts kBlocking = {.blocking = true, .catches_a_signal = false};
constexpr SiteFacts kNonBlockingWithHandler = {.blocking = false, .catches_a_signal = true};
constexpr SiteFacts kNonBlocking = {.blocking = false, .catches_a_signal = false};

// One result, at each of the four sites: blocking with and without a handler, non-blocking with and without.
struct Row {
  Call call;
  Effect effect;
  int error;
  Realism blocking_with_handler, blocking, non_blocking_with_handler, non_blocking;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << CallName(row.call) << ", effect " << static_cast<int>(row.effect) << ", " << ErrnoName(row.error);
}

constexpr Realism kKernel = Realism::kKernel, kPosix = Realism::kPosix, kAdversarial = Realism::kAdversarial;

constexpr Row kRows[] = {
    // EINTR where a call may block: as real as the signal that could come.
    {Call::connect, Effect::kFull, EINTR, kKernel, kPosix, kAdversarial, kAdversarial},
    {Call::accept, Effect::kSkip, EINTR, kKernel, kPosix, kAdversarial, kAdversarial},
    {Call::accept4, Effect::kSkip, EINTR, kKernel, kPosix, kAdversarial, kAdversarial},
    {Call::send, Effect::kSkip, EINTR, kKernel, kPosix, kAdversarial, kAdversarial},
    {Call::sendmsg, Effect::kSkip, EINTR, kKernel, kPosix, kAdversarial, kAdversarial},
    {Call::write, Effect::kSkip, EINTR, kKernel, kPosix, kAdversarial, kAdversarial},
    {Call::recv, Effect::kSkip, EINTR, kKernel, kPosix, kAdversarial, kAdversarial},
    {Call::readv, Effect::kSkip, EINTR, kKernel, kPosix, kAdversarial, kAdversarial},
    {Call::splice, Effect::kSkip, EINTR, kKernel, kPosix, kAdversarial, kAdversarial},
    // Waiting is interrupted always.
    {Call::poll, Effect::kSkip, EINTR, kKernel, kKernel, kKernel, kKernel},
    {Call::select, Effect::kSkip, EINTR, kKernel, kKernel, kKernel, kKernel},
    {Call::epoll_wait, Effect::kSkip, EINTR, kKernel, kKernel, kKernel, kKernel},
    // Errors from the close of a socket are POSIX's.
    {Call::close, Effect::kFull, EINTR, kPosix, kPosix, kPosix, kPosix},
    {Call::close, Effect::kSkip, EINTR, kPosix, kPosix, kPosix, kPosix},
    {Call::close, Effect::kDecoy, EINTR, kPosix, kPosix, kPosix, kPosix},
    {Call::close, Effect::kFull, EIO, kPosix, kPosix, kPosix, kPosix},
    {Call::close, Effect::kFull, ECONNRESET, kPosix, kPosix, kPosix, kPosix},
    {Call::fclose, Effect::kFull, EINTR, kPosix, kPosix, kPosix, kPosix},
    {Call::close, Effect::kDecoy, 0, kKernel, kKernel, kKernel, kKernel},
    {Call::dup2, Effect::kSkip, EINTR, kPosix, kPosix, kPosix, kPosix},
    // Nothing interrupts these.
    {Call::shutdown, Effect::kFull, EINTR, kAdversarial, kAdversarial, kAdversarial, kAdversarial},
    {Call::fcntl, Effect::kSkip, EINTR, kAdversarial, kAdversarial, kAdversarial, kAdversarial},
    // Only a call that may not block would have to wait, or goes on behind the caller's back.
    {Call::send, Effect::kSkip, EAGAIN, kAdversarial, kAdversarial, kKernel, kKernel},
    {Call::recv, Effect::kSkip, EAGAIN, kAdversarial, kAdversarial, kKernel, kKernel},
    {Call::accept, Effect::kSkip, EAGAIN, kAdversarial, kAdversarial, kKernel, kKernel},
    {Call::connect, Effect::kFull, EINPROGRESS, kAdversarial, kAdversarial, kKernel, kKernel},
    // The peer's and the kernel's own doing.
    {Call::send, Effect::kSkip, EPIPE, kKernel, kKernel, kKernel, kKernel},
    {Call::recv, Effect::kSkip, ECONNRESET, kKernel, kKernel, kKernel, kKernel},
    {Call::connect, Effect::kFull, ETIMEDOUT, kKernel, kKernel, kKernel, kKernel},
    {Call::shutdown, Effect::kFull, ENOTCONN, kKernel, kKernel, kKernel, kKernel},
    {Call::shutdown, Effect::kSkip, ENOBUFS, kPosix, kPosix, kPosix, kPosix},
    {Call::accept, Effect::kSkip, EMFILE, kKernel, kKernel, kKernel, kKernel},
    {Call::socket, Effect::kSkip, EMFILE, kKernel, kKernel, kKernel, kKernel},
    {Call::setsockopt, Effect::kSkip, ENOBUFS, kKernel, kKernel, kKernel, kKernel},
    {Call::poll, Effect::kSkip, ENOMEM, kKernel, kKernel, kKernel, kKernel},
    {Call::recv, Effect::kInterrupt, 0, kKernel, kPosix, kAdversarial, kAdversarial},
    {Call::poll, Effect::kInterrupt, 0, kKernel, kKernel, kKernel, kKernel},
    // What really happens.
    {Call::send, Effect::kPartial, 0, kKernel, kKernel, kKernel, kKernel},
    {Call::close, Effect::kDelay, 0, kKernel, kKernel, kKernel, kKernel},
    {Call::shutdown, Effect::kReset, 0, kKernel, kKernel, kKernel, kKernel},
    {Call::close, Effect::kReset, 0, kKernel, kKernel, kKernel, kKernel},
    {Call::recv, Effect::kNone, 0, kKernel, kKernel, kKernel, kKernel},
};

class RealismTest : public ::testing::TestWithParam<Row> {};

TEST_P(RealismTest, OfTheFaultAtEachSite) {
  const Row& row = GetParam();
  const auto realism_at = [&row](const SiteFacts& site) { return RealismOf(row.call, row.effect, row.error, site); };
  EXPECT_EQ(realism_at(kBlockingWithHandler), row.blocking_with_handler) << "blocking, with a handler";
  EXPECT_EQ(realism_at(kBlocking), row.blocking) << "blocking, without a handler";
  EXPECT_EQ(realism_at(kNonBlockingWithHandler), row.non_blocking_with_handler) << "non-blocking, with a handler";
  EXPECT_EQ(realism_at(kNonBlocking), row.non_blocking) << "non-blocking, without a handler";
}

INSTANTIATE_TEST_SUITE_P(All, RealismTest, ::testing::ValuesIn(kRows));

}  // namespace
}  // namespace lastack
