// Clients that close well enough, and are hard on the harness that watches them.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "cases/known_bad/defects.h"
#include "cases/known_bad/raw_syscall.h"
#include "cases/reference/fetch.h"
#include "harness/sys/kernel_sys.h"

namespace lastack {
namespace {

SysResult FromRaw(long result) { return result < 0 ? SysResult{-1, static_cast<int>(-result)} : SysResult{result, 0}; }

class ClosingBehind : public KernelSys {
 public:
  SysResult close(int fd) override { return FromRaw(RawSyscall(SYS_close, fd, 0, 0)); }
};

class OpeningBehind : public KernelSys {
 public:
  SysResult socket(int domain, int type, int protocol) override {
    return FromRaw(RawSyscall(SYS_socket, domain, type, protocol));
  }
};

int FetchAllProperly(const Arguments& arguments) {
  return FetchAll(KernelSys::Instance(), arguments.urls, arguments.options);
}

// One descriptor as ancillary data, in a message of one byte.
class DescriptorMessage {
 public:
  DescriptorMessage() {
    message_.msg_iov = &vector_;
    message_.msg_iovlen = 1;
    message_.msg_control = control_;
    message_.msg_controllen = sizeof(control_);
  }

  bool Send(int through, int fd) {
    cmsghdr* header = CMSG_FIRSTHDR(&message_);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    return sendmsg(through, &message_, MSG_NOSIGNAL) == 1;
  }

  // -1 if none came.
  int Receive(int through) {
    if (recvmsg(through, &message_, MSG_CMSG_CLOEXEC) != 1) return -1;
    const cmsghdr* header = CMSG_FIRSTHDR(&message_);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return -1;
    int fd;
    memcpy(&fd, CMSG_DATA(header), sizeof(fd));
    return fd;
  }

 private:
  char byte_ = 0;
  iovec vector_ = {&byte_, 1};
  alignas(cmsghdr) char control_[CMSG_SPACE(sizeof(int))] = {};
  msghdr message_ = {};
};

// The child's part of PassesToChild.
bool ReceiveFromParent(int through, const Target& target, const ExchangeOptions& options) {
  const int fd = DescriptorMessage().Receive(through);
  close(through);
  if (fd == -1) return false;
  Exchange exchange(KernelSys::Instance(), options);
  exchange.Adopt(fd);
  exchange.Receive();
  exchange.Close();
  return Print(target, exchange);
}

// The parent's.
bool SendToChild(int through, const Target& target, const ExchangeOptions& options) {
  Exchange exchange(KernelSys::Instance(), options);
  bool passed = false;
  if (exchange.Connect(target.servers)) {
    passed = exchange.Send(target.request) && DescriptorMessage().Send(through, exchange.fd());
    exchange.Close();
  }
  return Print(target, exchange) && passed;
}

}  // namespace

int ClosesBehind(const Arguments& arguments) {
  ClosingBehind sys;
  return FetchAll(sys, arguments.urls, arguments.options);
}

int OpensBehind(const Arguments& arguments) {
  OpeningBehind sys;
  return FetchAll(sys, arguments.urls, arguments.options);
}

int ClosesEverything(const Arguments& arguments) {
  Target target;
  if (!MakeTarget(arguments.urls.front(), target)) return 1;
  Exchange exchange(KernelSys::Instance(), arguments.options);
  if (exchange.Connect(target.servers) && exchange.Send(target.request)) exchange.Receive();
  const bool succeeded = Print(target, exchange);
  close_range(0, ~0U, 0);
  return succeeded ? 0 : 1;
}

int PassesToChild(const Arguments& arguments) {
  Target target;
  int ends[2];
  if (!MakeTarget(arguments.urls.front(), target)) return 1;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return 1;
  // Before there is a connection, so that the child has it from the message alone.
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    _exit(ReceiveFromParent(ends[1], target, arguments.options) ? 0 : 1);
  }
  close(ends[1]);
  const bool sent = SendToChild(ends[0], target, arguments.options);
  close(ends[0]);
  int status = 1;
  waitpid(child, &status, 0);
  return sent && status == 0 ? 0 : 1;
}

int Threads(const Arguments& arguments) {
  Target target;
  if (!MakeTarget(arguments.urls.front(), target)) return 1;
  std::atomic<int> status = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        if (!Fetch(KernelSys::Instance(), target, arguments.options)) status = 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return status;
}

int ClearsEnvironment(const Arguments& arguments) {
  std::vector<std::string> words = {arguments.program, "--defect=none",
                                    "--patience-ms=" + std::to_string(arguments.options.patience_ms)};
  if (arguments.options.half_close) words.push_back("--half-close");
  words.insert(words.end(), arguments.urls.begin(), arguments.urls.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  clearenv();
  execv("/proc/self/exe", argv.data());
  perror("execv");
  return 1;
}

int DiesAtOnce(const Arguments&) { abort(); }

int Hangs(const Arguments& arguments) {
  FetchAllProperly(arguments);
  sigset_t no_signals;
  sigemptyset(&no_signals);
  while (true) sigsuspend(&no_signals);
}

int Floods(const Arguments& arguments) {
  const int status = FetchAllProperly(arguments);
  const std::string chunk(64 * 1024, 'x');
  for (uint64_t left = arguments.flood_bytes; left > 0;) {
    const size_t count = std::min<uint64_t>(left, chunk.size());
    if (fwrite(chunk.data(), 1, count, stdout) != count) return 1;
    left -= count;
  }
  return fflush(stdout) == 0 ? status : 1;
}

int PrintsMarkup(const Arguments& arguments) {
  FetchAllProperly(arguments);
  fputs("<script>alert(\"lastack\")</script> &amp; ]]> \"'` \x1b[31mred\x1b[0m \x07\x08\x01\x7f \xff\xfe\n", stderr);
  return 3;
}

int ForksAndDetaches(const Arguments& arguments) {
  const int status = FetchAllProperly(arguments);
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    const pid_t detached = fork();
    if (detached == 0) {
      alarm(60);  // for the case that nobody ends it
      pause();
      _exit(0);
    }
    printf("detached %d\n", detached);
    fflush(stdout);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  return status;
}

}  // namespace lastack
