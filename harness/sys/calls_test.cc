// Checks each row of the call table against itself, the system's headers and libc.
#include "harness/sys/calls.h"

#include <dlfcn.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace lastack {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The N-th parameter's type (from 1); void if there is none.
template <typename Function, size_t N>
struct ParameterOf;
template <typename Result, typename... Parameters, size_t N>
struct ParameterOf<Result(Parameters...), N> {
  using type = std::tuple_element_t<N, std::tuple<void, Parameters..., void, void, void, void>>;
};
template <typename Function, size_t N, typename Type>
constexpr bool kParameterIs = std::is_same_v<typename ParameterOf<Function, N>::type, Type>;

// What the parameters say about the extent, whatever the table says.
template <typename Function>
constexpr Extent ExtentByParameters() {
  if (kParameterIs<Function, 2, iovec*> || kParameterIs<Function, 2, const iovec*>) return Extent::kVector;
  if (kParameterIs<Function, 2, msghdr*> || kParameterIs<Function, 2, const msghdr*>) return Extent::kMessage;
  if (kParameterIs<Function, 3, size_t>) return Extent::kThird;
  if (kParameterIs<Function, 4, size_t>) return Extent::kFourth;
  return Extent::kNone;
}

// A row as this test reads it, straight from the table.
struct Row {
  Call call;
  std::string name;
  std::string number_text;  // "SYS_close", "-1"
  Extent extent_by_parameters;
};

// The rows pass through no other macro on their way here: SYS_close would arrive as a number.
const std::vector<Row>& Rows() {
  static const std::vector<Row> rows = {
#define LASTACK_CALL(name, result, parameters, arguments, number, ...) \
  {Call::name, #name, #number, ExtentByParameters<result parameters>()},
#define LASTACK_SOCKET_CALL(name, result, parameters, arguments, number, ...) \
  {Call::name, #name, #number, ExtentByParameters<result parameters>()},
#define LASTACK_STREAM_CALL(name, result, parameters, arguments, number, ...) \
  {Call::name, #name, #number, ExtentByParameters<result parameters>()},
#include "harness/sys/syscalls.inc"
  };
  return rows;
}

struct Alias {
  std::string alias;
  Call call;
};

const std::vector<Alias>& Aliases() {
  static const std::vector<Alias> aliases = {
#define LASTACK_ALIAS(alias, name, ...) {#alias, Call::name},
#define LASTACK_VARIADIC_ALIAS(alias, name, ...) {#alias, Call::name},
#define LASTACK_CHECKED_ALIAS(alias, name, ...) {#alias, Call::name},
#include "harness/sys/syscalls.inc"
  };
  return aliases;
}

bool MovesData(Call call) { return FamilyOf(call) == CallFamily::send || FamilyOf(call) == CallFamily::recv; }

std::vector<int> LegalErrnosOf(Call call) {
  std::vector<int> errnos;
  for (const int* legal = LegalErrnos(call); *legal != 0; ++legal) errnos.push_back(*legal);
  return errnos;
}

// libc itself, not what a sanitizer's runtime puts before it.
bool LibcExports(const std::string& symbol) {
  static void* const libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
  EXPECT_NE(libc, nullptr) << dlerror();
  return libc != nullptr && dlsym(libc, symbol.c_str()) != nullptr;
}

class EveryRow : public ::testing::TestWithParam<Row> {};

INSTANTIATE_TEST_SUITE_P(Table, EveryRow, ::testing::ValuesIn(Rows()),
                         [](const auto& info) { return info.param.name; });

TEST_P(EveryRow, HasItsName) { EXPECT_EQ(CallName(GetParam().call), GetParam().name); }

TEST_P(EveryRow, IsFoundByItsNumber) {
  const Call call = GetParam().call;
  if (NumberOf(call) == -1) {
    EXPECT_EQ(CallOfNumber(-1), Call::none);
  } else {
    EXPECT_EQ(CallName(CallOfNumber(NumberOf(call))), GetParam().name) << "two rows have this number";
  }
}

TEST_P(EveryRow, HasTheNumberOfItsOwnName) {
  const std::map<std::string, std::string> number_of_another_name = {
      {"_exit", "SYS_exit_group"},  // exit(2) ends one thread only
      {"pselect", "SYS_pselect6"},  // libc packs the mask
      {"sigaction", "SYS_rt_sigaction"},
  };
  const Row& row = GetParam();
  const auto other = number_of_another_name.find(row.name);
  const std::string own = other == number_of_another_name.end() ? "SYS_" + row.name : other->second;
  EXPECT_THAT(row.number_text, ::testing::AnyOf(own, "-1"));
}

TEST_P(EveryRow, HasAnExtentThatItsParametersHave) {
  const Row& row = GetParam();
  EXPECT_EQ(ExtentOf(row.call), MovesData(row.call) ? row.extent_by_parameters : Extent::kNone);
}

TEST_P(EveryRow, CompletesOnFailureOnlyWhereLinuxDoes) {
  const std::set<CallFamily> completing = {CallFamily::connect, CallFamily::shutdown, CallFamily::close,
                                           CallFamily::sweep};
  const Call call = GetParam().call;
  EXPECT_EQ(OnFailureOf(call) == OnFailure::full, completing.count(FamilyOf(call)) == 1);
}

TEST_P(EveryRow, HasLegalErrnosThatExist) {
  for (int error : LegalErrnosOf(GetParam().call)) {
    EXPECT_NE(strerrorname_np(error), nullptr) << error;
    EXPECT_TRUE(IsLegalErrno(GetParam().call, error)) << error;
  }
}

TEST_P(EveryRow, HasEachLegalErrnoOnceAndInAlphabeticalOrder) {
  std::vector<std::string> names;
  for (int error : LegalErrnosOf(GetParam().call)) names.push_back(strerrorname_np(error));
  const std::set<std::string> sorted(names.begin(), names.end());
  EXPECT_EQ(names, std::vector<std::string>(sorted.begin(), sorted.end()));
}

// Those would be the subject's own mistakes; a fault that reports them proves nothing about how it handles failure.
TEST_P(EveryRow, NeverBlamesTheCallersArguments) {
  if (FamilyOf(GetParam().call) == CallFamily::open) return;  // socketpair may find its array unwritable
  for (int mistake : {EBADF, EFAULT, ENOTSOCK, ENOSYS}) EXPECT_FALSE(IsLegalErrno(GetParam().call, mistake));
}

TEST_P(EveryRow, IsExportedByLibc) {
  if (GetParam().name == "clone3") return;  // glibc keeps its own to itself; programs reach it through syscall(2)
  EXPECT_TRUE(LibcExports(GetParam().name));
}

TEST(CallTable, HasUniqueNames) {
  std::set<std::string> names;
  for (const Row& row : Rows()) EXPECT_TRUE(names.insert(row.name).second) << row.name;
  EXPECT_EQ(names.size(), kCallCount);
}

TEST(CallTable, HasARowInEveryFamily) {
  std::set<CallFamily> families;
  for (const Row& row : Rows()) families.insert(FamilyOf(row.call));
  EXPECT_EQ(families.size(), static_cast<size_t>(CallFamily::kCount));
}

TEST(CallTable, HasAliasesThatLibcExports) {
  for (const Alias& alias : Aliases()) EXPECT_TRUE(LibcExports(alias.alias)) << alias.alias;
}

TEST(CallTable, HasAliasesThatAreNeitherRowsNorRepeated) {
  std::set<std::string> names;
  for (const Row& row : Rows()) names.insert(row.name);
  for (const Alias& alias : Aliases()) EXPECT_TRUE(names.insert(alias.alias).second) << alias.alias;
}

TEST(Calls, KnowTheirFamily) {
  EXPECT_STREQ(FamilyName(FamilyOf(Call::sendmsg)), "send");
  EXPECT_STREQ(FamilyName(FamilyOf(Call::close_range)), "sweep");
  EXPECT_STREQ(FamilyName(FamilyOf(Call::signal)), "signal");
}

TEST(Calls, UnknownNumbersAreNone) {
  EXPECT_EQ(CallOfNumber(SYS_getpid), Call::none);
  EXPECT_EQ(CallOfNumber(-1), Call::none);
  EXPECT_EQ(CallOfNumber(1 << 20), Call::none);
  EXPECT_STREQ(CallName(Call::none), "none");
}

TEST(LegalErrnos, AreThoseOfTheManualPages) {
  EXPECT_THAT(LegalErrnosOf(Call::close), ElementsAre(ECONNRESET, EDQUOT, EINTR, EIO, ENOSPC));
  EXPECT_THAT(LegalErrnosOf(Call::shutdown), ElementsAre(EINTR, ENOBUFS, ENOTCONN));
  EXPECT_THAT(LegalErrnosOf(Call::dup), ElementsAre(EMFILE));
  EXPECT_THAT(LegalErrnosOf(Call::exit), IsEmpty());
}

TEST(LegalErrnos, TellCloseFromReceiving) {
  EXPECT_FALSE(IsLegalErrno(Call::close, EAGAIN));
  EXPECT_TRUE(IsLegalErrno(Call::recv, EAGAIN));
  EXPECT_FALSE(IsLegalErrno(Call::recv, EPIPE));
  EXPECT_TRUE(IsLegalErrno(Call::send, EPIPE));
  EXPECT_FALSE(IsLegalErrno(Call::close, 0));
}

// Freestanding means usable in constant expressions, too.
static_assert(CallOfNumber(SYS_close) == Call::close);
static_assert(IsLegalErrno(Call::close, EINTR));

}  // namespace
}  // namespace lastack
