#include "harness/sys/errno_names.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>

#include "gtest/gtest.h"
#include "harness/sys/calls.h"

namespace lastack {
namespace {

TEST(ErrnoNames, AreThoseOfTheHeaders) {
  EXPECT_EQ(ErrnoName(EINTR), "EINTR");
  EXPECT_EQ(ErrnoName(ECONNRESET), "ECONNRESET");
  EXPECT_EQ(ErrnoFromName("EPIPE"), EPIPE);
  EXPECT_EQ(ErrnoFromName("ENOTCONN"), ENOTCONN);
}

TEST(ErrnoNames, UnknownValuesKeepTheirNumber) {
  EXPECT_EQ(ErrnoName(999), "errno 999");
  EXPECT_EQ(ErrnoName(0), "errno 0");
  EXPECT_EQ(ErrnoName(-EINTR), "errno -4");
  EXPECT_EQ(ErrnoName(INT_MAX), "errno 2147483647");
}

TEST(ErrnoNames, AliasesAreUnderstoodAndNotWritten) {
  EXPECT_EQ(ErrnoFromName("EWOULDBLOCK"), EAGAIN);
  EXPECT_EQ(ErrnoName(EWOULDBLOCK), "EAGAIN");
  EXPECT_EQ(ErrnoFromName("ENOTSUP"), EOPNOTSUPP);
  EXPECT_EQ(ErrnoName(ENOTSUP), "EOPNOTSUPP");
  EXPECT_EQ(ErrnoFromName("EDEADLOCK"), EDEADLK);
}

TEST(ErrnoNames, OnlyExactNamesAreUnderstood) {
  const absl::string_view with_nul("EINTR\0", 6);
  for (absl::string_view name : {absl::string_view(), absl::string_view("0"), absl::string_view("E"),
                                 absl::string_view("eintr"), absl::string_view("EINTR "), absl::string_view("EINT"),
                                 absl::string_view("4"), absl::string_view("errno 999"), with_nul}) {
    EXPECT_EQ(ErrnoFromName(name), std::nullopt) << "'" << name << "'";
  }
}

TEST(ErrnoNames, EveryErrorOfTheCallTableHasAName) {
  for (size_t i = 0; i < kCallCount; ++i) {
    for (const int* error = LegalErrnos(static_cast<Call>(i)); *error != 0; ++error) {
      EXPECT_EQ(ErrnoFromName(ErrnoName(*error)), *error) << CallName(static_cast<Call>(i)) << " " << *error;
    }
  }
}

TEST(SignalNames, AreThoseOfTheHeaders) {
  EXPECT_EQ(SignalName(SIGPIPE), "SIGPIPE");
  EXPECT_EQ(SignalFromName("SIGTERM"), SIGTERM);
  for (int signal = 1; signal <= SIGSYS; ++signal) {
    EXPECT_EQ(SignalFromName(SignalName(signal)), signal) << SignalName(signal);
  }
}

TEST(SignalNames, AliasesAreUnderstoodAndNotWritten) {
  EXPECT_EQ(SignalFromName("SIGIO"), SIGPOLL);
  EXPECT_EQ(SignalName(SIGIO), "SIGPOLL");
  EXPECT_EQ(SignalFromName("SIGIOT"), SIGABRT);
  EXPECT_EQ(SignalFromName("SIGCLD"), SIGCHLD);
}

TEST(SignalNames, UnknownValuesKeepTheirNumber) {
  EXPECT_EQ(SignalName(0), "signal 0");
  EXPECT_EQ(SignalName(34), "signal 34");
  EXPECT_EQ(SignalName(-1), "signal -1");
}

TEST(SignalNames, OnlyExactNamesAreUnderstood) {
  for (absl::string_view name : {"", "SIG", "TERM", "sigterm", "SIGTERM ", "15", "signal 34"}) {
    EXPECT_EQ(SignalFromName(name), std::nullopt) << "'" << name << "'";
  }
}

}  // namespace
}  // namespace lastack
