#include "offline/relay_scan.h"

#include <gtest/gtest.h>

#include <string>

#include "os/line_reader.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

class RelayScanning : public testing::Test {
 protected:
  RelayScanning() { rules.reader.trusted_origin = TrustedOrigin::ignored; }

  std::string scan(const std::string& log, const std::string& prefix = "") {
    const auto path = directory.write_file("log", log);
    const auto output_path = directory.path("output");
    auto* output = std::fopen(output_path.c_str(), "w+");
    RelayScan scan(rules);
    const auto status = scan.scan(path, prefix, output);
    EXPECT_TRUE(status) << status.error().message;
    counts = scan.counts();
    std::rewind(output);
    std::string text(4096, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), output));
    EXPECT_EQ(std::fclose(output), 0);
    return text;
  }

  TemporaryDirectory directory{};
  ScanRules rules{.offset_at = [](WallTime) { return 0h; },
                  .now = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}}};
  ScanCounts counts{};
};

const std::string login =
    "Nov 22 11:59:00 mx pop3d: LOGIN, user=alice, ip=[::ffff:192.0.2.3], port=[60339]\n";
const std::string noise = "Nov 22 11:59:00 mx cron[1]: hello\n";
const std::string annotated =
    "2026-11-22T11:59:00Z mx uid=0 pid=1 exe=/x pop3d: LOGIN, user=bob, ip=[2001:db8::1]\n";

TEST_F(RelayScanning, TellsLineAddressAndUserOfEachLogin) {
  EXPECT_EQ(scan(noise + login + noise + login), "2\t192.0.2.3\talice\n4\t192.0.2.3\talice\n");
  EXPECT_EQ(counts.lines, 4U);
}

TEST_F(RelayScanning, TellsWhichLogItWas) {
  EXPECT_EQ(scan(login, "maillog:"), "maillog:1\t192.0.2.3\talice\n");
}

TEST_F(RelayScanning, TellsOfALoginThatAuthorisesNobody) {
  rules.reader.trusted_origin = TrustedOrigin::required;
  EXPECT_EQ(scan(login), "1\t-\talice\n");
  EXPECT_EQ(counts.of(LineVerdict::untrusted), 1U);
}

TEST_F(RelayScanning, ReadsALastLineWithoutItsNewline) {
  EXPECT_EQ(scan(noise + login.substr(0, login.size() - 1)), "2\t192.0.2.3\talice\n");
}

TEST_F(RelayScanning, SkipsLinesThatAreTooLongAndCountsThemAsLines) {
  const std::string long_line(1'000'000, 'x');
  EXPECT_EQ(scan(long_line + "\n" + login + long_line), "2\t192.0.2.3\talice\n");
  EXPECT_EQ(counts.too_long, 2U);
  EXPECT_EQ(counts.lines, 3U);
}

TEST_F(RelayScanning, SeesWhetherEveryLineSaysWhoWroteIt) {
  rules.reader = {.senders = {0}};
  EXPECT_EQ(scan(annotated), "1\t2001:db8::1\tbob\n");
  EXPECT_EQ(counts.annotated.size(), 1U);
}

TEST_F(RelayScanning, BelievesNoLineThatLooksAnnotatedAmongOthers) {
  rules.reader = {.senders = {0}};
  EXPECT_EQ(scan(login + annotated), "1\t-\talice\n");
  EXPECT_TRUE(counts.annotated.empty());
}

TEST_F(RelayScanning, TellsNoAddressThatIsNeverToBeAuthorised) {
  rules.never = {*IpNetwork::parse("192.0.2.0/24")};
  EXPECT_EQ(scan(login), "1\t-\talice\n");
  EXPECT_EQ(counts.never, 1U);
}

TEST_F(RelayScanning, CountsLoginsFromThisMachineItself) {
  scan(
      "Nov 22 11:59:00 mx pop3d: LOGIN, user=a, ip=[127.0.0.1]\nNov 22 11:59:00 mx pop3d: LOGIN, user=a, "
      "ip=[::1]\n");
  EXPECT_EQ(counts.from_loopback, 2U);
}

TEST_F(RelayScanning, LearnsWhatADovecotCallsItself) {
  const std::string dovecot =
      "Nov 22 11:59:00 mx d3: pop3-login: Login: user=<a>, method=PLAIN, rip=192.0.2.3, lip=::1\n";
  EXPECT_EQ(scan(dovecot), "");
  EXPECT_EQ(scan("Nov 22 11:58:00 mx d3: master: Dovecot v2.3.19.1 starting up for pop3\n" + dovecot),
            "2\t192.0.2.3\ta\n");
  EXPECT_TRUE(counts.instances.contains("d3"));
}

TEST_F(RelayScanning, ShowsNoControlCharactersOfAName) {
  EXPECT_EQ(scan("Nov 22 11:59:00 mx pop3d: LOGIN, user=\x1B[2J, ip=[192.0.2.3]\n"), "1\t-\t\\x1b[2J\n");
}

TEST_F(RelayScanning, TellsOnlyOfThePatternsThatAreAskedFor) {
  rules.only = {"dovecot"};
  EXPECT_EQ(scan(login), "");
}

TEST_F(RelayScanning, FailsWhereThereIsNoLog) {
  RelayScan scan(rules);
  const auto status = scan.scan(directory.path("nothing"), "", stdout);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, Error::Kind::not_found);
}

}  // namespace
}  // namespace systemcheck::test
