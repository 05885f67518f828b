#include "os/linux_host.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "os/descriptor.h"
#include "support/own_process.h"

namespace systemcheck {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

/// A root directory of its own, gone with the test.
class Tree : public testing::Test {
 protected:
  Tree() {
    std::string pattern = testing::TempDir() + "linux_host_XXXXXX";
    root_ = ::mkdtemp(pattern.data());
  }
  ~Tree() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, std::string_view text) const {
    const auto place = root_ / path.substr(1);
    std::filesystem::create_directories(place.parent_path());
    std::ofstream(place, std::ios::binary) << text;
  }
  void link(const std::string& path, const std::string& target) const {
    const auto place = root_ / path.substr(1);
    std::filesystem::create_directories(place.parent_path());
    std::filesystem::create_symlink(target, place);
  }
  [[nodiscard]] LinuxHost host() const { return LinuxHost(root_.string()); }

  std::filesystem::path root_{};
};

TEST_F(Tree, IsReadBelowItsRoot) {
  write("/proc/loadavg", "1 2 3");
  const auto text = host().read_file("/proc/loadavg", 100);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "1 2 3");
}

TEST_F(Tree, TellsWhoHasAFileLockedForWriting) {
  write("/lock", "");
  const Descriptor file(::open((root_ / "lock").c_str(), O_RDWR | O_CLOEXEC));
  EXPECT_EQ(*host().lock_holder("/lock"), std::nullopt);
  {
    const auto holder = test::OwnProcess::locking(file.number(), F_WRLCK);
    EXPECT_EQ(*host().lock_holder("/lock"), holder.identity().pid);
    EXPECT_EQ(*host().lock_holder("/lock"), holder.identity().pid) << "asking takes nothing away";
  }
  EXPECT_EQ(*host().lock_holder("/lock"), std::nullopt);
}

TEST_F(Tree, TakesALockForReadingForNone) {
  write("/lock", "");
  const Descriptor file(::open((root_ / "lock").c_str(), O_RDWR | O_CLOEXEC));
  const auto reader = test::OwnProcess::locking(file.number(), F_RDLCK);
  EXPECT_EQ(*host().lock_holder("/lock"), std::nullopt);
}

TEST_F(Tree, SeesALockThatBelongsToNoProcess) {
  write("/lock", "");
  const Descriptor file(::open((root_ / "lock").c_str(), O_RDWR | O_CLOEXEC));
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  ASSERT_EQ(::fcntl(file.number(), F_OFD_SETLK, &lock), 0);
  EXPECT_EQ(*host().lock_holder("/lock"), 0);
}

TEST_F(Tree, MakesNoLockFile) {
  const auto holder = host().lock_holder("/lock");
  ASSERT_FALSE(holder);
  EXPECT_EQ(holder.error().kind, Error::Kind::not_found);
  EXPECT_FALSE(std::filesystem::exists(root_ / "lock"));
}

TEST_F(Tree, KeepsAbsoluteLinksInside) {
  write("/etc/passwd", "inside");
  link("/etc/link", "/etc/passwd");
  const auto text = host().read_file("/etc/link", 100);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "inside");
}

TEST_F(Tree, IsNotLeftByDots) {
  write("/etc/passwd", "inside");
  const auto text = host().read_file("/../../../../../../etc/passwd", 100);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "inside");
}

TEST_F(Tree, GivesLongFilesCutWithoutAnError) {
  write("/long", std::string(100'000, 'x'));
  const auto cut = host().read_file("/long", 40'000);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->size(), 40'000U);
  const auto whole = host().read_file("/long", 200'000);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->size(), 100'000U);
}

TEST_F(Tree, FillsTheCallersBuffer) {
  write("/file", "abcdef");
  std::array<char, 4> small{};
  auto here = host();
  EXPECT_EQ(*here.read_into("/file", small), 4U);
  EXPECT_EQ(std::string_view(small.data(), 4), "abcd");
  std::array<char, 100> large{};
  EXPECT_EQ(*here.read_into("/file", large), 6U);
}

TEST_F(Tree, ReadsWhatNobodyElseCanHaveWritten) {
  write("/hold/web", "for: 2h");
  struct stat status {};
  ASSERT_EQ(::stat((root_ / "hold/web").c_str(), &status), 0);
  const auto file = host().read_own_file("/hold/web", 5);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->text, "for: ");
  EXPECT_EQ(std::chrono::floor<std::chrono::seconds>(file->modified).time_since_epoch().count(),
            status.st_mtim.tv_sec);
  EXPECT_THAT(*host().list_own("/hold"), ElementsAre("web"));
}

TEST_F(Tree, RefusesToBelieveWhatOthersCouldHaveWritten) {
  write("/hold/web", "");
  link("/hold/link", "web");
  ::mkfifo((root_ / "hold/pipe").c_str(), 0600);
  for (const auto& [name, why] : std::map<std::string, std::string>{{"/hold/link", "is a symbolic link"},
                                                                    {"/hold/pipe", "is no regular file"},
                                                                    {"/hold", "is no regular file"}}) {
    const auto refused = host().read_own_file(name, 100);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().kind, Error::Kind::refused);
    EXPECT_EQ(refused.error().message, name + " " + why);
  }
  for (const mode_t mode : {0620U, 0602U, 0666U}) {
    ::chmod((root_ / "hold/web").c_str(), mode);
    EXPECT_EQ(host().read_own_file("/hold/web", 100).error().message,
              "/hold/web can be written by others than its owner");
  }
  ::chmod((root_ / "hold").c_str(), 01777);
  EXPECT_EQ(host().list_own("/hold").error().kind, Error::Kind::refused);
  EXPECT_EQ(host().list_own("/hold/web").error().message, "/hold/web is no directory");
  EXPECT_EQ(host().list_own("/nothing").error().kind, Error::Kind::not_found);
}

TEST_F(Tree, RefusesToBelieveWhatBelongsToSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  write("/hold/web", "");
  ASSERT_EQ(::chown((root_ / "hold/web").c_str(), 65534, 65534), 0);
  EXPECT_EQ(host().read_own_file("/hold/web", 100).error().message, "/hold/web belongs to user 65534");
  ASSERT_EQ(::chown((root_ / "hold").c_str(), 65534, 65534), 0);
  EXPECT_EQ(host().list_own("/hold").error().message, "/hold belongs to user 65534");
}

TEST_F(Tree, BelievesNoTimeThatOverflows) {
  write("/hold/web", "");
  const std::array<timespec, 2> far{timespec{.tv_sec = 1'000'000'000'000, .tv_nsec = 0},
                                    timespec{.tv_sec = 1'000'000'000'000, .tv_nsec = 0}};
  if (::utimensat(AT_FDCWD, (root_ / "hold/web").c_str(), far.data(), 0) != 0) GTEST_SKIP();
  EXPECT_GT(host().read_own_file("/hold/web", 1)->modified, WallTime{});
  EXPECT_GT(host().status("/hold/web")->modified, WallTime{});
}

TEST_F(Tree, SaysWhatIsNotThere) {
  const auto text = host().read_file("/nowhere", 100);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().kind, Error::Kind::not_found);
  EXPECT_THAT(text.error().message, HasSubstr("/nowhere"));
}

TEST_F(Tree, DoesNotWaitForTheWriterOfAPipe) {
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
  const auto text = host().read_file("/pipe", 100);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "");
}

TEST_F(Tree, ListsNamesWithoutDots) {
  write("/d/a", "");
  write("/d/.hidden", "");
  const auto names = host().list("/d");
  ASSERT_TRUE(names);
  EXPECT_THAT(*names, UnorderedElementsAre("a", ".hidden"));
}

TEST_F(Tree, ListsNumbersAscending) {
  for (const auto* name : {"10", "9", "1000", "x1", "1x", "-", "99999999999999999999", "self"})
    write(std::string("/proc/") + name + "/stat", "");
  const auto entries = host().list_numbers("/proc");
  ASSERT_TRUE(entries);
  std::vector<pid_t> numbers;
  for (const auto& entry : *entries)
    numbers.push_back(entry.number);
  EXPECT_THAT(numbers, ElementsAre(9, 10, 1000));
}

TEST_F(Tree, ListsMoreThanOneBufferHolds) {
  constexpr int many = 2200;  // at 32 bytes each (ten digits) more than 64 KiB
  std::filesystem::create_directories(root_ / "proc");
  for (int i = 0; i < many; ++i)
    std::filesystem::create_symlink("x", root_ / "proc" / std::to_string(1'000'000'000 + i));
  const auto numbers = host().list_numbers("/proc");
  ASSERT_TRUE(numbers);
  EXPECT_EQ(numbers->size(), many);
}

TEST_F(Tree, TellsOwnerAndSizeOfAFileBehindALink) {
  write("/file", "abc");
  link("/link", "/file");
  const auto status = host().status("/link");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->owner, ::getuid());
  EXPECT_EQ(status->size_bytes, 3U);
  EXPECT_TRUE(S_ISREG(status->mode));
}

TEST_F(Tree, TellsWhereALinkLeads) {
  link("/proc/7/exe", "/usr/sbin/apache2 (deleted)");
  const auto target = host().read_link("/proc/7/exe");
  ASSERT_TRUE(target);
  EXPECT_EQ(*target, "/usr/sbin/apache2 (deleted)");
}

TEST_F(Tree, RefusesToReadALinkThatIsNone) {
  write("/file", "abc");
  EXPECT_FALSE(host().read_link("/file"));
}

TEST_F(Tree, NamesUsersFromItsOwnPasswd) {
  write("/etc/passwd", "torn\nroot:x:0:0:root:/root:/bin/sh\nmail:x:8\n");
  auto here = host();
  EXPECT_EQ(here.user_name(0), "root");
  EXPECT_EQ(here.user_name(8), "mail");
  EXPECT_EQ(here.user_name(4242), "4242");
}

TEST_F(Tree, NamesUsersByNumberWithoutPasswd) { EXPECT_EQ(host().user_name(0), "0"); }

TEST_F(Tree, RemembersABoundedNumberOfUsers) {
  write("/etc/passwd", "root:x:0:0::/:\n");
  auto here = host();
  EXPECT_EQ(here.user_name(0), "root");
  write("/etc/passwd", "toor:x:0:0::/:\n");
  EXPECT_EQ(here.user_name(0), "root");
  for (uid_t user = 1; user < user_names_max; ++user)
    (void)here.user_name(user);
  EXPECT_EQ(here.user_name(0), "toor") << "the full cache must have been forgotten";
}

TEST_F(Tree, AsksTheFileSystemItLiesOn) {
  std::filesystem::create_directories(root_ / "data");
  const auto usage = host().file_system_usage("/data");
  ASSERT_TRUE(usage);
  EXPECT_GT(usage->size_bytes, 0U);
  EXPECT_LE(usage->available_bytes, usage->size_bytes);
}

TEST_F(Tree, ThatIsNotThereMakesEveryLookAnError) {
  LinuxHost nowhere((root_ / "missing").string());
  EXPECT_FALSE(nowhere.read_file("/etc/passwd", 10));
  EXPECT_FALSE(nowhere.list("/"));
  EXPECT_FALSE(nowhere.status("/"));
  EXPECT_FALSE(nowhere.read_link("/proc/self/exe"));
  EXPECT_FALSE(nowhere.file_system_usage("/"));
}

TEST(LinuxHost, SeesThisProcess) {
  LinuxHost host;
  const auto pids = host.list_numbers("/proc");
  ASSERT_TRUE(pids);
  const auto self = std::ranges::lower_bound(*pids, ::getpid(), {}, &NumberedEntry::number);
  ASSERT_NE(self, pids->end());
  EXPECT_EQ(self->number, ::getpid());
  const auto status = host.status(("/proc/" + std::to_string(::getpid())).c_str());
  ASSERT_TRUE(status);
  EXPECT_EQ(status->inode, self->inode);
  EXPECT_EQ(status->owner, ::geteuid());
  const auto executable = host.read_link("/proc/self/exe");
  ASSERT_TRUE(executable);
  EXPECT_EQ(*executable, std::filesystem::read_symlink("/proc/self/exe").string());
}

TEST(LinuxHost, NamesRoot) { EXPECT_EQ(LinuxHost().user_name(0), "root"); }

TEST(LinuxHost, NamesAUserWhoIsNobodyByNumber) {
  EXPECT_EQ(LinuxHost().user_name(3999999999U), "3999999999");
}

TEST(LinuxHost, LeavesNoDescriptorOpen) {
  LinuxHost host;
  const auto count = [&host] { return host.list_numbers("/proc/self/fd")->size(); };
  const auto before = count();
  (void)host.read_file("/proc/stat", 100);
  (void)host.list("/proc");
  (void)host.read_link("/proc/self/exe");
  (void)host.status("/proc/self");
  (void)host.read_file("/nowhere", 100);
  EXPECT_EQ(count(), before);
}

}  // namespace
}  // namespace systemcheck
