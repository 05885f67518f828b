#include "relay/expression.h"

#include <gtest/gtest.h>

#include <string>

namespace systemcheck {
namespace {

std::string problem_of(std::string_view text) {
  const auto expression = parse_expression(text);
  if (!expression) return expression.error().message;
  return doubt_about(*expression);
}

void expect_sound(std::string_view text) { EXPECT_EQ(problem_of(text), "") << text; }

void expect_doubt(std::string_view text, std::string_view words) {
  EXPECT_NE(problem_of(text).find(words), std::string::npos) << text << ": " << problem_of(text);
}

constexpr auto* unclear = "not clear how to go on";
constexpr auto* could_write = "an address of his own";

TEST(Expression, IsSoundWhereFieldsEndAtWhatTheyCannotContain) {
  expect_sound(R"(LOGIN, user=(?P<user>[^,\s]+), ip=\[(?P<ip>[0-9A-Fa-f.:]+)\])");
  expect_sound(R"(user (?P<user>\S+) authenticated - (?P<ip>[0-9A-Fa-f.:]+))");
  expect_sound(R"((?P<ip>[0-9.]+) logged in as (?P<user>.*))");
  expect_sound(R"(from (?:[a-z.]+ )?\[(?:IPv6:)?(?P<ip>[0-9A-Fa-f.:]+)\])");
  expect_sound(R"re(user "(?P<user>[^"]{1,255})" at (?P<ip>[0-9.]+)(?: via [a-z]*)*)re");
}

TEST(Expression, MayHaveAnythingBehindAnAddressThatNothingVariableStandsBefore) {
  expect_sound("Auth: (?P<ip>[0-9.]+)->.*");
  expect_sound("[0-9]?Auth: (?P<ip>[0-9.]+)-");
}

TEST(Expression, IsDoubtfulWhereAnythingUnboundedMayContainWhatComesNext) {
  expect_doubt(R"(.*rip=(?P<ip>[0-9.]+))", unclear);
  expect_doubt(R"(user=(?P<user>.+), ip=(?P<ip>[0-9.]+))", unclear);
  expect_doubt(R"(user=(?P<user>\S+), ip=(?P<ip>[0-9.]+))", unclear);
  expect_doubt(R"(user=(?P<user>.{1,255}) ip=(?P<ip>[0-9.]+))", unclear);
  expect_doubt(R"(user=(?P<user>[^ ]*[a-z]) ip=(?P<ip>[0-9.]+))", unclear);
  expect_doubt(R"((?:user=.* |)ip=(?P<ip>[0-9.]+))", unclear);
  expect_doubt(R"((?:a|ab)c(?P<ip>[0-9.]+))", unclear);
}

TEST(Expression, IsDoubtfulWhereTheEndOfTheAddressIsNotClear) {
  expect_doubt("from (?P<ip>[0-9A-Fa-f.:]+):[0-9]+", unclear);
}

TEST(Expression, IsDoubtfulWhereTheRestCouldContainTheRealAddress) {
  expect_doubt(R"(LOGIN, user=(?P<user>[^,]+), ip=\[(?P<ip>[0-9.]+)\].*)", could_write);
  expect_doubt(R"(user=<(?P<user>[^>]+)>, method=[A-Z]+, rip=(?P<ip>[0-9.]+)(?:, [a-z0-9.= ]+)*)",
               could_write);
  expect_sound(R"(user=<(?P<user>[^>]+)>, method=[A-Z]+, rip=(?P<ip>[0-9.]+)(?:, [a-qs-z0-9][a-z0-9.= ]*)*)");
  expect_doubt(R"(host [a-z.]+ \[(?P<ip>[0-9.]+)\] (?P<user>\S+) .+)", could_write);
}

TEST(Expression, IsDoubtfulWhereAnAddressMayGoOnIntoTheNextOne) {
  expect_doubt(R"(login (?P<user>[^\s:]+):(?P<ip>[0-9A-Fa-f.:]+))", "cannot be part of an address");
  expect_sound(R"(login (?P<user>[^\s:]+):(?P<ip>[0-9.]+))");
  expect_doubt(R"(login (?P<user>[a-z]+)(?P<ip>[0-9.]+))", "cannot be part of an address");
}

TEST(Expression, FindsNothingButAddresses) {
  expect_doubt("from (?P<ip>[^ ]+)", "the group 'ip' may contain");
  expect_doubt("from (?P<ip>[0-9a-z.]+)", "'g'");
  expect_doubt("from (?P<ip>[0-9.]*)", "may be empty");
  expect_doubt("(?:from (?P<ip>[0-9.]+) )+", "repeats the group 'ip'");
  expect_doubt("(?P<ip>[0-9.]+) (?P<ip>[0-9.]+)", "two groups 'ip'");
  expect_doubt("(?P<user>a)(?P<user>b)", "two groups 'user'");
}

TEST(Expression, OfMoreThanWhatCanBeJudgedIsRefused) {
  expect_doubt("(a)", "none of (?:…)");
  expect_doubt("(?i:a)", "none of (?:…)");
  expect_doubt("(?P<name>a)", "none of (?:…)");
  expect_doubt("^a", "'^'");
  expect_doubt("a$", "'$'");
  expect_doubt("a\\b", "'\\b'");
  expect_doubt("\\pL", "'\\p'");
  expect_doubt("a*?", "repeats what is repeated");
  expect_doubt("*a", "repeats nothing");
  expect_doubt("[[:alpha:]]", "[:alpha:]");
  expect_doubt("a\xC3\xA9", "not printable ASCII");
}

TEST(Expression, ThatIsBrokenIsRefused) {
  expect_doubt("", "is empty");
  expect_doubt("(?:a", "'(' without its ')'");
  expect_doubt("a)", "a ')' too many");
  expect_doubt("[a", "'[' without its ']'");
  expect_doubt("[z-a]", "a range that is none");
  expect_doubt("[\\d-z", "'[' without its ']'");
  expect_doubt("a\\", "ends in a '\\'");
  expect_doubt("a{x}", "a '{' that is no");
  expect_doubt("a{2,1}", "a '{' that is no");
  expect_doubt("a{1001}", "a '{' that is no");
  expect_doubt(std::string(1025, 'a'), "longer than 1024 bytes");
  std::string deep;
  for (int i = 0; i < 20; ++i)
    deep += "(?:";
  expect_doubt(deep, "nested more than 16 deep");
}

}  // namespace
}  // namespace systemcheck
