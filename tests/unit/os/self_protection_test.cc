#include "os/self_protection.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>

namespace systemcheck::test {
namespace {

/// In a process of its own, because none of this can be taken back.
bool holds_in_child(const std::function<bool()>& claim) {
  const auto child = ::fork();
  if (child == 0) ::_exit(claim() ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::uint64_t own_number(const std::string& file, const std::string& key) {
  std::ifstream lines(file);
  for (std::string word; lines >> word;) {
    if (word != key) continue;
    std::uint64_t number = 0;
    lines >> number;
    return number;
  }
  return 0;
}

void give_up_capabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  ::syscall(SYS_capset, &header, none.data());
}

TEST(LockOwnMemory, KeepsWhatIsUsedAndNotWhatIsOnlyReserved) {
  EXPECT_TRUE(holds_in_child([] {
    const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
    if (::geteuid() != 0 || ::setrlimit(RLIMIT_MEMLOCK, &none) != 0) return true;
    if (!lock_own_memory()) return false;
    const auto before = own_number("/proc/self/status", "VmRSS:");
    constexpr std::size_t reserved = std::size_t{256} << 20;
    void* memory = ::mmap(nullptr, reserved, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory != MAP_FAILED && own_number("/proc/self/status", "VmLck:") > 0 &&
           own_number("/proc/self/status", "VmRSS:") < before + 65536;
  }));
}

TEST(LockOwnMemory, LeavesItWhereAllocatingWouldFailForIt) {
  EXPECT_TRUE(holds_in_child([] {
    const rlimit little{65536, 65536};
    ::setrlimit(RLIMIT_MEMLOCK, &little);
    give_up_capabilities();
    const auto locked = lock_own_memory();
    const std::string later(std::size_t{8} << 20, 'x');
    return !locked && locked.error().kind == Error::Kind::denied && later.size() == std::size_t{8} << 20;
  }));
}

TEST(SpareFromOomKiller, NeverMakesItWorse) {
  EXPECT_TRUE(holds_in_child([] {
    std::ofstream("/proc/self/oom_score_adj") << 500;
    return spare_from_oom_killer(700) && std::ifstream("/proc/self/oom_score_adj").get() == '5';
  }));
}

TEST(SpareFromOomKiller, SaysWhenItMayNot) {
  EXPECT_TRUE(holds_in_child([] {
    give_up_capabilities();
    return !spare_from_oom_killer(-1000);
  }));
}

}  // namespace
}  // namespace systemcheck::test
