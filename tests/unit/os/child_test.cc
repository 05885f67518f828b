#include "os/child.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "base/text.h"
#include "os/pidfd.h"
#include "os/process_group.h"
#include "support/real_loop.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

/// "SigBlk:\t0000" → "0000"
std::string field(const std::string& text, const std::string& name) {
  for (const auto& line : lines_of(text)) {
    if (!line.starts_with(name)) continue;
    std::string_view rest = std::string_view(line).substr(name.size());
    return std::string(take_word(rest));
  }
  return "no " + name;
}

class ChildTest : public RealLoopTest {
 protected:
  void start(Command command) {
    auto child = Child::start(loop(), command, [this](const CommandEnd& it) {
      end = it;
      stop();
    });
    ASSERT_TRUE(child) << child.error().message;
    child_ = *std::move(child);
  }
  const CommandEnd& run_command(const Argv& argv) {
    start({.argv = argv, .deadline = seconds{50}});
    run();
    return *end;
  }
  const CommandEnd& run_shell(const std::string& script) { return run_command({"/bin/sh", "-c", script}); }
  /// The number that the command has written into `pid_file`, as an identity.
  ProcessIdentity read_process(const std::string& file) {
    pid_t pid = 0;
    run_until([&] { return static_cast<bool>(std::ifstream(file) >> pid) && pid > 0; });
    const auto ticks = read_start_ticks(pid);
    return {.pid = pid, .start_ticks = ticks ? *ticks : 0};
  }

  static pid_t session_of(pid_t process) { return ::getsid(process); }

  TemporaryDirectory directory{};
  std::optional<CommandEnd> end{};
  std::unique_ptr<Child> child_{};
};

TEST_F(ChildTest, ReportsTheExitStatusAndBothOutputs) {
  const auto& it = run_shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(it.kind, CommandEnd::Kind::exited);
  EXPECT_EQ(it.exit_code, 3);
  EXPECT_EQ(it.output, "out\nerr\n");
}

TEST_F(ChildTest, ReportsTheSignalThatEndedIt) { EXPECT_EQ(run_shell("kill -KILL $$").exit_code, -SIGKILL); }

TEST_F(ChildTest, GivesArgumentsAsTheyAreWithoutAShell) {
  EXPECT_EQ(run_command({"/bin/echo", "$HOME; *", "a  b"}).output, "$HOME; * a  b\n");
}

TEST_F(ChildTest, KeepsOnlyTheEndOfALongOutput) {
  const auto& it = run_shell("yes 0123456 | head -c 1000000; echo; echo the end");
  EXPECT_EQ(it.output.size(), OutputTail::limit_bytes);
  EXPECT_TRUE(it.output.ends_with("0123456\n\nthe end\n"));
}

TEST_F(ChildTest, SaysAtOnceWhyAProgramCannotBeRun) {
  const auto file = directory.write_file("not-executable", "#!/bin/sh\n", 0644);
  const auto& it = run_command({file});
  EXPECT_EQ(it.kind, CommandEnd::Kind::could_not_start);
  EXPECT_EQ(it.problem, file + ": Permission denied");
  EXPECT_EQ(it.exit_code, 127);
}

TEST_F(ChildTest, NamesTheInterpreterWhenThatIsMissing) {
  const auto file = directory.write_file("script", "#!/no/such/shell\n", 0755);
  const auto& it = run_command({file});
  EXPECT_EQ(it.kind, CommandEnd::Kind::could_not_start);
  EXPECT_THAT(it.problem, HasSubstr("No such file or directory"));
  EXPECT_THAT(it.problem, HasSubstr("interpreter"));
}

TEST_F(ChildTest, RefusesAProgramWithoutAnAbsolutePath) {
  for (const Argv& argv : {Argv{}, Argv{"sh"}, Argv{"bin/sh"}, Argv{""}}) {
    const auto child = Child::start(loop(), {.argv = argv, .deadline = seconds{1}}, [](const CommandEnd&) {});
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().kind, Error::Kind::refused);
  }
}

TEST_F(ChildTest, RefusesAProgramThatOthersCouldReplace) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has something to lose";
  directory.make_directory("open", 0777);
  const auto file = directory.write_script("open/start", "exit 0");
  const auto child = Child::start(loop(), {.argv = {file}, .deadline = seconds{1}}, [](const CommandEnd&) {});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().kind, Error::Kind::refused);
  EXPECT_EQ(child.error().message, directory.path("open") + " can be changed by others than root");
}

TEST_F(ChildTest, GivesACleanEnvironment) {
  ::setenv("SYSTEMCHECK_SECRET", "s", 1);
  EXPECT_THAT(
      lines_of(run_command({"/usr/bin/env"}).output),
      ElementsAre("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"));
}

TEST_F(ChildTest, StartsInTheRootDirectoryWithAUsualUmask) {
  EXPECT_EQ(run_shell("pwd; umask").output, "/\n0022\n");
}

TEST_F(ChildTest, InheritsNoDescriptors) {
  const int leaky = ::open("/proc/version", O_RDONLY);  // No O_CLOEXEC: as a careless library would.
  const int leaky_and_high = ::fcntl(leaky, F_DUPFD, 700);
  const auto output = run_command({"/bin/ls", "-l", "/proc/self/fd"}).output;
  ::close(leaky);
  ::close(leaky_and_high);
  EXPECT_THAT(output, HasSubstr("0 -> /dev/null"));
  EXPECT_THAT(output, HasSubstr("1 -> pipe:"));
  EXPECT_THAT(output, HasSubstr("2 -> pipe:"));
  EXPECT_THAT(output, HasSubstr("3 -> /proc/"));  // ls itself, reading the directory.
  EXPECT_EQ(lines_of(output).size(), 5U) << output;
}

TEST_F(ChildTest, InheritsNoBlockedOrIgnoredSignals) {
  sigset_t blocked{};
  sigset_t before{};
  sigfillset(&blocked);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  auto* const pipe_before = ::signal(SIGPIPE, SIG_IGN);
  start({.argv = {"/bin/cat", "/proc/self/status"}, .deadline = seconds{50}});
  ::signal(SIGPIPE, pipe_before);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  run();
  EXPECT_EQ(field(end->output, "SigBlk:"), "0000000000000000");
  EXPECT_EQ(field(end->output, "SigIgn:"), "0000000000000000");
}

TEST_F(ChildTest, HasTheUsualLimitsWhateverOursAre) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit high{.rlim_cur = before.rlim_max, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &high);
  const auto output = run_shell("ulimit -Sn; ulimit -Hn; ulimit -Sc").output;
  ::setrlimit(RLIMIT_NOFILE, &before);
  const auto hard = std::min<rlim_t>(before.rlim_max, 512 * 1024);
  EXPECT_EQ(output, "1024\n" + std::to_string(hard) + "\n0\n");
}

TEST_F(ChildTest, HasTheUsualPriorities) {
  const int nice_before = ::getpriority(PRIO_PROCESS, 0);
  std::string score_before;
  std::ifstream("/proc/self/oom_score_adj") >> score_before;
  std::ofstream("/proc/self/oom_score_adj") << "300";
  if (::geteuid() == 0) ::setpriority(PRIO_PROCESS, 0, 5);
  const auto output = run_shell("cat /proc/self/oom_score_adj; nice").output;
  ::setpriority(PRIO_PROCESS, 0, nice_before);
  // Raising is free, lowering it below where it once was takes CAP_SYS_RESOURCE.
  std::ofstream("/proc/self/oom_score_adj") << score_before;
  EXPECT_EQ(output, "0\n0\n");
}

TEST_F(ChildTest, RunsOnAllProcessors) {
  const auto count = [] {
    cpu_set_t processors;
    ::sched_getaffinity(0, sizeof processors, &processors);
    return CPU_COUNT(&processors);
  };
  cpu_set_t before;
  ::sched_getaffinity(0, sizeof before, &before);
  const auto all = count();
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  const auto output = run_shell("exec nproc").output;
  ::sched_setaffinity(0, sizeof before, &before);
  EXPECT_GE(std::stoi(output), all);
}

TEST_F(ChildTest, HasASessionAndAGroupOfItsOwn) {
  start({.argv = {"/bin/cat", "/proc/self/stat"}, .deadline = seconds{50}});
  const auto pid = std::to_string(child_->pid());
  run();
  std::string_view stat = end->output;
  stat.remove_prefix(stat.rfind(')') + 1);
  take_word(stat);  // state
  take_word(stat);  // parent
  EXPECT_EQ(take_word(stat), pid) << "process group";
  EXPECT_EQ(take_word(stat), pid) << "session";
}

TEST_F(ChildTest, EndsTheWholeGroupWhenItsTimeIsUp) {
  const auto file = directory.path("grandchild");
  start({.argv = {"/bin/sh", "-c", "sleep 1000 & echo $! > " + file + "; wait"},
         .deadline = seconds{50},
         .kill_after = milliseconds{1}});
  const auto grandchild = read_process(file);
  const auto pidfd = open_process(grandchild);
  ASSERT_TRUE(pidfd) << pidfd.error().message;
  child_->end();
  run();
  EXPECT_EQ(end->kind, CommandEnd::Kind::ended_by_us);
  EXPECT_EQ(end->exit_code, -SIGTERM);
  run_until([&] { return has_ended(*pidfd); });
}

TEST_F(ChildTest, KillsAGroupThatDoesNotListen) {
  const auto file = directory.path("grandchild");
  const auto deaf = "trap '' TERM; (trap '' TERM; echo $$ >/dev/null; sh -c 'echo $PPID' > " + file +
                    "; while :; do sleep 1000; done) & while :; do wait; done";
  start({.argv = {"/bin/sh", "-c", deaf}, .deadline = seconds{50}, .kill_after = milliseconds{20}});
  const auto pidfd = open_process(read_process(file));
  ASSERT_TRUE(pidfd) << pidfd.error().message;
  child_->end();
  run();
  EXPECT_EQ(end->kind, CommandEnd::Kind::ended_by_us);
  EXPECT_EQ(end->exit_code, -SIGKILL);
  run_until([&] { return has_ended(*pidfd); });
}

TEST_F(ChildTest, GivesTheOthersOfItsGroupTheirTimeToo) {
  const auto ready = directory.path("ready");
  const auto last_words = directory.path("last-words");
  const auto tidy = "(trap 'sleep 0.05; echo tidy > " + last_words + "; exit' TERM; echo $$ > " + ready +
                    "; while :; do sleep 0.01; done) & wait";
  start({.argv = {"/bin/sh", "-c", tidy}, .deadline = seconds{50}, .kill_after = seconds{40}});
  read_process(ready);
  child_->end();
  run();
  EXPECT_EQ(end->exit_code, -SIGTERM);
  EXPECT_TRUE(std::ifstream(last_words).good()) << "its end is that of the last one";
}

TEST(IsLivingMember, ReadsTheGroupBehindANameThatLooksLikeFields) {
  const auto* const line = "42 (a) S 1 7 (b) R 1 42 42 0 -1";
  EXPECT_TRUE(is_living_member(line, 42));
  EXPECT_FALSE(is_living_member(line, 7));
  EXPECT_FALSE(is_living_member("42 (zombie) Z 1 42 42 0 -1", 42));
  EXPECT_FALSE(is_living_member("", 42));
  EXPECT_FALSE(is_living_member("42 (torn) S", 42));
}

TEST_F(ChildTest, IsEndedAtItsDeadline) {
  start({.argv = {"/bin/sleep", "1000"}, .deadline = milliseconds{10}, .kill_after = milliseconds{10}});
  run();
  EXPECT_EQ(end->kind, CommandEnd::Kind::ended_by_us);
}

TEST_F(ChildTest, EndsWithItsFirstProcessThoughADaemonKeepsThePipe) {
  const auto file = directory.path("daemon");
  const auto& it = run_shell("setsid sleep 1000 & echo $! > " + file + "; echo started");
  EXPECT_EQ(it.kind, CommandEnd::Kind::exited);
  EXPECT_EQ(it.exit_code, 0);
  EXPECT_EQ(it.output, "started\n");
  const auto daemon = read_process(file);
  child_.reset();
  const auto pidfd = open_process(daemon);
  ASSERT_TRUE(pidfd) << "what a command has started survives it";
  EXPECT_TRUE(signal_process(*pidfd, SIGKILL));
}

TEST_F(ChildTest, IsEndedWithoutTheDaemonThatItHasStarted) {
  const auto file = directory.path("daemon");
  start({.argv = {"/bin/sh", "-c",
                  "setsid sleep 1000 & echo $! > " + file + "; trap '' TERM; sleep 1000; wait"},
         .deadline = seconds{50},
         .kill_after = milliseconds{20}});
  const auto daemon = read_process(file);
  run_until([&] { return session_of(daemon.pid) == daemon.pid; });
  child_->end();
  run();
  EXPECT_EQ(end->kind, CommandEnd::Kind::ended_by_us);
  child_.reset();
  const auto pidfd = open_process(daemon);
  ASSERT_TRUE(pidfd) << "a hanging start command may have done its work all the same";
  EXPECT_TRUE(signal_process(*pidfd, SIGKILL));
}

TEST_F(ChildTest, GoesOnReadingWhatADaemonWrites) {
  const auto go = directory.path("go");
  const auto written = directory.path("written");
  run_shell("(while ! test -e " + go +
            "; do sleep 0.01; done; yes | head -c 300000; echo last words; echo done > " + written +
            ") & exit 0");
  const auto output = child_->take_output();
  child_.reset();
  directory.write_file("go", "");
  run_until([&] { return output->has_ended(); });
  EXPECT_TRUE(std::ifstream(written).good()) << "neither SIGPIPE nor a full pipe has stopped it";
  EXPECT_TRUE(output->text().ends_with("last words\n"));
}

TEST_F(ChildTest, WaitsUntilItIsAdmitted) {
  const auto file = directory.path("ran");
  start({.argv = {"/usr/bin/touch", file}, .deadline = seconds{50}, .waits_for_admission = true});
  run_for(milliseconds{20});
  EXPECT_FALSE(end);
  EXPECT_FALSE(std::ifstream(file).good());
  child_->admit();
  run();
  EXPECT_EQ(end->exit_code, 0);
  EXPECT_TRUE(std::ifstream(file).good());
}

TEST_F(ChildTest, IsEndedWhileItWaitsForAdmission) {
  start({.argv = {"/bin/true"},
         .deadline = milliseconds{5},
         .kill_after = milliseconds{5},
         .waits_for_admission = true});
  run();
  EXPECT_EQ(end->kind, CommandEnd::Kind::ended_by_us);
}

TEST_F(ChildTest, IsKilledWhenItsOwnerGoes) {
  const auto file = directory.path("pid");
  start({.argv = {"/bin/sh", "-c", "echo $$ > " + file + "; exec sleep 1000"}, .deadline = seconds{50}});
  const auto process = read_process(file);
  child_.reset();
  EXPECT_FALSE(read_start_ticks(process.pid)) << "killed, and reaped";
}

TEST_F(ChildTest, LeavesNoDescriptorsBehind) {
  const auto count = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
  run_command({"/bin/true"});
  child_.reset();
  const auto before = count();
  for (int i = 0; i < 5; ++i) {
    run_command({"/bin/true"});
    child_.reset();
  }
  EXPECT_EQ(count(), before);
}

}  // namespace
}  // namespace systemcheck::test
