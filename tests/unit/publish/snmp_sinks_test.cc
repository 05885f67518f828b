#include "publish/snmp_sinks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

/// Where one's community is kept.
class Sinks : public ::testing::Test {
 protected:
  void write(const std::string& content, std::filesystem::perms permissions = std::filesystem::perms{0600}) {
    std::ofstream(file) << content;
    std::filesystem::permissions(file, permissions);
  }
  [[nodiscard]] SnmpConfig config(SnmpSink sink) const {
    if (sink.version == SinkVersion::v2c) sink.community_file = file;
    SnmpConfig config;
    config.notify.sinks = {std::move(sink)};
    return config;
  }
  [[nodiscard]] std::string line(const SnmpSink& sink) const {
    const auto lines = sink_lines(config(sink));
    if (!lines) return lines.error().message;
    return lines->size() == 1 ? lines->front() : "";
  }
  [[nodiscard]] std::string problem() const {
    const auto text = line({.to = "udp:192.0.2.9:162"});
    const auto at = text.find(file);
    return at == std::string::npos ? text : text.substr(at + file.size());
  }

  TemporaryDirectory directory{};
  std::string file = directory.path() + "/community";
};

TEST_F(Sinks, AreSessionsOfNetSnmp) {
  write("secret-1\n");
  EXPECT_EQ(line({.to = "udp:192.0.2.9:162"}), "trapsess -v 2c -c secret-1 udp:192.0.2.9:162");
  EXPECT_EQ(line({.to = "udp6:[::1]:162", .kind = SinkKind::inform}),
            "trapsess -v 2c -Ci -t 2 -r 3 -c secret-1 udp6:[::1]:162");
  EXPECT_EQ(line({.to = "udp:192.0.2.9:162", .version = SinkVersion::v3, .user = "noc"}),
            "trapsess -v 3 -l authPriv -u noc udp:192.0.2.9:162");
}

TEST_F(Sinks, AreThoseOfAnSnmpdWhereThereIsOne) {
  auto below = config({.to = "udp:192.0.2.9:162"});
  below.mode = SnmpMode::agentx;
  EXPECT_TRUE(sink_lines(below)->empty());
}

TEST_F(Sinks, WantACommunityThatNobodyElseReads) {
  EXPECT_EQ(problem(), ": No such file or directory");
  write("secret-1\n", std::filesystem::perms{0640});
  EXPECT_EQ(problem(), ": must be a file of root's that nobody else may read (chmod 600)");
}

TEST_F(Sinks, WantACommunityThatIsOneWord) {
  const std::string complaint =
      ": must have one line, the community: up to 64 printable characters without blanks, quotes, "
      "backslashes and #";
  for (const std::string bad : {"", "\n", "two words\n", "two\nlines\n", "a#b\n", "a\"b\n", "a\\b\n"}) {
    write(bad);
    EXPECT_EQ(problem(), complaint) << bad;
  }
  write(std::string(65, 'a'));
  EXPECT_EQ(problem(), complaint);
  write(std::string(64, 'a'));
  EXPECT_NE(problem(), complaint);
}

}  // namespace
}  // namespace systemcheck::test
