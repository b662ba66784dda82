#include "cases/reference/http_answer.h"

#include <string>

#include "gtest/gtest.h"

namespace lastack {
namespace {

TEST(ParseAnswer, LengthMakesItComplete) {
  const std::string whole = "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length:  5 \r\n\r\nhello";
  for (size_t come = 0; come < whole.size(); ++come) {
    const HttpAnswer answer = ParseAnswer(std::string_view(whole).substr(0, come));
    EXPECT_FALSE(answer.complete()) << come;
    EXPECT_EQ(answer.problem, "") << come;
  }
  const HttpAnswer answer = ParseAnswer(whole);
  EXPECT_TRUE(answer.complete());
  EXPECT_EQ(answer.body, "hello");
}

TEST(ParseAnswer, WithoutLengthItIsNeverComplete) {
  const HttpAnswer answer = ParseAnswer("HTTP/1.0 200 OK\r\n\r\nhello");
  EXPECT_TRUE(answer.has_head);
  EXPECT_FALSE(answer.complete());
  EXPECT_FALSE(answer.promised_bytes.has_value());
  EXPECT_EQ(answer.body, "hello");
}

TEST(ParseAnswer, BodyIsNoLongerThanPromised) {
  const HttpAnswer answer = ParseAnswer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello");
  EXPECT_TRUE(answer.complete());
  EXPECT_EQ(answer.body, "he");
}

TEST(ParseAnswer, EmptyBodyMayBePromised) {
  EXPECT_TRUE(ParseAnswer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").complete());
}

TEST(ParseAnswer, SaysWhatItCannotUse) {
  EXPECT_EQ(ParseAnswer("SSH-2.0-x\r\n").problem, "the answer is not HTTP/1");
  EXPECT_EQ(ParseAnswer("HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n").problem, "the Content-Length is no number");
  EXPECT_EQ(ParseAnswer("HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n").problem, "the Content-Length is no number");
  EXPECT_EQ(ParseAnswer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").problem,
            "the answer has a transfer encoding");
}

}  // namespace
}  // namespace lastack
