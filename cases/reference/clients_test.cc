// The reference clients against a server of the test: no harness, no faults but the peer's own.
#include <string>
#include <vector>

#include "cases/reference/loopback_server.h"
#include "cases/reference/program.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Manner = LoopbackServer::Manner;
using Ending = LoopbackServer::Ending;

// What one run of a client gave.
struct Fetched {
  Ended ended;
  std::string output;
  std::string errors;
  std::vector<LoopbackServer::Connection> connections;
};

Fetched RunAgainst(LoopbackServer& server, const std::vector<std::string>& command) {
  Program program = Program::Start(command);
  const Ended ended = program.Wait();
  return {ended, program.Output(), program.Errors(), server.Stop()};
}

class HttpClient : public ::testing::TestWithParam<const char*> {
 protected:
  std::string client() const { return RunfilePath(std::string("cases/reference/") + GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Builds, HttpClient, ::testing::Values("http_client", "http_client_static"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(HttpClient, Fetches) {
  LoopbackServer server(Manner::kAnswersAtOnce);
  const Fetched run = RunAgainst(server, {client(), server.Url()});
  EXPECT_EQ(run.ended, Exited(0));
  EXPECT_EQ(run.output, "hello");
  EXPECT_THAT(run.errors, IsEmpty());
  ASSERT_THAT(run.connections, SizeIs(1));
  EXPECT_THAT(run.connections[0].request, HasSubstr("GET / HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_EQ(run.connections[0].ending, Ending::kFin);
}

TEST_P(HttpClient, FetchesEachOnAConnectionOfItsOwn) {
  LoopbackServer server(Manner::kAnswersAtOnce);
  const Fetched run = RunAgainst(server, {client(), server.Url(), server.Url() + "second"});
  EXPECT_EQ(run.ended, Exited(0));
  EXPECT_EQ(run.output, "hellohello");
  ASSERT_THAT(run.connections, SizeIs(2));
  EXPECT_THAT(run.connections[1].request, HasSubstr("GET /second "));
  EXPECT_EQ(run.connections[1].open_before, 0);
}

TEST_P(HttpClient, HalfClosesWhenAsked) {
  LoopbackServer server(Manner::kAnswersAfterClientsFin);
  const Fetched run = RunAgainst(server, {client(), "--half-close", server.Url()});
  EXPECT_EQ(run.ended, Exited(0));
  EXPECT_EQ(run.output, "hello");
}

TEST_P(HttpClient, ReportsAReset) {
  LoopbackServer server(Manner::kResetsWithinAnswer);
  const Fetched run = RunAgainst(server, {client(), server.Url()});
  EXPECT_EQ(run.ended, Exited(1));
  EXPECT_THAT(run.errors, HasSubstr(server.Url() + ": recv: ECONNRESET"));
}

TEST_P(HttpClient, ReportsATruncatedAnswer) {
  LoopbackServer server(Manner::kEndsWithinAnswer);
  const Fetched run = RunAgainst(server, {client(), server.Url()});
  EXPECT_EQ(run.ended, Exited(1));
  EXPECT_EQ(run.output, "hello");
  EXPECT_THAT(run.errors, HasSubstr("the answer ended after 5 of 100 bytes"));
  ASSERT_THAT(run.connections, SizeIs(1));
  EXPECT_EQ(run.connections[0].ending, Ending::kFin);
}

TEST_P(HttpClient, GivesUpASilentPeer) {
  LoopbackServer server(Manner::kStaysSilent);
  const Fetched run = RunAgainst(server, {client(), "--patience-ms=50", server.Url()});
  EXPECT_EQ(run.ended, Exited(1));
  EXPECT_THAT(run.errors, HasSubstr("recv: ETIMEDOUT"));
}

TEST_P(HttpClient, ReportsARefusal) {
  LoopbackServer server(Manner::kAnswersAtOnce);
  server.Stop();  // its port is free now
  const Fetched run = RunAgainst(server, {client(), server.Url()});
  EXPECT_EQ(run.ended, Exited(1));
  EXPECT_THAT(run.errors, HasSubstr("connect: ECONNREFUSED"));
}

TEST_P(HttpClient, ExplainsItsUsage) {
  LoopbackServer server(Manner::kAnswersAtOnce);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, {"--nonsense", server.Url()}, {"--patience-ms=x", server.Url()}}) {
    std::vector<std::string> command = {client()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    Program program = Program::Start(command);
    EXPECT_EQ(program.Wait(), Exited(2));
    EXPECT_THAT(program.Errors(), HasSubstr("usage: "));
  }
  EXPECT_THAT(server.Stop(), IsEmpty());
}

TEST(HttpClientByName, TriesTheHostsAddresses) {
  LoopbackServer server(Manner::kAnswersAtOnce);
  const std::string url = "http://localhost:" + std::to_string(server.port()) + "/";
  const Fetched run = RunAgainst(server, {RunfilePath("cases/reference/http_client"), url});
  EXPECT_EQ(run.ended, Exited(0)) << run.errors;
  EXPECT_EQ(run.output, "hello");
}

std::vector<std::string> DocumentClient(const LoopbackServer& server) {
  return {"python3", RunfilePath("cases/reference/document_client.py"), "127.0.0.1", std::to_string(server.port())};
}

TEST(DocumentClient, SendsItsFinAndDrains) {
  LoopbackServer server(Manner::kAnswersAfterClientsFin);
  const Fetched run = RunAgainst(server, DocumentClient(server));
  EXPECT_EQ(run.ended, Exited(0)) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("\r\n\r\nhello"));
  ASSERT_THAT(run.connections, SizeIs(1));
  EXPECT_EQ(run.connections[0].ending, Ending::kFin);
}

TEST(DocumentClient, ReportsAReset) {
  LoopbackServer server(Manner::kResetsWithinAnswer);
  const Fetched run = RunAgainst(server, DocumentClient(server));
  EXPECT_EQ(run.ended, Exited(1));
  EXPECT_THAT(run.errors, HasSubstr("document_client.py: "));
}

TEST(DocumentClient, ReportsARefusal) {
  LoopbackServer server(Manner::kAnswersAtOnce);
  server.Stop();
  const Fetched run = RunAgainst(server, DocumentClient(server));
  EXPECT_EQ(run.ended, Exited(1));
  EXPECT_THAT(run.errors, HasSubstr("ConnectionRefusedError"));
}

}  // namespace
}  // namespace lastack
