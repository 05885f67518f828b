#include "base/process_end.h"

#include <gtest/gtest.h>

#include <csignal>

namespace systemcheck {
namespace {

TEST(ProcessEnd, IsReadFromTheKernelsNumber) {
  EXPECT_EQ(parse_wait_status(0), ProcessEnd{});
  EXPECT_EQ(parse_wait_status(7 << 8), ProcessEnd{.exit_code = 7});
  EXPECT_EQ(parse_wait_status(255 << 8), ProcessEnd{.exit_code = 255});
  EXPECT_EQ(parse_wait_status(SIGKILL), ProcessEnd{.signal = SIGKILL});
  EXPECT_EQ(parse_wait_status(SIGABRT | 0x80), (ProcessEnd{.signal = SIGABRT, .has_dumped_core = true}));
}

TEST(ProcessEnd, IsCleanWhereSystemdWouldCallItSo) {
  EXPECT_TRUE(is_clean({}));
  EXPECT_TRUE(is_clean({.signal = SIGTERM}));
  EXPECT_FALSE(is_clean({.exit_code = 1}));
  EXPECT_FALSE(is_clean({.signal = SIGKILL}));
  EXPECT_FALSE(is_clean({.signal = SIGSEGV, .has_dumped_core = true}));
}

TEST(ProcessEnd, IsToldInWordsOfTheManualPages) {
  EXPECT_EQ(describe(ProcessEnd{.exit_code = 3}), "exit status 3");
  EXPECT_EQ(describe(ProcessEnd{.signal = SIGKILL}), "signal 9 (SIGKILL)");
  EXPECT_EQ(describe(ProcessEnd{.signal = SIGSEGV, .has_dumped_core = true}),
            "signal 11 (SIGSEGV), core dumped");
  EXPECT_EQ(describe(ProcessEnd{.signal = SIGRTMIN + 3}), "signal " + std::to_string(SIGRTMIN + 3));
}

}  // namespace
}  // namespace systemcheck
