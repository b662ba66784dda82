#include "reports/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "reports/samples.h"

namespace lastack {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::string> kOrder = {"b/1", "a/1", "a/2", "c/1"};

ResultsFile Part(const std::string& name, std::vector<std::string> ids, std::optional<Shard> shard = std::nullopt) {
  ResultsFile file = {.name = name, .results = {}};
  file.results.subject = "tool {url}";
  file.results.profile = "http-client";
  file.results.environment = {{"kernel", "Linux"}, {"lastack", "0.1.0"}};
  file.results.shard = shard;
  for (const std::string& id : ids) file.results.results.push_back(SampleCase(Verdict::kPass, id));
  return file;
}

std::vector<std::string> Ids(const Results& results) {
  std::vector<std::string> ids;
  for (const CaseResult& result : results.results) ids.push_back(result.case_id);
  return ids;
}

std::string Refusal(const std::vector<ResultsFile>& files) {
  const absl::StatusOr<Results> merged = Merge(files, kOrder);
  EXPECT_EQ(merged.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(merged.status().message());
}

TEST(MergeTest, TheOrderIsTheCatalogsWhateverThatOfTheFiles) {
  std::vector<ResultsFile> files = {Part("x", {"a/2", "z/1"}, Shard{1, 3}), Part("y", {"b/1", "y/1"}, Shard{2, 3}),
                                    Part("z", {"a/1"}, Shard{3, 3})};
  const absl::StatusOr<Results> merged = Merge(files, kOrder);
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_THAT(Ids(*merged), ElementsAre("b/1", "a/1", "a/2", "y/1", "z/1"));
  EXPECT_EQ(merged->shard, std::nullopt);
  EXPECT_EQ(merged->subject, "tool {url}");
  std::reverse(files.begin(), files.end());
  EXPECT_EQ(*Merge(files, kOrder), *merged);
}

TEST(MergeTest, PartsThatDoNotSayThatTheyAreOnesAreJoinedAsTheyCome) {
  const absl::StatusOr<Results> merged = Merge({Part("x", {"a/1"}), Part("y", {"a/2"})}, kOrder);
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_THAT(Ids(*merged), ElementsAre("a/1", "a/2"));
}

TEST(MergeTest, PartsOfDifferentAuditsAreRefused) {
  const auto refusal = [](void (*change)(Results&)) {
    ResultsFile other = Part("y.json", {"a/2"});
    change(other.results);
    return Refusal({Part("x.json", {"a/1"}), other});
  };
  EXPECT_THAT(refusal([](Results& results) { results.subject = "other"; }),
              HasSubstr("y.json: the subject is \"other\", but in x.json it is \"tool {url}\""));
  EXPECT_THAT(refusal([](Results& results) { results.profile = "driver"; }),
              HasSubstr("y.json: the profile is \"driver\""));
  EXPECT_THAT(refusal([](Results& results) { results.environment[1].second = "0.2.0"; }),
              HasSubstr("y.json: lastack is \"0.2.0\", but in x.json it is \"0.1.0\""));
  EXPECT_THAT(refusal([](Results& results) { results.environment.pop_back(); }), HasSubstr("lastack is \"(nothing)\""));
  EXPECT_THAT(refusal([](Results& results) { results.environment.emplace_back("more", "x"); }),
              HasSubstr("more is \"x\""));
  EXPECT_THAT(refusal([](Results& results) { results.not_audited = "no such program"; }),
              HasSubstr("not audited is \"no such program\""));
  EXPECT_THAT(refusal([](Results& results) {
                results.shard = Shard{1, 2};
              }),
              HasSubstr("y.json: the shard is \"1/2\", but in x.json it is \"none\""));
}

// Part by part it may differ whether the agent saw everything, and the reason names processes and ports.
std::string MergedBackend(const std::vector<std::string>& backends) {
  std::vector<ResultsFile> files;
  for (const std::string& backend : backends) {
    files.push_back(Part(absl::StrCat("part ", files.size()), {absl::StrCat("a/", files.size())}));
    files.back().results.environment.insert(files.back().results.environment.begin() + 1, {"backend", backend});
  }
  const absl::StatusOr<Results> merged = Merge(files, kOrder);
  if (!merged.ok()) return std::string(merged.status().message());
  std::reverse(files.begin(), files.end());
  EXPECT_EQ(*Merge(files, kOrder), *merged);
  EXPECT_EQ(merged->environment[1].first, "backend") << "where it was";
  EXPECT_THAT(merged->environment, testing::SizeIs(3));
  return merged->environment[1].second;
}

TEST(MergeTest, PartsMayHaveBeenReachedByDifferentBackends) {
  const std::string fell_back = "tracer, since preload did not see everything: process 19540: socket 5 vanished";
  EXPECT_EQ(MergedBackend({"preload", "preload"}), "preload");
  EXPECT_EQ(MergedBackend({fell_back, fell_back}), fell_back);
  EXPECT_EQ(MergedBackend({fell_back, "tracer, since preload did not see everything: process 7: port 4711 and more"}),
            "tracer");
  EXPECT_EQ(MergedBackend({fell_back, "preload", fell_back}), "preload and tracer");
  EXPECT_EQ(MergedBackend({"preload, although the program is static; ptrace is forbidden", "preload"}),
            "preload, although not everything was seen in some parts");
  EXPECT_EQ(MergedBackend({"preload, although the program is static; ptrace is forbidden", "tracer"}),
            "preload and tracer, although not everything was seen in some parts");
}

TEST(MergeTest, WhatWasMergedCanBeMergedAgain) {
  const std::string both = "preload and tracer";
  EXPECT_EQ(MergedBackend({both, "tracer, since it is static"}), both);
  EXPECT_EQ(MergedBackend({"preload, although not everything was seen in some parts", "preload"}),
            "preload, although not everything was seen in some parts");
}

TEST(MergeTest, DaysAreJoined) {
  ResultsFile one = Part("x.json", {"a/1"}, Shard{1, 2});
  ResultsFile two = Part("y.json", {"a/2"}, Shard{2, 2});
  one.results.environment.emplace_back(kDate, "2026-11-22");
  EXPECT_THAT(Refusal({one, two}), HasSubstr("date is"));
  two.results.environment.emplace_back(kDate, "2026-11-21 and 2026-11-22");
  EXPECT_EQ(Merge({one, two}, {})->environment.back().second, "2026-11-21 and 2026-11-22");
}

TEST(MergeTest, PartsOfDifferentSelectionsAreRefused) {
  ResultsFile one = Part("x.json", {"a/1"}, Shard{1, 2});
  ResultsFile two = Part("y.json", {"a/2"}, Shard{2, 2});
  one.results.environment.emplace_back("selection", "--case=* --tier=quick --repeat=1");
  two.results.environment.emplace_back("selection", "--case=a/* --repeat=1");
  EXPECT_THAT(Refusal({one, two}), HasSubstr("y.json: selection is \"--case=a/* --repeat=1\", but in x.json it is "
                                             "\"--case=* --tier=quick --repeat=1\": only parts"));
  two.results.environment.pop_back();
  EXPECT_THAT(Refusal({one, two}), HasSubstr("y.json: selection is \"(nothing)\""));
}

TEST(MergeTest, MissingPartsAreNamed) {
  EXPECT_THAT(Refusal({Part("x", {"a/1"}, Shard{2, 4}), Part("y", {"a/2"}, Shard{3, 4})}),
              HasSubstr("missing: 1/4, 4/4"));
  EXPECT_THAT(Refusal({Part("x", {"a/1"}, Shard{1, 2}), Part("y", {"a/2"}, Shard{2, 3})}),
              HasSubstr("the shard is \"2/3\""));
}

TEST(MergeTest, TwoAuditsOfTheSameCasesAreRefused) {
  EXPECT_THAT(Refusal({Part("x.json", {"a/1", "a/2"}), Part("y.json", {"a/1", "a/2"})}),
              HasSubstr("y.json: a/1 (pass) was judged in x.json, too (pass): a case may be in one part only, and "
                        "these are two audits of it"));
  EXPECT_THAT(Refusal({Part("x.json", {"a/1"}), Part("y.json", {"a/2", "a/1"})}),
              HasSubstr("y.json: a/1 (pass) was judged in x.json"))
      << "in part";
  EXPECT_THAT(Refusal({Part("x.json", {"a/1"}, Shard{1, 2}), Part("y.json", {"a/1"}, Shard{1, 2}),
                       Part("z.json", {"a/2"}, Shard{2, 2})}),
              HasSubstr("y.json: a/1 (pass) was judged in x.json, too"))
      << "the same part twice";
}

TEST(MergeTest, ACaseMayStandInTwoShardsOnlyIfTheRecordsAreEqual) {
  ResultsFile other = Part("y.json", {"a/1", "a/2"}, Shard{2, 2});
  EXPECT_TRUE(Merge({Part("x.json", {"a/1"}, Shard{1, 2}), other}, kOrder).ok());
  other.results.results[0].verdict = Verdict::kFail;
  EXPECT_THAT(Refusal({Part("x.json", {"a/1"}, Shard{1, 2}), other}),
              HasSubstr("y.json: a/1 (fail) was judged in x.json, too (pass)"));
}

TEST(MergeTest, ARecordAboutAWaiverAloneIsNoCase) {
  std::vector<ResultsFile> files = {Part("x.json", {"a/1"}), Part("y.json", {"a/2"})};
  for (ResultsFile& file : files) {
    file.results.results.push_back(SampleCase(Verdict::kStaleWaiver, "b/*"));
    file.results.results.back().waiver = AppliedWaiver{.entry = "w.json /0",
                                                       .finding = "leak",
                                                       .reason = "",
                                                       .link = "",
                                                       .expires = "",
                                                       .verdict = std::nullopt,
                                                       .message = ""};
  }
  const absl::StatusOr<Results> merged = Merge(files, kOrder);
  ASSERT_TRUE(merged.ok()) << merged.status();
  EXPECT_THAT(Ids(*merged), ElementsAre("a/1", "a/2", "b/*"));
  files[1].results.results.back().message = "otherwise";
  EXPECT_THAT(Refusal(files), HasSubstr("y.json: b/*"));
}

TEST(MergeTest, NothingCannotBeMerged) { EXPECT_THAT(Refusal({}), HasSubstr("no results")); }

TEST(ShardTest, EveryPlaceIsInOneShard) {
  for (int count = 1; count <= 7; ++count) {
    for (size_t place = 0; place < 20; ++place) {
      int shards = 0;
      for (int index = 1; index <= count; ++index) shards += InShard(place, {index, count}) ? 1 : 0;
      EXPECT_EQ(shards, 1) << place << " of " << count;
    }
  }
  EXPECT_TRUE(InShard(0, {1, 3}));
  EXPECT_TRUE(InShard(5, {3, 3}));
}

TEST(ShardTest, IsWrittenAsAPartOfAWhole) {
  EXPECT_EQ(*ParseShard("2/4"), (Shard{2, 4}));
  for (const char* wrong : {"", "2", "2/", "/4", "0/4", "5/4", "-1/4", "2/4/6", "a/b", "1/10001"}) {
    EXPECT_EQ(ParseShard(wrong).status().code(), absl::StatusCode::kInvalidArgument) << wrong;
  }
}

}  // namespace
}  // namespace lastack
