#include "tools/cli/audit_options.h"

#include <algorithm>
#include <thread>

#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "cases/case.h"
#include "cases/judge.h"
#include "cases/patterns.h"
#include "cases/profile_file.h"
#include "cases/requirement.h"
#include "reports/merge.h"
#include "tools/cli/flags.h"
#include "tools/cli/repeat.h"

namespace lastack {
namespace {

bool Contains(const std::vector<std::string>& words, absl::string_view placeholder) {
  return std::any_of(words.begin(), words.end(),
                     [&](const std::string& word) { return absl::StrContains(word, placeholder); });
}

// The command must name the peer, or nothing can be seen.
absl::Status CheckSubject(const std::vector<std::string>& command, const Profile& profile) {
  if (command.empty()) {
    return absl::InvalidArgumentError(
        "what is to be audited? Put the command after `--`:  lastack audit -- curl -sS {url}");
  }
  if (profile.driver_script != nullptr) return absl::OkStatus();  // it is told where by `connect`
  if (std::string(profile.role) == "server") {
    if (Contains(command, "{port}")) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("the command does not say where to listen: put {port} into it, and {host} where it takes an "
                     "address, as in  lastack audit "
                     "--profile=",
                     profile.name, " -- python3 -m http.server --bind {host} {port}"));
  }
  const bool named = Contains(command, "{url}") || (Contains(command, "{host}") && Contains(command, "{port}"));
  if (named) return absl::OkStatus();
  if (Contains(command, "{port}")) {
    return absl::InvalidArgumentError(
        absl::StrCat("the command has {port} but no {host}: is it a server that listens there? Then say so: ",
                     "lastack audit --profile=http-server -- ", ShellLine(command)));
  }
  return absl::InvalidArgumentError(absl::StrCat("the command does not say where the peer is: put ",
                                                 profile.placeholder,
                                                 " into it, as in  lastack audit -- curl -sS {url}"));
}

absl::StatusOr<const Profile*> AddProfileFrom(const std::string& path) {
  for (const Profile& known : Profiles()) {
    if (known.file == path) return &known;  // of two subjects
  }
  absl::StatusOr<Profile> profile = ReadProfile(path);
  if (!profile.ok()) return profile.status();
  absl::StatusOr<const Profile*> added = AddProfile(*std::move(profile));
  if (added.ok()) return added;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", added.status().message(), ": give yours another name"));
}

absl::StatusOr<const Profile*> ProfileNamed(std::string name) {
  if (name.empty()) name = "http-client";
  if (absl::EndsWith(name, ".json")) return AddProfileFrom(name);
  const Profile* profile = FindProfile(name);
  if (profile != nullptr) return profile;
  const std::string known =
      absl::StrJoin(Profiles(), ", ", [](std::string* out, const Profile& one) { out->append(one.name); });
  return absl::InvalidArgumentError(absl::StrCat("--profile=", name, ": there is no such profile; known: ", known,
                                                 ", or a file of yours that ends in .json"));
}

absl::StatusOr<std::vector<const Case*>> ChosenCases(const Profile& profile) {
  const std::string tier = absl::GetFlag(FLAGS_tier);
  if (tier != "quick" && tier != "full") {
    return absl::InvalidArgumentError(absl::StrCat("--tier=", tier, ": it is quick or full"));
  }
  std::vector<const Case*> cases = CasesMatching(absl::GetFlag(FLAGS_case));
  const bool named = absl::GetFlag(FLAGS_case) != "*";  // who names a case means it
  if (!named) std::erase_if(cases, [&](const Case* one) { return !Concerns(*one, profile); });
  if (tier == "quick" && !named) {
    std::erase_if(cases, [](const Case* one) { return FindRequirement(one->requirement)->tier != "quick"; });
  }
  std::vector<std::string> ids;
  for (const Case& one : Cases()) ids.emplace_back(one.id);
  const std::string unused = UnusedPattern(absl::GetFlag(FLAGS_case), ids);
  if (cases.empty() || !unused.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--case: '", unused, "' matches no case; `lastack list` shows them all"));
  }
  return cases;
}

}  // namespace

absl::StatusOr<AuditOptions> AuditOptionsOf(const AuditSubject& subject) {
  AuditOptions options;
  absl::StatusOr<const Profile*> profile = ProfileNamed(subject.profile);
  if (!profile.ok()) return profile.status();
  if (absl::Status checked = CheckSubject(subject.command, **profile); !checked.ok()) return checked;
  absl::StatusOr<std::optional<Backend>> backend = ChosenBackend();
  if (!backend.ok()) return backend.status();
  absl::StatusOr<std::vector<const Case*>> cases = ChosenCases(**profile);
  if (!cases.ok()) return cases.status();
  options.timeout = absl::GetFlag(FLAGS_timeout).value_or(options.timeout);
  if (options.timeout <= absl::ZeroDuration()) return absl::InvalidArgumentError("--timeout must be longer than 0");
  if (absl::GetFlag(FLAGS_jobs) < 0) return absl::InvalidArgumentError("--jobs must not be negative");
  const int repeat = absl::GetFlag(FLAGS_repeat).value_or(1);
  if (repeat < 1) return absl::InvalidArgumentError("--repeat must be at least 1");
  options.repeat = repeat;
  options.seed = absl::GetFlag(FLAGS_seed);
  options.program = ProgramName();
  options.repeat_flags = JudgingFlags();
  options.command = subject.command;
  options.backend = *backend;
  options.profile = *profile;
  options.cases = *std::move(cases);
  options.environment = subject.environment;
  options.jobs =
      absl::GetFlag(FLAGS_jobs) > 0 ? absl::GetFlag(FLAGS_jobs) : static_cast<int>(std::thread::hardware_concurrency());
  return options;
}

std::string SelectionText(const std::string& filter) {
  const std::string pattern = absl::GetFlag(FLAGS_case);
  const std::string tier = pattern == "*" ? absl::StrCat(" --tier=", absl::GetFlag(FLAGS_tier))
                                          : "";  // who names a case gets it from any tier
  return absl::StrCat("--case=", pattern, tier, " --repeat=", absl::GetFlag(FLAGS_repeat).value_or(1),
                      filter.empty() ? "" : absl::StrCat(" --test_filter=", filter));
}

absl::StatusOr<std::optional<Shard>> ChosenShard() {
  const std::string text = absl::GetFlag(FLAGS_shard);
  if (text.empty()) return std::optional<Shard>();
  absl::StatusOr<Shard> shard = ParseShard(text);
  if (!shard.ok()) return absl::InvalidArgumentError(absl::StrCat("--shard: ", shard.status().message()));
  return std::optional<Shard>(*shard);
}

std::vector<const Case*> PartOf(const std::vector<const Case*>& cases, const std::optional<Shard>& shard) {
  if (!shard.has_value()) return cases;
  std::vector<const Case*> part;
  for (size_t place = 0; place < cases.size(); ++place) {
    if (InShard(place, *shard)) part.push_back(cases[place]);
  }
  return part;
}

CaseScope ScopeOf(const std::string& profile_name) {
  const Profile* profile = FindProfile(profile_name);
  CaseScope scope;
  for (const Case& one : Cases()) {
    scope.known.emplace_back(one.id);
    for (const Finding& finding : one.findings) scope.findings[one.id].emplace_back(finding.code);
    if (profile == nullptr || Concerns(one, *profile)) scope.applicable.emplace_back(one.id);
  }
  return scope;
}

absl::CivilDay Today() { return absl::ToCivilDay(absl::Now(), absl::UTCTimeZone()); }

}  // namespace lastack
