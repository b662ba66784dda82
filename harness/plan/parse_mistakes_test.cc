// How every kind of mistake in a rule is named.
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "harness/plan/parse.h"

namespace lastack {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::TestWithParam;
using ::testing::ValuesIn;

struct Mistake {
  const char* rule;
  size_t column;        // of the byte that the error must point at, from 1
  const char* message;  // in part
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.rule; }

constexpr Mistake kMistakes[] = {
    // The rule as a whole.
    {"", 1, "the rule is empty"},
    {":error=EIO", 1, "a call is missing here"},
    {":", 2, "a key is missing here"},
    {"close", 6, "the rule does nothing; it needs effect=, error= or signal="},
    {"close:fd=tcp:when=1", 20, "the rule does nothing"},
    {" close:error=EIO", 1, "' ' does not belong in a rule"},
    {"close :error=EIO", 6, "' ' does not belong in a rule"},
    {"close:error=EIO ", 16, "' ' does not belong in a rule"},
    {"close:\terror=EIO", 7, "'\\t' does not belong in a rule"},
    {"close:error=EIO\n", 16, "'\\n' does not belong in a rule"},
    {"cl\xc3\xb6se:error=EIO", 3, "'\\xc3' does not belong in a rule"},
    // Calls.
    {"shutdwon:error=EINTR", 1,
     "'shutdwon' is no call; legal: a name such as close, a family such as %send; did you "
     "mean 'shutdown'?"},
    {"CLOSE:error=EIO", 1, "did you mean 'close'?"},
    {"close,snd:error=EIO", 7,
     "'snd' is no call; legal: a name such as close, a family such as %send; did you mean 'send'?"},
    {"%sned:error=EINTR", 1, "did you mean '%send'?"},
    {"frobnicate:error=EIO", 1, "'frobnicate' is no call"},
    {"none:error=EIO", 1, "'none' is no call"},
    {"getpid:error=EINTR", 1, "'getpid' is no call"},
    {"%:error=EIO", 1, "'%' is no call"},
    {"%%send:error=EINTR", 1, "'%%send' is no call"},
    {"%close_range:error=EIO", 1, "'%close_range' is no call"},
    {",close:error=EIO", 1, "a call is missing here"},
    {"close,:error=EIO", 7, "a call is missing here"},
    {"close,,send:error=EIO", 7, "a call is missing here"},
    {"close,send,close:error=EINTR", 12, "close is named twice"},
    {"%send,write:error=EINTR", 7, "write is named twice"},
    {"fork:error=EAGAIN", 1, "'fork' is about processes; a fault is a call on a socket"},
    {"close,%process:error=EINTR", 7, "'%process' names fork, which is about processes"},
    {"close,_exit:signal=SIGTERM", 7, "'_exit' does not return"},
    {"sigaction:error=EINVAL", 1, "'sigaction' is about signals"},
    {"%signal:error=EINVAL", 1, "'%signal' names sigaction, which is about signals"},
    {"close_range:error=EMFILE", 1, "'close_range' closes numbers, most of which are no sockets"},
    {"%sweep:error=EMFILE", 1, "'%sweep' names closefrom, which closes numbers"},
    // Keys.
    {"close:", 7, "a key is missing here; legal: fd, when, after, effect, error or signal"},
    {"close:error=EIO:", 17, "a key is missing here"},
    {"close::error=EIO", 7, "a key is missing here"},
    {"close:errno=EIO", 7, "'errno' is no key; legal: fd, when, after, effect, error or signal"},
    {"close:Error=EIO", 7, "'Error' is no key"},
    {"close:calls=send", 7, "'calls' is no key"},
    {"close:=EIO", 7, "'' is no key"},
    {"close:EIO", 7, "'EIO' is no key"},
    {"close:error", 12, "'error' needs a value, as in error=EINTR"},
    {"close:error=", 13, "'error' needs a value, as in error=EINTR"},
    {"close:fd=:error=EIO", 10, "'fd' needs a value, as in fd=tcp"},
    {"close:error=EIO:error=EINTR", 17, "'error' is given twice"},
    {"close:fd=tcp:error=EIO:fd=unix", 24, "'fd' is given twice"},
    // Kinds.
    {"close:fd=udp:error=EIO", 10, "'udp' is no kind of socket; legal: tcp, unix, listener or any"},
    {"close:fd=other:error=EIO", 10, "'other' is no kind of socket"},
    {"close:fd=tcp,:error=EIO", 14, "'' is no kind of socket"},
    {"close:fd=tcp,unix,tcp:error=EIO", 19, "the kind is named twice"},
    {"close:fd=any,tcp:error=EIO", 14, "the kind is named twice; legal: once, and any alone"},
    {"close:fd=tcp=unix:error=EIO", 10, "'tcp=unix' is no kind of socket"},
    // Occurrences.
    {"close:when=0:error=EIO", 12, "'0' is no first occurrence; legal: 1 to 4294967295"},
    {"close:when=x:error=EIO", 12, "'x' is no first occurrence"},
    {"close:when=-1:error=EIO", 12, "'-1' is no first occurrence"},
    {"close:when=4294967296:error=EIO", 12, "'4294967296' is no first occurrence"},
    {"close:when=99999999999999999999:error=EIO", 12, "'99999999999999999999' is no first occurrence"},
    {"close:when=0x10:error=EIO", 12, "'0x10' is no first occurrence"},
    {"close:when=..5:error=EIO", 12, "nothing is no first occurrence"},
    {"close:when=+2:error=EIO", 12, "nothing is no first occurrence"},
    {"close:when=1,3:error=EIO", 12, "'1,3' is no first occurrence"},
    {"close:when=5..2:error=EIO", 15, "'2' comes before the first occurrence; legal: 5 or more"},
    {"close:when=5..0:error=EIO", 15, "'0' is no last occurrence"},
    {"close:when=2...5:error=EIO", 15, "'.5' is no last occurrence"},
    {"close:when=2..5..9:error=EIO", 15, "'5..9' is no last occurrence"},
    {"close:when=2..4294967296:error=EIO", 15, "'4294967296' is no last occurrence"},
    {"close:when=1+0:error=EIO", 14, "'0' is no step"},
    {"close:when=1+:error=EIO", 14, "nothing is no step"},
    {"close:when=1+2+3:error=EIO", 14, "'2+3' is no step"},
    {"close:when=1+2..5:error=EIO", 14, "'2..5' is no step"},
    {"close:when=2..5+:error=EIO", 17, "nothing is no step"},
    // Events.
    {"close:after=fin:error=EIO", 13, "'fin' is no event; legal: connected, attempted, shutdown, reset or eof"},
    {"close:after=reset,eof:error=EIO", 13, "'reset,eof' is no event"},
    // Calls before whose return no socket is known.
    {"socket:after=reset:error=EMFILE", 14, "socket has no socket yet: leave after= out; legal for"},
    {"socketpair:error=EMFILE:fd=unix", 28, "socketpair has no socket yet: leave fd= out; legal for"},
    {"epoll_wait:fd=tcp:error=EINTR", 15, "epoll_wait waits for sockets that only the kernel knows: leave fd= out"},
    {"%poll:after=eof:error=EINTR", 13,
     "epoll_wait waits for sockets that only the kernel knows: leave after= out; legal "
     "for poll, ppoll, select or pselect"},
    {"epoll_create1:error=EMFILE", 1, "'epoll_create1' makes no socket"},
    {"%control:error=EINVAL", 1, "'%control' names epoll_create, which makes no socket"},
    // Effects.
    {"close:effect=fail", 14,
     "'fail' is no effect; legal: skip, full, partial=N, delay=T, reset, decoy, interrupt or exhaust"},
    {"close:effect=none", 14, "'none' is no effect"},
    {"close:effect==1", 14, "'' is no effect"},
    {"close:effect=skip=3:error=EIO", 18, "'skip' has no amount; legal: effect=skip"},
    {"close:effect=decoy=", 19, "'decoy' has no amount"},
    {"close:effect=skip", 14,
     "'skip' needs an error to report; close may report ECONNRESET, EDQUOT, EINTR, EIO or ENOSPC"},
    {"close:effect=full", 14, "'full' needs an error to report"},
    {"recv:effect=skip:signal=SIGTERM", 13, "'skip' needs an error to report"},
    {"send:effect=partial", 20, "'partial' needs an amount, as in partial=1"},
    {"send:effect=partial=", 21, "nothing is no count of bytes; legal: 1 to 4294967295"},
    {"send:effect=partial=0", 21, "'0' is no count of bytes"},
    {"send:effect=partial=-1", 21, "'-1' is no count of bytes"},
    {"send:effect=partial=half", 21, "'half' is no count of bytes"},
    {"send:effect=partial=4294967296", 21, "'4294967296' is no count of bytes"},
    {"send:effect=partial=1=2", 21, "'1=2' is no count of bytes"},
    {"send:effect=partial=1:error=EPIPE", 29,
     "'partial' leaves the call its true result, so there is no error; an error "
     "goes with skip, full, decoy or exhaust"},
    {"close:effect=partial=1", 14,
     "close has no length that 'partial' could shorten; legal for send, sendto, sendmsg, "
     "write, writev, sendfile, sendfile64, recv, recvfrom, recvmsg, read or readv"},
    {"%send:effect=partial=1", 14,
     "sendmmsg has no length that 'partial' could shorten; legal for send, sendto, sendmsg, "
     "write, writev, sendfile or sendfile64"},
    {"send,connect:effect=partial=1", 21, "connect has no length that 'partial' could shorten; legal for send"},
    {"close:effect=delay", 19, "'delay' needs an amount, as in delay=20ms"},
    {"close:effect=delay=", 20, "nothing is no delay; legal: 1us to 60s"},
    {"close:effect=delay=0", 20, "'0' is no delay"},
    {"close:effect=delay=5", 20, "'5' is no delay"},
    {"close:effect=delay=-1s", 20, "'-1s' is no delay"},
    {"close:effect=delay=61s", 20, "'61s' is no delay"},
    {"close:effect=delay=inf", 20, "'inf' is no delay"},
    {"close:effect=delay=300ns", 20, "'300ns' is no delay"},
    {"close:effect=delay=1.5us", 20, "'1.5us' is finer than the clock; legal: whole microseconds"},
    {"close:effect=delay=1s:error=EIO", 29, "'delay' leaves the call its true result"},
    {"close:effect=interrupt", 14, "close waits for nothing that a signal could interrupt"},
    {"close:effect=exhaust:error=EIO", 14,
     "close needs no free number that 'exhaust' could take away; legal for %open, %accept or dup"},
    {"dup2:effect=exhaust:error=EMFILE", 13, "dup2 needs no free number"},
    {"accept:effect=exhaust", 15, "'exhaust' needs an error to report; legal: error=EMFILE"},
    {"accept:effect=exhaust:error=ENFILE", 29, "who has run out of descriptors is told EMFILE; legal: error=EMFILE"},
    {"accept:effect=exhaust=3:error=EMFILE", 22, "'exhaust' has no amount; legal: effect=exhaust"},
    {"recv:effect=interrupt:error=EINTR", 29, "'interrupt' leaves the call its true result"},
    {"connect:effect=reset", 16,
     "a peer resets a connected TCP socket, and connect is not about one; legal for "
     "getsockname, getpeername, setsockopt, getsockopt, shutdown, %close, %send or %recv"},
    {"%setup:effect=reset", 15, "bind is not about one; legal for getsockname, getpeername, setsockopt or getsockopt"},
    {"accept:effect=reset", 15, "accept is not about one"},
    {"poll:effect=reset", 13, "poll is not about one"},
    {"recv:fd=unix:effect=reset", 9, "a peer resets only a connected TCP socket; legal: fd=tcp"},
    {"recv:effect=reset:fd=any", 22, "a peer resets only a connected TCP socket"},
    {"recv:effect=reset:error=EPIPE", 25, "the one error that goes with it is EPIPE, for %send"},
    {"send:effect=reset:error=EIO", 25, "the one error that goes with it is EPIPE, for %send"},
    {"recv:effect=reset:error=ECONNRESET", 25, "'reset' leaves the call its true result"},
    {"send:effect=decoy", 13, "a decoy takes the place of a socket that close releases; send leaves none"},
    {"%close:effect=decoy", 15, "fclose leaves none"},
    // An error after a completed call.
    {"send:effect=full:error=EPIPE", 13,
     "send cannot be 'full' with an error: that would send data that the subject "
     "believes unsent; legal for %setup, connect, shutdown, %close, ioctl or epoll_ctl"},
    {"sendmmsg:effect=full:error=EPIPE", 17, "sendmmsg cannot be 'full'"},
    {"writev:effect=full:error=EPIPE", 15, "writev cannot be 'full'"},
    {"sendfile:effect=full:error=EIO", 17, "sendfile cannot be 'full'"},
    {"recvfrom:effect=full:error=EINTR", 17,
     "recvfrom cannot be 'full' with an error: that would lose data that the "
     "subject never sees"},
    {"readv:effect=full:error=EINTR", 14, "readv cannot be 'full'"},
    {"splice:effect=full:error=EINTR", 15, "splice cannot be 'full' with an error: that would lose data"},
    {"accept4:effect=full:error=EINTR", 16,
     "accept4 cannot be 'full' with an error: that would leak a descriptor that "
     "the subject never sees"},
    {"socket:effect=full:error=EMFILE", 15, "socket cannot be 'full' with an error: that would leak a descriptor"},
    {"socketpair:effect=full:error=EMFILE", 19, "socketpair cannot be 'full'"},
    {"dup2:effect=full:error=EINTR", 13, "dup2 cannot be 'full'"},
    {"fdopen:effect=full:error=ENOMEM", 15, "fdopen cannot be 'full'"},
    {"fcntl:effect=full:error=EINTR", 14, "fcntl cannot be 'full'"},
    {"epoll_wait:effect=full:error=EINTR", 19, "epoll_wait cannot be 'full' with an error: that would lose readiness"},
    {"close,recv:effect=full:error=EINTR", 19,
     "recv cannot be 'full' with an error: that would lose data that the subject "
     "never sees; legal for close"},
    // Errors.
    {"close:error=EAGIAN", 13,
     "'EAGIAN' is not an error name; close may report ECONNRESET, EDQUOT, EINTR, EIO or ENOSPC"},
    {"close:error=eio", 13, "'eio' is not an error name"},
    {"close:error=5", 13, "'5' is not an error name"},
    {"close:error=EIO,EINTR", 13, "'EIO,EINTR' is not an error name"},
    {"close:error=EAGAIN", 13, "close never reports EAGAIN; close may report ECONNRESET, EDQUOT, EINTR, EIO or ENOSPC"},
    {"close:error=EBADF", 13, "close never reports EBADF"},
    {"shutdown:error=EWOULDBLOCK", 16, "shutdown never reports EAGAIN; shutdown may report EINTR, ENOBUFS or ENOTCONN"},
    {"send,write:error=EACCES", 18, "write never reports EACCES; send, write may report EAGAIN, ECONNRESET"},
    {"%send:error=EMSGSIZE", 13, "never reports EMSGSIZE; %send may report"},
    {"accept,connect:effect=skip:error=ENFILE", 34, "connect never reports ENFILE"},
    {"dup,close:effect=skip:error=EMFILE", 29, "close never reports EMFILE; no error is common to close, dup"},
    {"close,send:error=EINTR", 18, "name an effect: close is full by default, send is skip"},
    // Signals.
    {"recv:signal=TERM", 13, "'TERM' is no signal; legal: a name of signal(7), such as SIGTERM"},
    {"recv:signal=15", 13, "'15' is no signal"},
    {"recv:signal=SIGRTMIN", 13, "'SIGRTMIN' is no signal"},
};

class MistakeTest : public TestWithParam<Mistake> {};

TEST_P(MistakeTest, IsNamedAtItsColumn) {
  const absl::Status status = ParseFault(GetParam().rule).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), StartsWith(absl::StrCat("column ", GetParam().column, ": ")));
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(ParseFault, MistakeTest, ValuesIn(kMistakes));

std::string ErrorOf(absl::string_view rule) { return std::string(ParseFault(rule).status().message()); }

TEST(ParseMistakes, ANulByteIsNamed) {
  EXPECT_THAT(ErrorOf(absl::string_view("clo\0se:error=EIO", 16)),
              StartsWith("column 4: '\\x00' does not belong in a rule"));
  EXPECT_THAT(ErrorOf(absl::string_view("close:error=EIO\0", 16)), StartsWith("column 16: '\\x00'"));
}

TEST(ParseMistakes, ALongTokenIsShortened) {
  const std::string error = ErrorOf(absl::StrCat("close,", std::string(4000, 'x'), ":error=EIO"));
  EXPECT_THAT(error, StartsWith(absl::StrCat("column 7: '", std::string(40, 'x'), "...' is no call")));
  EXPECT_LT(error.size(), 200u);
}

TEST(ParseMistakes, ALongRuleIsRefused) {
  EXPECT_EQ(ErrorOf(std::string(4097, 'x')), "column 4097: the rule is too long; legal: 4096 bytes");
  EXPECT_THAT(ErrorOf(std::string(4096, 'x')), HasSubstr("is no call"));
  EXPECT_THAT(ErrorOf(std::string(10'000'000, ',')), HasSubstr("the rule is too long"));
}

TEST(ParseMistakes, ARuleWithManyErrorsNamesOne) {
  EXPECT_EQ(ErrorOf("clse:when=0"),
            "column 1: 'clse' is no call; legal: a name such as close, a family such as %send; "
            "did you mean 'close'?");
}

}  // namespace
}  // namespace lastack
