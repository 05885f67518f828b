#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "config/load.h"

// tests/golden/config/good/*.yaml load without a problem. tests/golden/config/bad/*.yaml begin with
// "# expect: LINE:COLUMN: message" lines: all problems, in order, and no other.

namespace systemcheck {
namespace {

namespace fs = std::filesystem;

std::string read_source(const std::string& path) {
  std::ifstream file(fs::path(SYSTEMCHECK_SOURCE_DIR) / path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> list_examples(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry :
       fs::directory_iterator(fs::path(SYSTEMCHECK_SOURCE_DIR) / "tests/golden/config" / folder)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Loaded load_text(std::string text, const std::string& path = "example.yaml") {
  return load_config({ConfigText{path, std::move(text)}});
}

std::vector<std::string> texts_of(const std::vector<Problem>& problems) {
  std::vector<std::string> texts;
  for (const auto& problem : problems)
    texts.push_back(problem.text());
  return texts;
}

std::vector<std::string> expected_problems(std::string_view text, const std::string& path) {
  constexpr std::string_view mark = "# expect: ";
  std::vector<std::string> expected;
  while (text.starts_with(mark))
    expected.push_back(path + ":" + std::string(take_line(text).substr(mark.size())));
  return expected;
}

void expect_same_when_written_and_read(const Config& config) {
  const auto written = config_yaml(config);
  const auto again = load_text(written);
  EXPECT_EQ(texts_of(again.problems), std::vector<std::string>{}) << written;
  EXPECT_EQ(again.config, config) << written;
}

/// Every example with the "#" taken away that stands directly before a word.
std::string uncommented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::string line(take_line(text));
    const auto hash = line.find_first_not_of(' ');
    const bool is_example =
        hash != std::string::npos && line[hash] == '#' && hash + 1 < line.size() && line[hash + 1] != ' ';
    if (is_example) line.erase(hash, 1);
    out += line + "\n";
  }
  return out;
}

/// Two thirds of the example explain: almost every byte in there may be missing without any damage.
std::string without_prose(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto line = take_line(text);
    const auto first = line.find_first_not_of(' ');
    if (first == std::string_view::npos || line[first] == '#') continue;
    out.append(line).append("\n");
  }
  return out;
}

std::string name_of(const testing::TestParamInfo<std::string>& info) { return info.param; }

class GoodConfig : public testing::TestWithParam<std::string> {};
class BadConfig : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Golden, GoodConfig, testing::ValuesIn(list_examples("good")), name_of);
INSTANTIATE_TEST_SUITE_P(Golden, BadConfig, testing::ValuesIn(list_examples("bad")), name_of);

TEST_P(GoodConfig, LoadsAndIsTheSameWhenWrittenAndRead) {
  const auto loaded = load_text(read_source("tests/golden/config/good/" + GetParam() + ".yaml"));

  ASSERT_EQ(texts_of(loaded.problems), std::vector<std::string>{});
  expect_same_when_written_and_read(loaded.config);
}

TEST_P(BadConfig, SaysExactlyWhatIsWrong) {
  const auto path = GetParam() + ".yaml";
  const auto text = read_source("tests/golden/config/bad/" + path);
  const auto expected = expected_problems(text, path);

  EXPECT_FALSE(expected.empty()) << "no '# expect: ' line";
  EXPECT_EQ(texts_of(load_text(text, path).problems), expected);
}

TEST(GoldenConfigs, AreThere) {
  EXPECT_GE(list_examples("good").size(), 14U);
  EXPECT_GE(list_examples("bad").size(), 90U);
}

TEST(ShippedExample, ParsesToExactlyTheDefaults) {
  const auto loaded = load_text(read_source("contrib/systemcheck.yaml"));

  ASSERT_EQ(texts_of(loaded.problems), std::vector<std::string>{});
  EXPECT_EQ(loaded.config, load_config({}).config);
  auto machine = loaded.config;
  machine.services.clear();
  machine.groups.clear();  // Of those.
  EXPECT_EQ(machine, Config{});
}

TEST(ShippedExample, HoldsEveryKeyOfTheMachine) {
  const auto example = read_source("contrib/systemcheck.yaml");
  const auto defaults = config_yaml(Config{});
  for (std::string_view rest = defaults; !rest.empty();) {
    const auto line = take_line(rest);
    if (line.empty()) continue;
    const auto key = std::string(line.substr(0, line.find(':')));
    EXPECT_NE(example.find(key + (key == line ? "" : ":")), std::string::npos) << key;
  }
}

TEST(ShippedExample, IsRightWhereAHashIsTakenAway) {
  const auto loaded = load_text(uncommented(read_source("contrib/systemcheck.yaml")));

  ASSERT_EQ(texts_of(loaded.problems), std::vector<std::string>{});
  ASSERT_GE(loaded.config.services.size(), 3U);
  const auto& billing = loaded.config.services[2];
  EXPECT_EQ(billing.name, "billing");
  EXPECT_EQ(billing.processes, (ProcessCount{.min = 1, .max = 4}));
  EXPECT_EQ(billing.pre_check, (std::vector<Argv>{{"/opt/billing/bin/billingd", "--check"}}));
  EXPECT_EQ(billing.init_scripts, std::vector<std::string>{"/etc/init.d/billing"});
  EXPECT_EQ(billing.start_timeout, Service{}.start_timeout);
  EXPECT_EQ(billing.stop_timeout, Service{}.stop_timeout);
}

/// Loads one damaged text after another: each is a configuration that can be written and read, or has
/// problems that a person can find.
class DamagedConfig : public testing::Test {
 protected:
  void expect_a_configuration_or_problems(const std::string& text) {
    const auto loaded = load_text(text);
    for (const auto& problem : loaded.problems) {
      ASSERT_FALSE(problem.message.empty()) << text;
      ASSERT_EQ(clean_prefix(problem.text()), problem.text().size()) << text;
    }
    if (!loaded.problems.empty() || loaded.config == last_) return;
    ASSERT_EQ(load_text(config_yaml(loaded.config)).config, loaded.config) << text;
    last_ = loaded.config;
  }

 private:
  Config last_{};
};

TEST_F(DamagedConfig, CutAnywhereIsAConfigurationOrProblems) {
  const auto text = without_prose(uncommented(read_source("contrib/systemcheck.yaml")));
  for (std::size_t length = 0; length < text.size(); ++length) {
    expect_a_configuration_or_problems(text.substr(0, length));
  }
}

TEST_F(DamagedConfig, WithAnyByteMissingIsAConfigurationOrProblems) {
  const auto text = without_prose(uncommented(read_source("contrib/systemcheck.yaml")));
  for (std::size_t at = 0; at < text.size(); ++at) {
    expect_a_configuration_or_problems(std::string(text).erase(at, 1));
  }
}

TEST_F(DamagedConfig, WithAnyByteReplacedIsAConfigurationOrProblems) {
  const auto text = read_source("tests/golden/config/good/everything.yaml");
  const std::string bytes = ":-?,[]{}&*#!|>'\"%@`\t\n \\/0~\xff\x04";
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (std::size_t i = at % 13; i < bytes.size(); i += 13) {
      auto damaged = text;
      damaged[at] = bytes[i];
      expect_a_configuration_or_problems(damaged);
    }
  }
}

}  // namespace
}  // namespace systemcheck
