#include "base/text.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace systemcheck {
namespace {

using std::string_view_literals::operator""sv;

TEST(TakeWord, TakesOneAfterAnother) {
  std::string_view text = "  one\ttwo \n";
  EXPECT_EQ(take_word(text), "one");
  EXPECT_EQ(take_word(text), "two");
  EXPECT_EQ(take_word(text), "");
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(take_word(text), "");
}

TEST(TakeLine, TakesOneAfterAnotherAndAnUnfinishedLast) {
  std::string_view text = "one\n\nthree";
  EXPECT_EQ(take_line(text), "one");
  EXPECT_EQ(take_line(text), "");
  EXPECT_EQ(take_line(text), "three");
  EXPECT_TRUE(text.empty());
}

TEST(ParseNumber, WantsTheWholeText) {
  EXPECT_EQ(parse_number<int>("-12"), -12);
  EXPECT_EQ(parse_number<double>("0.25"), 0.25);
  EXPECT_FALSE(parse_number<int>("12 "));
  EXPECT_FALSE(parse_number<int>(""));
  EXPECT_FALSE(parse_number<unsigned>("-1"));
  EXPECT_FALSE(parse_number<int>("2147483648"));
}

TEST(Printable, KeepsUtf8) {
  EXPECT_EQ(printable("né 日本 🦉"), "né 日本 🦉");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, EscapesControlCharactersAndTheBackslash) {
  EXPECT_EQ(printable("a\x1b[31m\n\t\x7f\\x1b"), "a\\x1b[31m\\x0a\\x09\\x7f\\\\x1b");
  EXPECT_EQ(printable("a\0b"sv), "a\\x00b");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");  // U+009B begins an escape sequence, too
}

TEST(Printable, EscapesWhatReordersALine) {
  EXPECT_EQ(printable("\u202egnp.exe"), "\\xe2\\x80\\xaegnp.exe");
  EXPECT_EQ(printable("\u2066"), "\\xe2\\x81\\xa6");
}

TEST(Printable, EscapesBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(printable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");           // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");                    // torn
  EXPECT_EQ(printable("\xe2(x"), "\\xe2(x");
}

TEST(Printable, StopsAtTheLimitAndNotWithinACharacter) {
  EXPECT_EQ(printable("abcdef", 6), "abcdef");
  EXPECT_EQ(printable("abcdefg", 6), "abcdef…");
  EXPECT_EQ(printable("abcdé", 5), "abcd…");
  EXPECT_EQ(printable("abc\n", 6), "abc…");
  EXPECT_EQ(printable("abc", 0), "…");
  EXPECT_EQ(printable(std::string(1 << 20, '\n')).size(), 256U + std::string_view("…").size());
}

TEST(CleanPrefix, EndsBeforeTheFirstByteNoEditorWrites) {
  EXPECT_EQ(clean_prefix("a: \"b\\n\"\r\n\té"), 13U);
  EXPECT_EQ(clean_prefix("ab\x04"
                         "cd"),
            2U);
  EXPECT_EQ(clean_prefix("ab\0"sv), 2U);
  EXPECT_EQ(clean_prefix("é\xff"), 2U);
  EXPECT_EQ(clean_prefix(""), 0U);
}

constexpr std::array keys{"threshold"sv, "mode"sv, "memory"sv, "up"sv};

TEST(Nearest, FindsASlipOfTheFinger) {
  EXPECT_EQ(nearest("treshold", keys), "threshold");
  EXPECT_EQ(nearest("thershold", keys), "threshold");
  EXPECT_EQ(nearest("moed", keys), "mode");
  EXPECT_EQ(nearest("modes", keys), "mode");
  EXPECT_EQ(nearest("mode", keys), "mode");
}

TEST(Nearest, SaysNothingWhereAllAreFar) {
  EXPECT_FALSE(nearest("quorum", keys));
  EXPECT_FALSE(nearest("", keys));
  EXPECT_FALSE(nearest("mode", {}));
  EXPECT_FALSE(nearest("xy", keys));
  EXPECT_FALSE(nearest("x", std::array{"y"sv}));
}

TEST(Nearest, DoesNotCompareWhatIsTooLong) {
  const std::string huge(1 << 20, 'm');
  EXPECT_FALSE(nearest(huge, keys));
  EXPECT_FALSE(nearest("mode", std::array{std::string_view(huge)}));
}

TEST(BaseName, IsTheLastComponent) {
  EXPECT_EQ(base_name("/usr/sbin/sshd"), "sshd");
  EXPECT_EQ(base_name("sshd"), "sshd");
  EXPECT_EQ(base_name("/usr/sbin/"), "sbin");
  EXPECT_EQ(base_name("/"), "/");
  EXPECT_EQ(base_name(""), "");
}

}  // namespace
}  // namespace systemcheck
