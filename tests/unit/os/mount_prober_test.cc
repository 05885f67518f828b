#include "os/mount_prober.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace systemcheck {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr auto patience = std::chrono::seconds{20};  // only a broken prober waits so long
constexpr auto short_deadline = milliseconds{50};
constexpr Instant noon{std::chrono::hours{12}};

/// Stands for a file system. A path that ends in "slow" hangs until somebody writes to the pipe of
/// that name; one that ends in "broken" fails; "fatal" ends the process that asks.
int pretend_statfs(const char* path, struct statfs* answer) {
  const std::string_view name(path);
  if (name.ends_with("broken")) {
    errno = EIO;
    return -1;
  }
  if (name.ends_with("fatal")) ::kill(::getpid(), SIGKILL);
  if (name.ends_with("slow")) {
    char byte = 0;
    const int pipe = ::open(path, O_RDONLY);
    (void)!::read(pipe, &byte, 1);
    ::close(pipe);
  }
  std::memset(answer, 0, sizeof *answer);
  answer->f_frsize = 512;
  answer->f_blocks = 100;
  answer->f_bfree = 40;
  answer->f_bavail = 30;
  answer->f_files = 7;
  answer->f_ffree = 5;
  answer->f_flags = name.ends_with("frozen") ? 1 : 0;  // ST_RDONLY
  return 0;
}

class Mounts : public testing::Test {
 protected:
  Mounts() {
    std::string pattern = testing::TempDir() + "mounts_XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~Mounts() override { std::filesystem::remove_all(directory_); }

  std::string slow(const std::string& prefix = "") const {
    auto path = (directory_ / (prefix + "slow")).string();
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    return path;
  }
  /// Lets the mount answer, and waits until it did: the child closes its end of the pipe.
  static void wake(const std::string& path) {
    const int pipe = ::open(path.c_str(), O_WRONLY);
    ASSERT_EQ(::write(pipe, "x", 1), 1);
    pollfd entry{.fd = pipe, .events = 0, .revents = 0};
    EXPECT_EQ(::poll(&entry, 1, 20'000), 1) << "POLLERR comes when nobody reads any more";
    ::close(pipe);
  }

  std::filesystem::path directory_{};
};

TEST_F(Mounts, AnswerInBytes) {
  MountProber prober(patience, &pretend_statfs);
  const auto usage = prober.usage("/data", noon);
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->size_bytes, 51200U);
  EXPECT_EQ(usage->free_bytes, 20480U);
  EXPECT_EQ(usage->available_bytes, 15360U);
  EXPECT_EQ(usage->files, 7U);
  EXPECT_EQ(usage->files_free, 5U);
  EXPECT_FALSE(usage->is_read_only);
}

TEST_F(Mounts, SayWhenTheyAreReadOnly) {
  MountProber prober(patience, &pretend_statfs);
  EXPECT_TRUE(prober.usage("/frozen", noon)->is_read_only);
}

TEST_F(Mounts, ThatFailHaveTheKernelsReason) {
  MountProber prober(patience, &pretend_statfs);
  const auto usage = prober.usage("/broken", noon);
  ASSERT_FALSE(usage);
  EXPECT_THAT(usage.error().message, HasSubstr("Input/output error"));
}

TEST_F(Mounts, ThatHangTimeOut) {
  MountProber prober(short_deadline, &pretend_statfs);
  const auto usage = prober.usage(slow(), noon);
  ASSERT_FALSE(usage);
  EXPECT_EQ(usage.error().kind, Error::Kind::timed_out);
}

TEST_F(Mounts, ThatHangDoNotHoldUpTheOthers) {
  MountProber prober(short_deadline, &pretend_statfs);
  EXPECT_FALSE(prober.usage(slow(), noon));
  EXPECT_TRUE(prober.usage("/data", noon));
}

TEST_F(Mounts, ThatHangAreAnsweredForAtOnceFromThenOn) {
  MountProber prober(short_deadline, &pretend_statfs);
  const auto path = slow();
  EXPECT_FALSE(prober.usage(path, noon));
  const auto again = prober.usage(path, noon);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Error::Kind::timed_out);
  EXPECT_THAT(again.error().message, HasSubstr("still"));
  EXPECT_EQ(prober.stuck(), 1U);
}

TEST_F(Mounts, ThatCameBackAreAskedAgain) {
  MountProber prober(short_deadline, &pretend_statfs);
  const auto path = slow();
  EXPECT_FALSE(prober.usage(path, noon));
  wake(path);
  std::filesystem::remove(path);  // A plain file now: the next one does not hang.
  std::ofstream(path) << "x";
  // The answer is on its way: each look takes in what has come.
  Result<FileSystemUsage> usage = prober.usage(path, noon);
  for (int i = 0; i < 1000 && !usage; ++i) {
    ::poll(nullptr, 0, 1);
    usage = prober.usage(path, noon);
  }
  EXPECT_TRUE(usage);
  EXPECT_EQ(prober.stuck(), 0U);
}

TEST_F(Mounts, ThatNeverAnswerAreTriedAnewAfterAWhile) {
  MountProber prober(short_deadline, &pretend_statfs);
  const auto path = slow();
  EXPECT_FALSE(prober.usage(path, noon));
  std::filesystem::remove(path);
  std::ofstream(path) << "x";
  EXPECT_FALSE(prober.usage(path, noon + stuck_mount_retry - milliseconds{1}));
  EXPECT_TRUE(prober.usage(path, noon + stuck_mount_retry));
}

TEST_F(Mounts, AreRefusedWhenTooManyHang) {
  MountProber prober(milliseconds{1}, &pretend_statfs);
  for (std::size_t i = 0; i < stuck_mounts_max; ++i)
    EXPECT_FALSE(prober.usage(slow(std::to_string(i)), noon));
  EXPECT_EQ(prober.stuck(), stuck_mounts_max);
  const auto one_more = prober.usage("/data", noon);
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().kind, Error::Kind::refused);
}

TEST_F(Mounts, SurviveTheDeathOfTheChildThatAsks) {
  MountProber prober(patience, &pretend_statfs);
  EXPECT_FALSE(prober.usage("/fatal", noon));
  EXPECT_TRUE(prober.usage("/data", noon));
}

TEST_F(Mounts, HavePathsOfABoundedLength) {
  MountProber prober(patience, &pretend_statfs);
  EXPECT_FALSE(prober.usage("", noon));
  EXPECT_FALSE(prober.usage("/" + std::string(PATH_MAX, 'x'), noon));
  EXPECT_TRUE(prober.usage("/" + std::string(PATH_MAX - 2, 'x'), noon));
}

/// Says in f_files how many descriptors the asking process has open.
int count_descriptors(const char*, struct statfs* answer) {
  std::memset(answer, 0, sizeof *answer);
  for (int number = 0; number < 1024; ++number)
    answer->f_files += ::fcntl(number, F_GETFD) == -1 ? 0 : 1;
  return 0;
}

TEST_F(Mounts, AreAskedByAChildThatKeepsNothingOfOursOpen) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  MountProber prober(patience, &count_descriptors);
  const auto usage = prober.usage("/data", noon);
  ::close(pipe[0]);
  ::close(pipe[1]);
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->files, 1U) << "its end of the socket";
}

/// Says in f_files which process asks.
int tell_pid(const char*, struct statfs* answer) {
  std::memset(answer, 0, sizeof *answer);
  answer->f_files = static_cast<fsfilcnt_t>(::getpid());
  return 0;
}

TEST_F(Mounts, LeaveNoChildBehindWhenTheProberGoes) {
  pid_t child = 0;
  {
    MountProber prober(patience, &tell_pid);
    child = static_cast<pid_t>(prober.usage("/data", noon)->files);
    EXPECT_EQ(::kill(child, 0), 0);
  }
  EXPECT_EQ(::kill(child, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST_F(Mounts, LeaveNoChildBehindWhileNobodyAsks) {
  MountProber prober(patience, &tell_pid);
  const auto child = static_cast<pid_t>(prober.usage("/data", noon)->files);
  prober.rest();
  EXPECT_EQ(::kill(child, 0), -1);
  EXPECT_EQ(errno, ESRCH);
  EXPECT_TRUE(prober.usage("/data", noon)) << "another child answers";
}

TEST_F(Mounts, OfThisMachineAnswer) {
  MountProber prober;
  const auto usage = prober.usage("/", noon);
  ASSERT_TRUE(usage);
  EXPECT_GT(usage->size_bytes, 0U);
  EXPECT_LE(usage->free_bytes, usage->size_bytes);
}

}  // namespace
}  // namespace systemcheck
