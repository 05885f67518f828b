#include "relay/login_patterns.h"

#include <gtest/gtest.h>

#include <string>

#include "relay/builtin_patterns.h"

namespace systemcheck {
namespace {

LoginPattern acme() {
  return {.name = "acme",
          .tags = {"acme-popd"},
          .prefixes = {"welcome "},
          .expression = R"(welcome (?P<user>\S+) from (?P<ip>[0-9A-Fa-f.:]+))",
          .matches = {"Nov 22 10:00:00 mx acme-popd[1]: welcome alice from 192.0.2.1"},
          .mismatches = {"Nov 22 10:00:00 mx acme-popd[1]: go away, alice from 192.0.2.1"}};
}

std::string problems_with(const std::vector<LoginPattern>& patterns) {
  const auto compiled = LoginPatterns::compile(patterns);
  return compiled ? "" : compiled.error().message;
}

void expect_problem(const LoginPattern& pattern, std::string_view words) {
  EXPECT_NE(problems_with({pattern}).find(words), std::string::npos) << words << "\n"
                                                                     << problems_with({pattern});
}

TEST(BuiltInPatterns, FitTheirExamplesAndAreSound) {
  const auto compiled = LoginPatterns::compile({}, {.smtp_auth = true});
  EXPECT_TRUE(compiled) << compiled.error().message;
}

TEST(BuiltInPatterns, OfSmtpAuthAreThereOnlyIfAskedFor) {
  const auto* message = "AUTH=server, relay=[192.0.2.3], authid=alice@mx1, mech=PLAIN, bits=0";
  EXPECT_FALSE(LoginPatterns::compile({})->fit("sendmail", message));
  const auto fit = LoginPatterns::compile({}, {.smtp_auth = true})->fit("sendmail", message);
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->address, "192.0.2.3");
  EXPECT_EQ(fit->user, "alice@mx1");
}

TEST(LoginPatterns, OfTheConfigurationStandBesideThoseThatAreBuiltIn) {
  const auto compiled = LoginPatterns::compile({acme()});
  ASSERT_TRUE(compiled) << compiled.error().message;
  const auto fit = compiled->fit("acme-popd", "welcome alice from 192.0.2.1");
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->pattern, "acme");
  EXPECT_EQ(fit->address, "192.0.2.1");
  EXPECT_TRUE(compiled->fit("pop3d", "LOGIN, user=alice, ip=[::ffff:192.0.2.3], port=[60339]"));
}

TEST(LoginPatterns, LookAtTheProgramsOfTheirTagsOnly) {
  const auto compiled = LoginPatterns::compile({acme()});
  for (const auto* tag : {"", "acme", "acme-popd2", "Acme-popd"})
    EXPECT_FALSE(compiled->fit(tag, "welcome alice from 192.0.2.1")) << tag;
}

TEST(LoginPatterns, FitWholeMessagesOnly) {
  const auto compiled = LoginPatterns::compile({acme()});
  for (const auto* message :
       {"welcome alice from 192.0.2.1 ", " welcome alice from 192.0.2.1", "welcome alice from ",
        "welcome alice from 192.0.2.1\n", "x welcome alice from 192.0.2.1"})
    EXPECT_FALSE(compiled->fit("acme-popd", message)) << message;
}

TEST(LoginPatterns, TakeNamesThatAreNoUtf8) {
  const auto fit = LoginPatterns::compile({acme()})->fit("acme-popd", "welcome al\xFF\xE9 from 192.0.2.1");
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->user, "al\xFF\xE9");
}

TEST(LoginPatterns, WithoutAnExpressionAddTagsToWhatIsBuiltIn) {
  const auto compiled = LoginPatterns::compile({{.name = "dovecot", .tags = {"mailhost"}}});
  ASSERT_TRUE(compiled) << compiled.error().message;
  const auto* login = "pop3-login: Login: user=<a>, method=PLAIN, rip=192.0.2.3, lip=192.0.2.1";
  const auto* proxied =
      "imap-login: proxy(a,192.0.2.9:143): Started proxying to <h> (0.1 secs): user=<a>, method=PLAIN, "
      "rip=192.0.2.3, lip=192.0.2.1";
  EXPECT_TRUE(compiled->fit("mailhost", login));
  EXPECT_TRUE(compiled->fit("mailhost", proxied));
  EXPECT_TRUE(compiled->fit("dovecot", login));
  expect_problem({.name = "dove", .tags = {"x"}}, "dove: has no re, and no pattern of that name is built in");
  expect_problem({.name = "dovecot"}, "dovecot: has no tags to add");
}

TEST(LoginPatterns, AreRefusedWithAllThatIsWrongWithThem) {
  auto pattern = acme();
  pattern.tags = {"a b"};
  pattern.prefixes = {};
  pattern.mismatches = {};
  EXPECT_EQ(problems_with({pattern, {.name = "dove", .tags = {"x"}}}),
            "dove: has no re, and no pattern of that name is built in\n"
            "acme: 'a b' is not the tag of a program\n"
            "acme: has no prefix: how does the message begin?\n"
            "acme: has no nomatch: a whole line of a log that must not fit");
}

TEST(LoginPatterns, NeedTagsAPrefixAndExamples) {
  auto pattern = acme();
  pattern.tags = {};
  expect_problem(pattern, "has no tags");
  pattern = acme();
  pattern.prefixes = {""};
  expect_problem(pattern, "a prefix has 1 to 255 bytes");
  pattern = acme();
  pattern.matches = {};
  expect_problem(pattern, "has no match");
}

TEST(LoginPatterns, NeedAnAddress) {
  auto pattern = acme();
  pattern.expression = "welcome (?P<user>\\S+)";
  expect_problem(pattern, "re has no group 'ip'");
  pattern.open = "hello";
  expect_problem(pattern, "open has no group 'ip'");
  pattern = acme();
  pattern.open = "hello (?P<ip>[0-9.]+)";
  expect_problem(pattern, "re has a group 'ip' that nobody would look at");
  pattern = acme();
  pattern.close = "bye";
  expect_problem(pattern, "has a close, but no open");
}

TEST(LoginPatterns, AreRefusedWhereAClientCouldChooseTheAddress) {
  auto pattern = acme();
  pattern.expression = R"(welcome (?P<user>.*) from (?P<ip>[0-9.]+))";
  expect_problem(pattern,
                 "re is not safe: before the end of the address it is not clear how to go on at ' '");
}

TEST(LoginPatterns, AreTriedOnTheirExamples) {
  auto pattern = acme();
  pattern.matches.emplace_back("Nov 22 10:00:00 mx acme-popd[1]: welcome alice");
  expect_problem(pattern, "is under match, but does not fit");
  pattern = acme();
  pattern.matches.emplace_back("Nov 22 10:00:00 mx acme[1]: welcome alice from 192.0.2.1");
  expect_problem(pattern, "is under match, but its tag is none of the tags");
  pattern = acme();
  pattern.matches.emplace_back("Nov 22 10:00:00 mx acme-popd[1]: welcome alice from 192.0.2");
  expect_problem(pattern, "is under match, but does not fit");
  pattern = acme();
  pattern.mismatches.emplace_back("Nov 22 10:00:00 mx acme-popd[1]: welcome bob from 192.0.2.1");
  expect_problem(pattern, "is under nomatch, but fits");
  pattern = acme();
  pattern.matches.emplace_back("welcome alice from 192.0.2.1");
  expect_problem(pattern, "is not a line of a log");
}

TEST(LoginPatterns, HaveNamesOfTheirOwn) {
  auto pattern = acme();
  pattern.name = "courier";
  expect_problem(pattern, "is the name of a built-in pattern");
  EXPECT_NE(problems_with({acme(), acme()}).find("is the name of two patterns"), std::string::npos);
}

TEST(LoginPatterns, AreLimitedInNumber) {
  EXPECT_EQ(problems_with(std::vector<LoginPattern>(129, acme())), "more than 128 patterns");
}

TEST(LoginPatterns, ExplainWhyNothingFits) {
  const auto compiled = LoginPatterns::compile({acme()});
  EXPECT_EQ(compiled->explain("cron", "x"), "no pattern looks at what 'cron' writes\n");
  EXPECT_EQ(compiled->explain("acme-popd", "x"), "acme: the message does not begin with 'welcome '\n");
  EXPECT_EQ(compiled->explain("acme-popd", "welcome x"),
            "acme: it begins right, but the whole message does not fit welcome (?P<user>\\S+) from "
            "(?P<ip>[0-9A-Fa-f.:]+)\n");
  EXPECT_EQ(compiled->explain("acme-popd", "welcome x from 192.0.2.1"), "acme: fits\n");
}

}  // namespace
}  // namespace systemcheck
