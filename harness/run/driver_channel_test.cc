// Requests and replies over the two pipes, with the test in the place of the driver.
#include "harness/run/driver_channel.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace lastack {
namespace {

class DriverChannelTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(channel_.Open().ok());
    requests_ = dup(channel_.request_reader());
    replies_ = dup(channel_.reply_writer());
    channel_.CloseDriverEnds();
  }
  void TearDown() override {
    close(requests_);
    EndReplies();
  }

  void Say(const std::string& text) {
    ASSERT_EQ(write(replies_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void EndReplies() {
    if (replies_ >= 0) close(replies_);
    replies_ = -1;
  }
  std::string Heard() {
    char text[200];
    const ssize_t size = read(requests_, text, sizeof(text));
    return std::string(text, static_cast<size_t>(std::max<ssize_t>(size, 0)));
  }
  std::string Await(int tag, absl::Duration patience = absl::Seconds(10)) {
    return channel_.Await(tag, Deadline(patience)).value_or("nothing");
  }

  DriverChannel channel_;
  int requests_ = -1;
  int replies_ = -1;
};

TEST_F(DriverChannelTest, ARequestHasItsTagAndItsReply) {
  const int tag = channel_.Post("connect a");
  EXPECT_EQ(Await(tag, absl::ZeroDuration()), "nothing");
  EXPECT_EQ(Heard(), "1 connect a\n");
  Say("1 ok\n");
  EXPECT_EQ(Await(tag), "ok");
}

TEST_F(DriverChannelTest, RepliesMayComeInAnyOrder) {
  const int first = channel_.Post("recv a 1");
  const int second = channel_.Post("close a");
  const int third = channel_.Post("quit");
  Say("3 ok third\r\n2 ok second\n1 ok fi");
  EXPECT_EQ(Await(first, absl::Milliseconds(1)), "nothing") << "its line is not whole";
  EXPECT_EQ(Await(third), "ok third");
  Say("rst\n");
  EXPECT_EQ(Await(first), "ok first");
  EXPECT_EQ(Await(second), "ok second");
  EXPECT_TRUE(channel_.noise().empty());
}

TEST_F(DriverChannelTest, WhatAnswersNothingIsNoise) {
  const int tag = channel_.Post("hello 1");
  Say("starting\n01 ok\n2 ok\n1\n1 ok\n1 again\n");
  EXPECT_EQ(Await(tag), "ok");
  EXPECT_EQ(channel_.noise(), (std::vector<std::string>{"starting", "01 ok", "2 ok", "1", "1 again"}));
}

TEST_F(DriverChannelTest, TheEndOfTheOutputEndsTheWait) {
  const int tag = channel_.Post("hello 1");
  const int other = channel_.Post("quit");
  Say("2 ok\n");
  EndReplies();
  EXPECT_EQ(Await(tag), "nothing");
  EXPECT_EQ(Await(other), "ok") << "it came before the end";
}

}  // namespace
}  // namespace lastack
