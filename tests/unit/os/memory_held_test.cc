#include "os/memory_held.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>

namespace systemcheck::test {
namespace {

/// proc(5): "RssFile:	    3456 kB"
std::uint64_t own_kibibytes(const std::string& key) {
  std::ifstream lines("/proc/self/status");
  for (std::string word; lines >> word;) {
    if (word != key) continue;
    std::uint64_t number = 0;
    lines >> number;
    return number;
  }
  return 0;
}

TEST(MemoryHeld, IsLessOfCodeAndConstantsOnceGivenBack) {
  const auto before = own_kibibytes("RssFile:");
  give_memory_back();
  EXPECT_LT(own_kibibytes("RssFile:"), before);
}

TEST(MemoryHeld, IsWhatItWasWhenItIsNeededAgain) {
  const std::string text = "constants of the program, and what the linker has put in its tables";
  give_memory_back();
  std::ifstream lines("/proc/self/status");  // Through the C++ library, whose pages were given back.
  std::string first;
  EXPECT_TRUE(std::getline(lines, first));
  EXPECT_TRUE(first.starts_with("Name:")) << first;
  EXPECT_EQ(text.substr(0, 9), "constants");
}

}  // namespace
}  // namespace systemcheck::test
