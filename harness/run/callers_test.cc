// Calls beside each other, to a listener of the test's.
#include "harness/run/callers.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "harness/peer/loopback.h"

namespace lastack {
namespace {

class CallersTest : public testing::Test {
 protected:
  void SetUp() override {
    sockaddr_in address = *LoopbackAddress("127.0.0.2");
    socklen_t size = sizeof(address);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(listen(listener_, 5), 0);
    ASSERT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    endpoint_ = EndpointOf(address);
  }
  void TearDown() override { close(listener_); }

  int Accept() { return accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); }

  int listener_ = -1;
  Endpoint endpoint_;
};

TEST_F(CallersTest, ASecondCallDoesNotWaitForTheFirst) {
  Callers callers(endpoint_, 0);
  callers.Call({Step::ExpectEnd()});
  const int first = Accept();
  callers.Call({Step::Send("x"), Step::ExpectEnd()});
  const int second = Accept();
  char byte = 0;
  EXPECT_EQ(recv(second, &byte, 1, 0), 1);
  close(second);
  EXPECT_TRUE(callers.AwaitLast(Deadline(absl::Seconds(10))));
  close(first);
  const std::vector<ConnectionRecord> records = callers.Stop(absl::Seconds(10));
  ASSERT_EQ(records.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(records[i].script, i);
    EXPECT_EQ(records[i].ending, Ending::kFin);
    EXPECT_EQ(records[i].trouble, "");
  }
}

TEST_F(CallersTest, WhatIsNeverEndedIsEndedByStop) {
  Callers callers(endpoint_, 0);
  callers.Call({Step::Finish()});
  const int held = Accept();
  const std::vector<ConnectionRecord> records = callers.Stop(absl::ZeroDuration());
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].ending, Ending::kNothing);
  close(held);
}

TEST_F(CallersTest, NobodyThereIsATrouble) {
  TearDown();
  listener_ = -1;
  Callers callers(endpoint_, 0);
  callers.Call({});
  EXPECT_TRUE(callers.AwaitLast(Deadline(absl::Seconds(10))));
  const std::vector<ConnectionRecord> records = callers.Stop(absl::ZeroDuration());
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].trouble, "the peer could not connect to the subject: Connection refused");
}

}  // namespace
}  // namespace lastack
