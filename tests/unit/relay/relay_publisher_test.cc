#include "relay/relay_publisher.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "os/local_socket.h"
#include "support/real_loop.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

using Kind = RelayMap::Kind;

class Publisher : public RealLoopTest {
 protected:
  RelayPublisher& publisher() {
    if (!made_)
      made_ =
          std::make_unique<RelayPublisher>(loop(), maps, [](const IpAddress&) { return SocketmapAnswer{}; });
    return *made_;
  }
  void log_in(int number) {
    auto bytes = IpAddress::parse("10.0.0.0")->bytes();
    bytes[14] = static_cast<std::uint8_t>(number >> 8);
    bytes[15] = static_cast<std::uint8_t>(number);
    const Login login{
        .address = IpAddress::from_bytes(bytes), .user = std::to_string(number), .at = now.wall};
    table.authorise(login, {}, now);
  }
  [[nodiscard]] static std::size_t lines(const std::string& path) {
    std::ifstream file(path);
    return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
  }

  TemporaryDirectory directory{};
  std::vector<RelayMap> maps{};
  BothClocks now{.since_boot = std::chrono::hours{1}, .wall = WallTime{std::chrono::seconds{1'795'371'600}}};
  RelayTable table{RelayRules{.limits = {}}, now};

 private:
  std::unique_ptr<RelayPublisher> made_{};
};

TEST_F(Publisher, PassesOnAllChangesToEachFileALittleAtATime) {
  maps = {{.kind = Kind::plain_file, .places = {directory.path("one"), directory.path("two")}},
          {.kind = Kind::postfix_lmdb, .places = {directory.path("three")}},
          {.kind = Kind::sendmail_hash, .places = {directory.path("four")}}};
  constexpr int more_than_at_a_time = 3 * RelayPublisher::changes_at_a_time;
  for (int number = 0; number < more_than_at_a_time; ++number)
    log_in(number);
  publisher().take_changes(table);
  EXPECT_TRUE(table.has_changes());
  run_until([&] { return lines(directory.path("one")) > 0; });
  EXPECT_EQ(lines(directory.path("one")), more_than_at_a_time) << "the file of the last run had them, too";
  run_until([&] { return lines(directory.path("two")) == more_than_at_a_time; });
  ASSERT_EQ(publisher().files().size(), 4);
  for (std::size_t file = 0; file < 4; ++file)
    run_until([&] { return publisher().files()[file].entries == more_than_at_a_time; });
}

TEST_F(Publisher, GoesOnWithTheOthersWhereOneCannotBeOpened) {
  maps = {{.kind = Kind::socketmap, .places = {"0.0.0.0:1", "unix:" + directory.path("s")}},
          {.kind = Kind::plain_file, .places = {"/proc/nowhere/map", directory.path("map")}}};
  publisher().take_changes(table);
  const auto sockets = publisher().sockets();
  EXPECT_NE(sockets[0].error, "");
  EXPECT_EQ(sockets[1].error, "");
  EXPECT_TRUE(connect_locally(directory.path("s")));
  run_until([&] { return publisher().files()[1].updates == 1; });
  run_until([&] { return !publisher().files()[0].error.empty(); });
}

TEST_F(Publisher, TakesNoSocketFromAnotherDaemon) {
  maps = {{.kind = Kind::socketmap, .places = {"unix:" + directory.path("s")}}};
  const auto other = listen_locally(directory.path("s"), 0600);
  ASSERT_TRUE(other);
  EXPECT_NE(publisher().sockets()[0].error.find("another daemon answers there"), std::string::npos);
}

}  // namespace
}  // namespace systemcheck::test
