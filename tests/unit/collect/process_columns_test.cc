#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

#include "base/text.h"
#include "collect/cpu.h"
#include "collect/facts.h"
#include "collect/process_cache.h"
#include "collect/processes.h"
#include "os/linux_host.h"

namespace systemcheck {
namespace {

Process process_with(const std::string& cmdline, const std::string& comm) {
  Process process{.identity = {.pid = 7, .start_ticks = 1000}, .state = 'S', .threads = 1};
  process.text = std::make_shared<const ProcessText>(ProcessText{.comm = comm, .cmdline = cmdline});
  return process;
}

TEST(TerminalName, IsThatOfPs) {
  EXPECT_EQ(terminal_name(0), "?");
  EXPECT_EQ(terminal_name((136U << 8U) | 3U), "pts/3");
  EXPECT_EQ(terminal_name((137U << 8U) | 1U), "pts/257");
  EXPECT_EQ(terminal_name((4U << 8U) | 1U), "tty1");
  EXPECT_EQ(terminal_name((4U << 8U) | 64U), "ttyS0");
  EXPECT_EQ(terminal_name((188U << 8U) | 2U), "ttyUSB2");
  EXPECT_EQ(terminal_name((204U << 8U) | 64U), "ttyAMA0");
  EXPECT_EQ(terminal_name((229U << 8U) | 0U), "hvc0");
  EXPECT_EQ(terminal_name((99U << 8U) | 9U), "?");
}

TEST(TerminalName, TakesTheMinorNumberFromBothItsParts) {
  EXPECT_EQ(terminal_name((136U << 8U) | 0x2cU | (0x1U << 20U)), "pts/300");
}

TEST(StateText, ShowsWhatPsShows) {
  Process process = process_with("", "x");
  EXPECT_EQ(state_text(process), "S");
  process.nice = -5;
  process.session = 7;
  process.threads = 4;
  process.is_foreground = true;
  EXPECT_EQ(state_text(process), "S<sl+");
  process.nice = 5;
  EXPECT_EQ(state_text(process), "SNsl+");
}

TEST(CpuPercent, IsThatOfTheWholeLife) {
  Process process = process_with("x", "x");
  process.user_ticks = 400;
  process.system_ticks = 100;
  EXPECT_DOUBLE_EQ(cpu_percent(process, Processes{.uptime_seconds = 30}), 25);
}

TEST(CpuPercent, OfAProcessThatBeganAfterTheUptimeWasReadIsNothing) {
  Process process = process_with("x", "x");
  process.user_ticks = 400;
  EXPECT_EQ(cpu_percent(process, Processes{.uptime_seconds = 10}), 0);
}

TEST(MemoryPercent, IsThatOfTheWholeMachine) {
  Process process = process_with("x", "x");
  process.resident_bytes = 250;
  EXPECT_DOUBLE_EQ(memory_percent(process, Processes{.memory_total_bytes = 1000}), 25);
  EXPECT_EQ(memory_percent(process, Processes{}), 0);
}

TEST(StartTime, CountsFromBoot) {
  const auto start = start_time(process_with("x", "x"), Processes{.boot_time_seconds = 1'700'000'000});
  EXPECT_DOUBLE_EQ(epoch_seconds(start), 1'700'000'010);
}

TEST(CpuTimeText, IsMinutesAndSeconds) {
  Process process = process_with("x", "x");
  EXPECT_EQ(cpu_time_text(process, Processes{}), "0:00");
  process.user_ticks = 75'400;
  EXPECT_EQ(cpu_time_text(process, Processes{}), "12:34");
  process.system_ticks = 100 * 60 * 100'000;
  EXPECT_EQ(cpu_time_text(process, Processes{}), "100012:34");
}

TEST(CommandText, IsTheCommandLineOrTheNameInBrackets) {
  EXPECT_EQ(command_text(process_with("/usr/sbin/cron -f", "cron")), "/usr/sbin/cron -f");
  EXPECT_EQ(command_text(process_with("", "kworker/0:1")), "[kworker/0:1]");
  auto zombie = process_with("", "sh");
  zombie.state = 'Z';
  EXPECT_EQ(command_text(zombie), "[sh] <defunct>");
}

/// What ps(1) itself says of this process, in these columns.
std::string ask_ps(const std::string& columns) {
  const auto command = "ps -ww -o " + columns + " -p " + std::to_string(::getpid());
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  std::string text;
  std::array<char, 4096> buffer{};
  while (pipe && std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr)
    text += buffer.data();
  return text;
}

TEST(ThisMachine, IsShownAsPsShowsIt) {
  const auto text = ask_ps("user:64=,pid=,ppid=,nlwp=,tname=,ni=,vsz=,args=");
  ASSERT_FALSE(text.empty()) << "ps(1) is needed (procps)";
  LinuxHost host;
  Config config;
  ProcessCache cache;
  CpuFloor floor;
  Look look{.host = host, .config = config, .process_cache = cache, .cpu_floor = floor};
  const auto table = Processes::collect(look);
  ASSERT_TRUE(table) << table.error().message;
  const auto* own = table->find(::getpid());
  ASSERT_NE(own, nullptr);
  std::string_view words = text;
  EXPECT_EQ(take_word(words), table->user_name(own->user));
  EXPECT_EQ(take_word(words), std::to_string(own->identity.pid));
  EXPECT_EQ(take_word(words), std::to_string(own->parent));
  EXPECT_EQ(take_word(words), std::to_string(own->threads));
  EXPECT_EQ(take_word(words), terminal_name(own->tty));
  EXPECT_EQ(take_word(words), std::to_string(own->nice));
  const auto kibibytes = parse_number<double>(take_word(words));
  ASSERT_TRUE(kibibytes);
  EXPECT_NEAR(*kibibytes, static_cast<double>(own->virtual_bytes) / 1024, *kibibytes / 5);
  words.remove_prefix(words.find_first_not_of(' '));
  EXPECT_EQ(words, command_text(*own) + "\n");
}

TEST(ThisMachine, HasThisProcessAgeAndMemoryAsPsHasThem) {
  const auto text = ask_ps("etimes=,rss=,pmem=");
  ASSERT_FALSE(text.empty()) << "ps(1) is needed (procps)";
  LinuxHost host;
  Config config;
  ProcessCache cache;
  CpuFloor floor;
  Look look{.host = host, .config = config, .process_cache = cache, .cpu_floor = floor};
  const auto table = Processes::collect(look);
  ASSERT_TRUE(table) << table.error().message;
  const auto* own = table->find(::getpid());
  ASSERT_NE(own, nullptr);
  std::string_view words = text;
  const auto age = parse_number<double>(take_word(words));
  const auto resident = parse_number<double>(take_word(words));
  const auto percent = parse_number<double>(take_word(words));
  ASSERT_TRUE(age && resident && percent);
  const double own_age = in_seconds(host.wall_now() - start_time(*own, *table));
  EXPECT_NEAR(own_age, *age, 60);  // time goes on between the two, and btime is in whole seconds
  EXPECT_NEAR(static_cast<double>(own->resident_bytes) / 1024, *resident, *resident / 2);
  EXPECT_NEAR(memory_percent(*own, *table), *percent, 1);
}

}  // namespace
}  // namespace systemcheck
