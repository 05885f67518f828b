#include "config/reader.h"

#include <gtest/gtest.h>

#include <string>

namespace systemcheck {
namespace {

struct Parsed {
  Entry root{};
  Problems problems{};
};

Parsed parse(const std::string& text, const ReaderLimits& limits = {}) {
  Parsed parsed;
  parsed.root = parse_yaml({"a.yaml", text}, parsed.problems, limits);
  return parsed;
}

std::string only_problem(const std::string& text, const ReaderLimits& limits = {}) {
  const auto parsed = parse(text, limits);
  EXPECT_EQ(parsed.root.kind, Entry::Kind::empty);
  return parsed.problems.size() == 1 ? parsed.problems.front().text()
                                     : std::to_string(parsed.problems.size());
}

TEST(ParseYaml, KeepsOrderKindAndPlace) {
  const auto [root, problems] = parse("one: 1\nmap:\n  list: [a, 'b']\nnone:\n");

  ASSERT_TRUE(problems.empty());
  ASSERT_EQ(root.children.size(), 3U);
  EXPECT_EQ(root.children[0].key_place.text(), "a.yaml:1:1");
  EXPECT_EQ(root.children[0].place.text(), "a.yaml:1:6");
  EXPECT_EQ(root.children[0].text, "1");
  const auto& list = root.children[1].children.at(0);
  EXPECT_EQ(list.kind, Entry::Kind::list);
  EXPECT_EQ(list.children.at(1).text, "b");
  EXPECT_EQ(list.children.at(1).place.text(), "a.yaml:3:13");
  EXPECT_EQ(root.children[2].kind, Entry::Kind::empty);
}

TEST(ParseYaml, KeepsBothOfAKeySaidTwice) { EXPECT_EQ(parse("a: 1\na: 2\n").root.children.size(), 2U); }

TEST(ParseYaml, TakesAnEmptyTextForNothing) {
  EXPECT_EQ(parse("").root.kind, Entry::Kind::empty);
  EXPECT_TRUE(parse("# only this").problems.empty());
}

TEST(ParseYaml, RefusesAFileThatIsTooLarge) {
  const ReaderLimits limits{.bytes_max = 8};
  EXPECT_TRUE(parse("a: 12345", limits).problems.empty());
  EXPECT_EQ(only_problem("a: 123456", limits), "a.yaml: larger than 8");
  EXPECT_EQ(only_problem(std::string((1U << 20) + 1, '#')), "a.yaml: larger than 1MiB");
}

TEST(ParseYaml, RefusesTooManyValues) {
  const ReaderLimits limits{.entries_max = 5};  // the map, its key, the list, two items
  EXPECT_TRUE(parse("a: [1, 2]", limits).problems.empty());
  EXPECT_EQ(only_problem("a: [1, 2, 3]", limits), "a.yaml:1:1: more than 5 values, aliases counted in full");
}

TEST(ParseYaml, CountsAnAliasInFull) {
  const ReaderLimits limits{.entries_max = 11};
  EXPECT_TRUE(parse("a: &x [1, 2, 3]\nb: *x", limits).problems.empty());
  EXPECT_EQ(only_problem("a: &x [1, 2, 3, 4]\nb: *x", limits),
            "a.yaml:2:4: more than 11 values, aliases counted in full");
}

TEST(ParseYaml, RefusesWhatIsNestedTooDeep) {
  const ReaderLimits limits{.depth_max = 3};
  EXPECT_TRUE(parse("a: [[1]]", limits).problems.empty());
  EXPECT_EQ(only_problem("a: [[[1]]]", limits), "a.yaml:1:6: nested more than 3 deep");
}

TEST(ParseYaml, RefusesWhatIsNestedWithoutEnd) {
  for (const std::string open : {"[", "{", "- ", "? ", "a: [", "&a ", "!a ", "{a: ", "*a", "- - ", "[{"}) {
    std::string text;
    while (text.size() < 20'000)
      text += open;
    EXPECT_FALSE(parse(text).problems.empty()) << open;
  }
}

TEST(ParseYaml, SeesThatAQuoteIsNeverClosed) {
  EXPECT_EQ(only_problem("é: \"é\"\nb: 'it''s'\nc: \"cut\\\"\n"), "a.yaml:3:4: this quote is never closed");
  EXPECT_EQ(only_problem("b: 'cut''"), "a.yaml:1:10: not valid YAML: a quote is not closed before this");
  EXPECT_EQ(only_problem("a: &x \"cut\n"), "a.yaml:1:4: this quote is never closed");
  EXPECT_TRUE(parse("\xEF\xBB\xBF\"é\": \"\\\"\"\r\n'b': ''''\r\n").problems.empty());
}

TEST(ParseYaml, RefusesBytesThatAParserWouldTakeForTheEnd) {
  EXPECT_EQ(only_problem("a: 1\nb: \x04\nc: 1\n"),
            "a.yaml:2:4: not plain text: \\x04 is invisible or no UTF-8");
  EXPECT_EQ(only_problem(std::string("a: 1\n\0", 6)),
            "a.yaml:2:1: not plain text: \\x00 is invisible or no UTF-8");
  EXPECT_EQ(only_problem("\xff\xfe"
                         "a"),
            "a.yaml:1:1: not plain text: \\xff is invisible or no UTF-8");
}

TEST(ParseYaml, BlamesTheTabForASyntaxErrorBehindIt) {
  EXPECT_EQ(only_problem("a:\n  # fine\n\t\n\t# fine\n \tb: 1\n"),
            "a.yaml:5:2: not valid YAML: a tab in the indentation");
  EXPECT_TRUE(parse("a:\t1\t# a tab elsewhere\n").problems.empty());
}

TEST(MergeEntries, RefusesAMapOfTooManyKeys) {
  std::string text;
  for (int i = 0; i < 513; ++i)
    text += "k" + std::to_string(i) + ": 1\n";
  auto parsed = parse(text);
  Entry root;
  merge_entries(root, std::move(parsed.root), parsed.problems);

  ASSERT_EQ(parsed.problems.size(), 1U);
  EXPECT_EQ(parsed.problems.front().text(), "a.yaml:1:1: more than 512 keys in one map");
}

}  // namespace
}  // namespace systemcheck
