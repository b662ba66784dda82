#include "cases/reference/url.h"

#include "gtest/gtest.h"

namespace lastack {
namespace {

TEST(ParseUrl, SplitsHostPortAndPath) {
  const std::optional<Url> url = ParseUrl("http://127.0.0.2:8080/a/b?c=d:e");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->host, "127.0.0.2");
  EXPECT_EQ(url->port, "8080");
  EXPECT_EQ(url->path, "/a/b?c=d:e");
}

TEST(ParseUrl, PortAndPathHaveDefaults) {
  const std::optional<Url> url = ParseUrl("http://localhost");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->host, "localhost");
  EXPECT_EQ(url->port, "80");
  EXPECT_EQ(url->path, "/");
}

TEST(ParseUrl, RefusesWhatItCannotFetch) {
  for (const char* text :
       {"", "localhost", "https://localhost/", "http://", "http:///", "http://:80/", "http://a:/", "http://a:b/",
        "http://a:0/", "http://a:65536/", "http://a:-1/", "http://a/b c", "http://a/\r\nX: y"}) {
    EXPECT_FALSE(ParseUrl(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace lastack
