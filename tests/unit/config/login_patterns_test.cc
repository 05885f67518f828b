#include "config/login_patterns.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

LoginPatternFile load(const std::string& text) { return load_login_patterns({"patterns.yaml", text}); }

std::vector<std::string> problems_of(const std::string& text) {
  std::vector<std::string> texts;
  for (const auto& problem : load(text).problems)
    texts.push_back(problem.text());
  return texts;
}

using Texts = std::vector<std::string>;

TEST(PatternFile, IsAListOfPatterns) {
  const auto file = load(R"(
- name: acme
  tags: [acme-popd, acme-imapd]
  prefix: "welcome "
  re: 'welcome (?P<user>\S+) from (?P<ip>[0-9.]+)'
  match: "Nov 22 10:00:00 mx acme-popd[1]: welcome alice from 192.0.2.1"
  nomatch: ["Nov 22 10:00:00 mx acme-popd[1]: go away", "Nov 22 10:00:00 mx acme-popd[1]: welcome"]
  smtp_auth: true
- {name: dovecot, tags: mailhost}
)");
  EXPECT_TRUE(file.problems.empty());
  ASSERT_EQ(file.patterns.size(), 2U);
  EXPECT_EQ(file.patterns[0],
            (LoginPattern{.name = "acme",
                          .tags = {"acme-popd", "acme-imapd"},
                          .prefixes = {"welcome "},
                          .expression = R"(welcome (?P<user>\S+) from (?P<ip>[0-9.]+))",
                          .is_smtp_auth = true,
                          .matches = {"Nov 22 10:00:00 mx acme-popd[1]: welcome alice from 192.0.2.1"},
                          .mismatches = {"Nov 22 10:00:00 mx acme-popd[1]: go away",
                                         "Nov 22 10:00:00 mx acme-popd[1]: welcome"}}));
  EXPECT_EQ(file.patterns[1], (LoginPattern{.name = "dovecot", .tags = {"mailhost"}}));
}

TEST(PatternFile, MayBeAMapOfOneKey) {
  EXPECT_EQ(load("patterns:\n- {name: dovecot, tags: [mailhost]}\n").patterns.size(), 1U);
  EXPECT_EQ(problems_of("pattern:\n- {name: dovecot, tags: [mailhost]}\n"),
            (Texts{"patterns.yaml:1:1: unknown key 'pattern' (did you mean 'patterns'?)"}));
}

TEST(PatternFile, HasPatternsOfTwoLines) {
  const auto file = load(R"(
- name: two
  tags: [x]
  prefix: ["ok "]
  open: 'from (?P<ip>[0-9.]+)'
  re: 'ok (?P<user>[a-z]+)'
  close: 'no .*'
  open_for: 30s
)");
  ASSERT_EQ(file.patterns.size(), 1U);
  EXPECT_EQ(file.patterns[0].open, "from (?P<ip>[0-9.]+)");
  EXPECT_EQ(file.patterns[0].close, "no .*");
  EXPECT_EQ(file.patterns[0].open_for, std::chrono::seconds{30});
}

TEST(PatternFile, IsRefusedWithThePlacesOfAllThatIsWrong) {
  EXPECT_EQ(problems_of("- {tags: [a]}\n"
                        "- {name: b, tags: [], regex: x}\n"
                        "- {name: c, re: [x], open_for: 2h}\n"
                        "- {name: c, prefix: \"\"}\n"),
            (Texts{"patterns.yaml:1:3: patterns: has no name",
                   "patterns.yaml:2:19: patterns.tags: the list is empty",
                   "patterns.yaml:2:23: unknown key 'regex'",
                   "patterns.yaml:3:17: patterns.re: must be one value, not a list",
                   "patterns.yaml:3:32: patterns.open_for: '2h' is not from 1s to 1h",
                   "patterns.yaml:4:21: patterns.prefix: is empty",
                   "patterns.yaml:4:3: patterns: 'c' is listed twice"}));
}

TEST(PatternFile, IsRefusedWhereItIsNone) {
  EXPECT_EQ(problems_of(""), (Texts{"patterns.yaml: must be a list of patterns, not nothing"}));
  EXPECT_EQ(problems_of("hello"), (Texts{"patterns.yaml: must be a list of patterns, not text"}));
  EXPECT_EQ(problems_of("patterns: x\n"), (Texts{"patterns.yaml:1:11: patterns: must be a list"}));
  EXPECT_EQ(problems_of("- {name: 'a\n").size(), 1U);
}

TEST(PatternFile, HasALimitedNumberOfPatterns) {
  std::string text;
  for (int i = 0; i < 129; ++i)
    text += "- {name: p" + std::to_string(i) + ", tags: [x]}\n";
  EXPECT_EQ(problems_of(text), (Texts{"patterns.yaml:1:1: patterns: more than 128 patterns"}));
}

}  // namespace
}  // namespace systemcheck
