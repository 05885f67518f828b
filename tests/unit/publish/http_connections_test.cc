#include "publish/http_connections.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>

#include "os/descriptor.h"

namespace systemcheck {
namespace {

using std::chrono::seconds;

constexpr Instant noon{std::chrono::hours{12}};

/// A client, and the socket that the server has for it.
struct Client {
  Client() {
    std::array<int, 2> both{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data()), 0);
    own = Descriptor(both[0]);
    served = Descriptor(both[1]);
  }
  [[nodiscard]] bool is_ended() const {
    pollfd event{.fd = own.number(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&event, 1, 0) == 1;
  }

  Descriptor own{};
  Descriptor served{};
};

struct World {
  HttpConnections connections{2};
  std::array<Client, 4> clients{};
  std::array<HttpConnections::Connection*, 4> them{};

  void connect(std::size_t which, Instant now) {
    them.at(which) = connections.add(clients.at(which).served.number(), now);
    connections.end_overdue(now);
  }
  [[nodiscard]] bool is_ended(std::size_t which) const { return clients.at(which).is_ended(); }
};

TEST(HttpConnections, EndsTheOneThatIsSilentForTheLongestWhenThereAreTooMany) {
  World world;
  world.connect(0, noon);
  world.connect(1, noon + seconds{1});
  EXPECT_FALSE(world.is_ended(0));

  world.connect(2, noon + seconds{2});

  EXPECT_TRUE(world.is_ended(0));
  EXPECT_FALSE(world.is_ended(1));
  EXPECT_FALSE(world.is_ended(2));
}

TEST(HttpConnections, LeavesThoseInPeaceWhoTakeAnAnswer) {
  World world;
  world.connect(0, noon);
  world.connections.note_request(*world.them[0], noon);
  world.connect(1, noon + seconds{1});
  world.connect(2, noon + seconds{2});

  EXPECT_FALSE(world.is_ended(0));
  EXPECT_TRUE(world.is_ended(1));
}

TEST(HttpConnections, EndsARequestThatTakesTooLong) {
  World world;
  world.connect(0, noon);

  world.connections.end_overdue(noon + http_request_time_max);
  EXPECT_FALSE(world.is_ended(0));
  world.connections.end_overdue(noon + http_request_time_max + seconds{1});
  EXPECT_TRUE(world.is_ended(0));
}

TEST(HttpConnections, CountsTheTimeOfTheNextRequestFromTheAnswer) {
  World world;
  world.connect(0, noon);
  world.connections.note_request(*world.them[0], noon + seconds{20});
  world.connections.note_answered(*world.them[0], noon + seconds{25});

  world.connections.end_overdue(noon + seconds{50});
  EXPECT_FALSE(world.is_ended(0));
  world.connections.end_overdue(noon + seconds{56});
  EXPECT_TRUE(world.is_ended(0));
}

TEST(HttpConnections, EndsAnAnswerThatIsNotTaken) {
  World world;
  world.connect(0, noon);
  world.connections.note_request(*world.them[0], noon);

  world.connections.end_overdue(noon + http_answer_time_max + seconds{1});

  EXPECT_TRUE(world.is_ended(0));
}

TEST(HttpConnections, LetsStayWhoMay) {
  World world;
  world.connect(0, noon);
  world.connections.note_request(*world.them[0], noon);
  world.connections.let_stay(*world.them[0]);

  world.connections.end_overdue(noon + std::chrono::hours{24});

  EXPECT_FALSE(world.is_ended(0));
}

TEST(HttpConnections, ForgetsThoseWhoHaveLeftHoweverTheyEnded) {
  World world;
  world.connect(0, noon);
  world.connect(1, noon);
  world.connect(2, noon);  // Ends the first one.
  world.connections.note_answered(*world.them[0], noon);
  for (const auto which : {0U, 1U, 2U})
    world.connections.remove(*world.them.at(which));

  EXPECT_EQ(world.connections.size(), 0U);
}

}  // namespace
}  // namespace systemcheck
