#include "relay/login_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace systemcheck {
namespace {

using namespace std::chrono_literals;

const auto noon = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}} + 12h;

LoginReader reader_with(ReaderRules rules) {
  return {*LoginPatterns::compile({}), std::move(rules), [](WallTime) { return 0h; }};
}

LoginReader believing() { return reader_with({.trusted_origin = TrustedOrigin::ignored}); }

const std::string courier =
    "Nov 22 11:59:00 mx pop3d: LOGIN, user=alice, ip=[::ffff:192.0.2.3], port=[60339]";

std::string popa3d(const std::string& clock, int pid, const std::string& message) {
  return "Nov 22 " + clock + " mx popa3d[" + std::to_string(pid) + "]: " + message;
}

TEST(LoginReader, FindsWhoHasLoggedInFromWhereAndWhen) {
  auto reader = believing();
  const auto reading = reader.read(courier, noon);
  ASSERT_EQ(reading.verdict, LineVerdict::login);
  EXPECT_EQ(*reading.login, (Login{.address = *IpAddress::parse("192.0.2.3"),
                                   .user = "alice",
                                   .pattern = "courier",
                                   .at = noon - 1min}));
  EXPECT_EQ(reader.count(LineVerdict::login), 1U);
}

TEST(LoginReader, CountsEveryLineByWhatBecameOfIt) {
  auto reader = believing();
  EXPECT_EQ(reader.read("what is this", noon).verdict, LineVerdict::unreadable);
  EXPECT_EQ(reader.read("Nov 22 11:59:00 mx cron[1]: hello", noon).verdict, LineVerdict::nothing);
  EXPECT_EQ(reader.count(LineVerdict::unreadable), 1U);
  EXPECT_EQ(reader.count(LineVerdict::nothing), 1U);
  EXPECT_EQ(reader.count(LineVerdict::login), 0U);
}

TEST(LoginReader, BelievesNoLineWhoseWriterIsNotKnown) {
  auto reader = reader_with({.senders = {0}});
  const auto reading = reader.read(courier, noon);
  EXPECT_EQ(reading.verdict, LineVerdict::untrusted);
  EXPECT_EQ(reading.user, "alice");
  EXPECT_FALSE(reading.login);
}

TEST(LoginReader, BelievesSendersAndNobodyElse) {
  const auto line = [](const char* writer) {
    return "2026-11-22T11:59:00Z mx uid=" + std::string(writer) +
           " pid=21 exe=/usr/bin/x pop3d: LOGIN, user=alice, ip=[192.0.2.3], port=[1]";
  };
  auto reader = reader_with({.layout = LineLayout::annotated, .senders = {0, 106}});
  EXPECT_EQ(reader.read(line("0"), noon).verdict, LineVerdict::login);
  EXPECT_EQ(reader.read(line("106"), noon).verdict, LineVerdict::login);
  EXPECT_EQ(reader.read(line("1000"), noon).verdict, LineVerdict::untrusted);
  EXPECT_EQ(reader.read(line(""), noon).verdict, LineVerdict::unreadable);
  EXPECT_EQ(reader.read(courier, noon).verdict, LineVerdict::unreadable);
}

TEST(LoginReader, DoesNotBelieveAStrangerEvenWhereUnknownWritersAreBelieved) {
  auto reader = reader_with(
      {.layout = LineLayout::annotated, .trusted_origin = TrustedOrigin::ignored, .senders = {0}});
  const auto* line =
      "2026-11-22T11:59:00Z mx uid=1000 pid=21 exe= pop3d: LOGIN, user=alice, ip=[192.0.2.3], port=[1]";
  EXPECT_EQ(reader.read(line, noon).verdict, LineVerdict::untrusted);
}

TEST(LoginReader, CountsALoginWithoutAnAddress) {
  auto reader = believing();
  const auto reading = reader.read(
      "Nov 22 11:59:00 mx mu-pop3d[916]: user `alice' logged in with mailbox `/var/mail/alice' (0 messages)",
      noon);
  EXPECT_EQ(reading.verdict, LineVerdict::login_without_address);
  EXPECT_EQ(reading.user, "alice");
}

TEST(LoginReader, TakesNothingForAnAddressThatIsNone) {
  for (const auto* address :
       {"1.2.3", "1.2.3.4.5", "::1::2", "256.1.1.1", "1.2.3.4:25", "::", "....", "01.2.3.4"}) {
    auto reader = believing();
    const auto verdict =
        reader.read("Nov 22 11:59:00 mx pop3d: LOGIN, user=alice, ip=[" + std::string(address) + "]", noon)
            .verdict;
    EXPECT_EQ(verdict, address == std::string("::") ? LineVerdict::login : LineVerdict::bad_address)
        << address;
  }
}

TEST(LoginReader, TakesNoUserThatIsTooLongOrHasControlCharacters) {
  const auto verdict = [](const std::string& user) {
    auto reader = believing();
    return reader.read("Nov 22 11:59:00 mx pop3d: LOGIN, user=" + user + ", ip=[192.0.2.3]", noon).verdict;
  };
  EXPECT_EQ(verdict(std::string(255, 'x')), LineVerdict::login);
  EXPECT_EQ(verdict(std::string(256, 'x')), LineVerdict::bad_user);
  EXPECT_EQ(verdict("al\x1B[2Jice"), LineVerdict::bad_user);
  EXPECT_EQ(verdict("al\x7F"), LineVerdict::bad_user);
}

TEST(LoginReader, TakesNoLoginWithoutATime) {
  auto reader = believing();
  EXPECT_EQ(reader.read("<22>1 - mx pop3d - - -  LOGIN, user=alice, ip=[192.0.2.3]", noon).verdict,
            LineVerdict::bad_time);
  EXPECT_EQ(reader.read("2026-11-22T11:99:00Z mx pop3d: LOGIN, user=alice, ip=[192.0.2.3]", noon).verdict,
            LineVerdict::bad_time);
}

TEST(LoginReader, TakesNoLoginFromTheFuture) {
  auto reader = believing();
  const auto* line = "2026-11-22T12:01:01Z mx pop3d: LOGIN, user=alice, ip=[192.0.2.3]";
  EXPECT_EQ(reader.read(line, noon).verdict, LineVerdict::from_the_future);
  EXPECT_EQ(reader.read(line, noon + 1s).verdict, LineVerdict::login);
  auto looking = reader_with({.trusted_origin = TrustedOrigin::ignored, .is_of_any_time = true});
  EXPECT_EQ(looking.read(line, noon).verdict, LineVerdict::login);
}

TEST(TwoLines, OfOneProcessAreALogin) {
  auto reader = believing();
  EXPECT_EQ(reader.read(popa3d("11:59:00", 7, "Session from 192.0.2.3"), noon).verdict, LineVerdict::opened);
  const auto reading = reader.read(popa3d("11:59:01", 7, "Authentication passed for alice"), noon);
  ASSERT_EQ(reading.verdict, LineVerdict::login);
  EXPECT_EQ(reading.login->address.text(), "192.0.2.3");
  EXPECT_EQ(reading.login->at, noon - 59s);
  EXPECT_EQ(reader.open_sessions(), 0U);
}

TEST(TwoLines, AreALoginOnce) {
  auto reader = believing();
  reader.read(popa3d("11:59:00", 7, "Session from 192.0.2.3"), noon);
  reader.read(popa3d("11:59:01", 7, "Authentication passed for alice"), noon);
  EXPECT_EQ(reader.read(popa3d("11:59:02", 7, "Authentication passed for bob"), noon).verdict,
            LineVerdict::login_without_address);
}

TEST(TwoLines, OfDifferentProcessesAreNone) {
  auto reader = believing();
  reader.read(popa3d("11:59:00", 7, "Session from 192.0.2.3"), noon);
  EXPECT_EQ(reader.read(popa3d("11:59:01", 8, "Authentication passed for alice"), noon).verdict,
            LineVerdict::login_without_address);
}

TEST(TwoLines, AreNoneAfterTheFirstCameToNothing) {
  auto reader = believing();
  reader.read(popa3d("11:59:00", 7, "Session from 192.0.2.3"), noon);
  EXPECT_EQ(reader.read(popa3d("11:59:00", 7, "Authentication failed for alice"), noon).verdict,
            LineVerdict::closed);
  EXPECT_EQ(reader.read(popa3d("11:59:01", 7, "Authentication passed for alice"), noon).verdict,
            LineVerdict::login_without_address);
}

TEST(TwoLines, AreNoneTooLongAfterEachOtherByTheirOwnTime) {
  const auto verdict_at = [](const char* clock) {
    auto reader = believing();
    reader.read(popa3d("11:50:00", 7, "Session from 192.0.2.3"), noon);
    return reader.read(popa3d(clock, 7, "Authentication passed for alice"), noon).verdict;
  };
  EXPECT_EQ(verdict_at("11:52:00"), LineVerdict::login);
  EXPECT_EQ(verdict_at("11:52:01"), LineVerdict::login_without_address);
  EXPECT_EQ(verdict_at("11:49:00"), LineVerdict::login);
  EXPECT_EQ(verdict_at("11:48:59"), LineVerdict::login_without_address);
}

TEST(TwoLines, AreNoneWhereTheProcessHasNoNumber) {
  auto reader = believing();
  EXPECT_EQ(reader.read("Nov 22 11:59:00 mx popa3d: Session from 192.0.2.3", noon).verdict,
            LineVerdict::nothing);
  EXPECT_EQ(reader.read("Nov 22 11:59:00 mx popa3d: Authentication passed for alice", noon).verdict,
            LineVerdict::login_without_address);
}

TEST(TwoLines, AreNoneWhereAStrangerWroteTheFirst) {
  auto reader = reader_with({.layout = LineLayout::annotated, .senders = {0}});
  const auto line = [](int writer, const std::string& message) {
    return "2026-11-22T11:59:00Z mx uid=" + std::to_string(writer) + " pid=7 exe= popa3d[7]: " + message;
  };
  reader.read(line(1000, "Session from 198.51.100.1"), noon);
  EXPECT_EQ(reader.read(line(0, "Authentication passed for alice"), noon).verdict,
            LineVerdict::login_without_address);
}

TEST(TwoLines, OfManySessionsAtOnceForgetTheOldest) {
  auto reader = believing();
  const int many = static_cast<int>(LoginReader::sessions_max) + 1;
  for (int pid = 1; pid <= many; ++pid)
    reader.read(popa3d("11:59:00", pid, "Session from 192.0.2.3"), noon);
  EXPECT_EQ(reader.open_sessions(), LoginReader::sessions_max);
  EXPECT_EQ(reader.forgotten(), 1U);
  EXPECT_EQ(reader.read(popa3d("11:59:01", 1, "Authentication passed for alice"), noon).verdict,
            LineVerdict::login_without_address);
  EXPECT_EQ(reader.read(popa3d("11:59:01", many, "Authentication passed for alice"), noon).verdict,
            LineVerdict::login);
}

TEST(TwoLines, OfSessionsThatRanOutMakeRoom) {
  auto reader = believing();
  for (int pid = 1; pid <= 100; ++pid)
    reader.read(popa3d("11:50:00", pid, "Session from 192.0.2.3"), noon);
  reader.read(popa3d("11:59:00", 1000, "Session from 192.0.2.3"), noon);
  EXPECT_EQ(reader.open_sessions(), 1U);
  EXPECT_EQ(reader.forgotten(), 0U);
}

TEST(Explanation, SaysWhatTheLineSaysAndWhatComesOfIt) {
  EXPECT_EQ(believing().explain(courier, noon),
            "time: Nov 22 11:59:00\n"
            "tag: pop3d\n"
            "pid: -\n"
            "written by: nobody knows whom\n"
            "message: LOGIN, user=alice, ip=[::ffff:192.0.2.3], port=[60339]\n"
            "courier: fits\n"
            "address: ::ffff:192.0.2.3\n"
            "user: alice\n"
            "verdict: a login from 192.0.2.3\n");
}

TEST(Explanation, SaysWhyNothingComesOfALine) {
  const auto expect = [](const LoginReader& reader, const std::string& line, std::string_view words) {
    EXPECT_NE(reader.explain(line, noon).find(words), std::string::npos) << reader.explain(line, noon);
  };
  expect(believing(), "x", "the line is neither");
  expect(reader_with({.layout = LineLayout::annotated}), courier, "as contrib/rsyslog/ makes them");
  expect(reader_with({}), courier, "verdict: nothing: it would be a login, but it is not known");
  expect(believing(), "Nov 22 11:59:00 mx cron: x",
         "no pattern looks at what 'cron' writes\nverdict: nothing");
  expect(believing(), popa3d("11:59:00", 7, "Session from 192.0.2.3"), "verdict: a session begins");
  expect(believing(), popa3d("11:59:00", 7, "Authentication passed for a"),
         "an earlier line of the same process");
  expect(believing(), "Nov 22 11:59:00 mx mu-pop3d: user `a' logged in with mailbox `b' (0 messages)",
         "systemcheckctl relay add");
}

}  // namespace
}  // namespace systemcheck
