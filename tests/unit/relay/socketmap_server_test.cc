#include "relay/socketmap_server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>

#include "os/local_socket.h"
#include "os/service_socket.h"
#include "os/socket.h"
#include "support/fake_loop.h"
#include "support/real_loop.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

/// A mail server: it sends what it likes, and notes what comes.
class MailServer {
 public:
  explicit MailServer(Connection connection) : socket_(std::move(connection.socket)) {}

  void say(const std::string& text) { EXPECT_EQ(send_bytes(socket_.number(), text).count, text.size()); }
  /// Until nothing more fits between the two.
  std::size_t say_as_much_as_possible(const std::string& text) {
    std::size_t count = 0;
    while (send_bytes(socket_.number(), text).count == text.size())
      ++count;
    return count;
  }
  const std::string& heard() {
    std::array<char, 65536> buffer{};
    while (true) {
      const auto taken = take_bytes(socket_.number(), buffer);
      if (taken.kind == SocketOutcome::Kind::closed || taken.kind == SocketOutcome::Kind::failed)
        is_gone_ = true;
      if (taken.kind != SocketOutcome::Kind::done) return heard_;
      heard_.append(buffer.data(), taken.count);
    }
  }
  bool is_cut_off() { return heard(), is_gone_; }

 private:
  Descriptor socket_;
  std::string heard_{};
  bool is_gone_ = false;
};

class Socketmap : public RealLoopTest {
 protected:
  SocketmapServer& server() {
    if (!server_) {
      auto made = SocketmapServer::listen(
          place, "", loop(), [this](const IpAddress& who) { return answer(who); }, limits);
      if (made) {
        server_ = *std::move(made);
      } else {
        ADD_FAILURE() << made.error().message;
      }
    }
    return *server_;
  }
  MailServer mail_server() {
    server();
    return MailServer(begin_connection(SocketKind::local, path));
  }
  SocketmapAnswer answer(const IpAddress& who) const {
    if (!is_ready) return {.kind = SocketmapAnswer::Kind::temporary, .reason = "not yet"};
    if (who != *IpAddress::parse("127.1.2.3")) return {};
    return {.kind = SocketmapAnswer::Kind::found,
            .expires_on = WallTime{std::chrono::seconds{1'790'000'000}}};
  }
  void hears(MailServer& it, const std::string& text) {
    run_until([&] { return it.heard().size() >= text.size() || it.is_cut_off(); });
    EXPECT_EQ(it.heard(), text);
  }

  TemporaryDirectory directory{};
  std::string path = directory.path("relay.sock");
  std::string place = "unix:" + path;
  SocketmapServer::Limits limits{};
  bool is_ready = true;

 private:
  std::unique_ptr<SocketmapServer> server_{};
};

TEST_F(Socketmap, AnswersOverOneConnectionAsLongAsItIsAsked) {
  auto it = mail_server();
  it.say("17:popauth 127.1.2.3,");
  hears(it, "13:OK 1790000000,");
  it.say("17:popauth 127.1.2.4,");
  hears(it, "13:OK 1790000000,9:NOTFOUND ,");
  EXPECT_EQ(server().counts().found, 1);
  EXPECT_EQ(server().counts().not_found, 1);
  EXPECT_EQ(server().counts().clients, 1);
}

TEST_F(Socketmap, AnswersQuestionsThatComeTogetherOrInPieces) {
  auto it = mail_server();
  it.say("15:popauth unknown,17:popauth 127.1.2.3,17:pop");
  hears(it, "9:NOTFOUND ,13:OK 1790000000,");
  it.say("auth 127.1.2.3,");
  hears(it, "9:NOTFOUND ,13:OK 1790000000,13:OK 1790000000,");
}

TEST_F(Socketmap, SaysSoWhileItDoesNotKnowYet) {
  is_ready = false;
  auto it = mail_server();
  it.say("17:popauth 127.1.2.3,15:popauth unknown,");
  hears(it, "12:TEMP not yet,9:NOTFOUND ,");
}

TEST_F(Socketmap, LeavesAtOnceWhoDoesNotSpeakItsLanguage) {
  auto stranger = mail_server();
  stranger.say("GET / HTTP/1.0\r\n\r\n");
  run_until([&] { return stranger.is_cut_off(); });
  EXPECT_EQ(stranger.heard(), "");
  EXPECT_EQ(server().counts().malformed, 1);
  EXPECT_EQ(server().counts().clients, 0);
}

TEST_F(Socketmap, ForgetsWhoHasGone) {
  {
    auto it = mail_server();
    run_until([&] { return server().counts().clients == 1; });
  }
  run_until([&] { return server().counts().clients == 0; });
}

TEST_F(Socketmap, HasRoomForANewOneInPlaceOfTheMostSilent) {
  limits.clients = 2;
  auto first = mail_server();
  first.say("17:popauth 127.1.2.3,");
  hears(first, "13:OK 1790000000,");
  auto second = mail_server();
  second.say("17:popauth 127.1.2.3,");
  hears(second, "13:OK 1790000000,");
  first.say("17:popauth 127.1.2.3,");
  hears(first, "13:OK 1790000000,13:OK 1790000000,");
  auto third = mail_server();
  third.say("17:popauth 127.1.2.3,");
  hears(third, "13:OK 1790000000,");
  EXPECT_TRUE(second.is_cut_off());
  EXPECT_FALSE(first.is_cut_off());
  EXPECT_EQ(server().counts().pushed_out, 1);
}

TEST_F(Socketmap, ReadsNoMoreFromOneWhoDoesNotListen) {
  auto deaf = mail_server();
  std::string many;
  for (int count = 0; count < 1000; ++count)
    many += "17:popauth 127.1.2.3,";
  // All that fits, again and again, until what it does not take stands in the way of what it asks.
  std::uint64_t asked = 0;
  run_until([&] {
    deaf.say_as_much_as_possible(many);
    const auto before = std::exchange(asked, server().counts().asked);
    return asked > 0 && asked == before;
  });
  auto other = mail_server();
  other.say("17:popauth 127.1.2.3,");
  hears(other, "13:OK 1790000000,");
  // It listens again, and gets an answer to each question that it had asked as a whole.
  run_until([&] { return server().counts().asked > asked && deaf.heard().size() > 17 * asked; });
  EXPECT_FALSE(deaf.is_cut_off());
}

TEST_F(Socketmap, IsForRootAloneUnlessAGroupIsNamed) {
  server();
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Socketmap, AnswersOverTheLoopbackToo) {
  place = "127.0.0.1:0";
  server();
  MailServer it(begin_connection(SocketKind::tcp, "127.0.0.1:" + std::to_string(server().port())));
  run_until([&] { return server().counts().clients == 1; });
  it.say("17:popauth 127.1.2.3,");
  hears(it, "13:OK 1790000000,");
}

TEST(SocketmapOfHours, LeavesWhoAsksNothingForTwo) {
  const TemporaryDirectory directory;
  FakeLoop loop;
  const auto server = SocketmapServer::listen("unix:" + directory.path("s"), "", loop,
                                              [](const IpAddress&) { return SocketmapAnswer{}; }, {});
  ASSERT_TRUE(server);
  MailServer it(begin_connection(SocketKind::local, directory.path("s")));
  for (int number = 0; number < 1024; ++number)
    if (loop.is_watching_descriptor(number)) loop.make_ready(number);
  loop.settle();
  loop.run_for(std::chrono::hours{1});
  EXPECT_EQ((*server)->counts().clients, 1);
  loop.run_for(std::chrono::hours{1});
  EXPECT_EQ((*server)->counts().clients, 0);
  EXPECT_TRUE(it.is_cut_off());
}

TEST(PlacesForServices, AreOnThisMachineOnly) {
  for (const std::string place : {"0.0.0.0:1", "192.0.2.1:1", "[::]:1", "*:1", "1", "", "localhost:1",
                                  "127.0.0.1", "127.0.0.1:99999", "relay.sock", "unix:"}) {
    const auto listener = listen_for_services(place, "");
    ASSERT_FALSE(listener) << place;
    EXPECT_EQ(listener.error().kind, Error::Kind::malformed) << place;
  }
}

TEST(PlacesForServices, NeedAGroupThatThereIs) {
  const TemporaryDirectory directory;
  const auto listener = listen_for_services("unix:" + directory.path("s"), "no-such-group");
  ASSERT_FALSE(listener);
  EXPECT_NE(listener.error().message.find("there is no group no-such-group"), std::string::npos);
}

}  // namespace
}  // namespace systemcheck::test
