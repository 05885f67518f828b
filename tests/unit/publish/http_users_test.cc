#include "publish/http_users.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

using std::chrono::seconds;

constexpr Instant noon{std::chrono::hours{12}};

struct World {
  HttpUsers::Hashes hashes{{"alice", "hash of alice"}, {"bob", "hash of bob"}};
  HttpUsers users{};

  HttpLogin look_up(const std::string& user, const std::string& password, const std::string& from = "here",
                    Instant now = noon) {
    return users.look_up(hashes, {.user = user, .password = password}, from, now);
  }
  void learn(const std::string& user, const std::string& password, bool is_good) {
    users.learn(hashes, {.user = user, .password = password}, "here", is_good);
  }
};

TEST(HttpUsers, RemembersWhatWasComputed) {
  World world;
  EXPECT_EQ(world.look_up("alice", "right"), HttpLogin::unknown);
  world.learn("alice", "right", true);
  world.learn("alice", "wrong", false);

  EXPECT_EQ(world.look_up("alice", "right"), HttpLogin::good);
  EXPECT_EQ(world.look_up("alice", "wrong"), HttpLogin::wrong);
  EXPECT_EQ(world.look_up("bob", "right"), HttpLogin::unknown);
}

TEST(HttpUsers, ForgetsAPasswordThatWasChanged) {
  World world;
  world.learn("alice", "right", true);

  world.hashes["alice"] = "another hash";

  EXPECT_EQ(world.look_up("alice", "right"), HttpLogin::unknown);
}

TEST(HttpUsers, NeverLetsANameInThatIsNobodys) {
  World world;
  world.learn("mallory", "password of the hash that was computed instead", true);

  EXPECT_EQ(world.look_up("mallory", "password of the hash that was computed instead"), HttpLogin::wrong);
}

TEST(HttpUsers, TakesAsLongForANameThatIsNobodys) {
  const World world;
  EXPECT_EQ(HttpUsers::hash_for(world.hashes, "bob"), "hash of bob");
  EXPECT_EQ(HttpUsers::hash_for(world.hashes, "mallory"), "hash of alice");
}

TEST(HttpUsers, LetsOnePlaceWaitThatIsWrongTooOften) {
  World world;
  for (unsigned i = 0; i < wrong_passwords_max; ++i)
    EXPECT_EQ(world.look_up("alice", std::to_string(i)), HttpLogin::unknown) << i;

  EXPECT_EQ(world.look_up("alice", "one more"), HttpLogin::too_often);
  EXPECT_EQ(world.look_up("alice", "one more", "elsewhere"), HttpLogin::unknown);
  EXPECT_EQ(world.look_up("alice", "one more", "here", noon + wrong_passwords_time), HttpLogin::unknown);
}

TEST(HttpUsers, LetsThoseInWhoAreKnownHoweverOftenOthersAreWrong) {
  World world;
  world.learn("alice", "right", true);
  for (unsigned i = 0; i < 2 * wrong_passwords_max; ++i)
    (void)world.look_up("bob", std::to_string(i));

  EXPECT_EQ(world.look_up("alice", "right"), HttpLogin::good);
}

TEST(HttpUsers, CountsOnlyWhatWasWrong) {
  World world;
  for (unsigned i = 0; i < 2 * wrong_passwords_max; ++i) {
    world.hashes["alice"] = std::to_string(i);
    EXPECT_EQ(world.look_up("alice", "right"), HttpLogin::unknown) << i;
    world.learn("alice", "right", true);
  }
}

TEST(HttpUsers, RemembersOnlySoMany) {
  World world;
  world.learn("alice", "right", true);
  for (int i = 0; i < 300; ++i)
    world.learn("bob", std::to_string(i), false);

  EXPECT_EQ(world.look_up("alice", "right"), HttpLogin::unknown);  // It is only computed anew.
}

TEST(HttpUsers, CountsPlacesTogetherWhereThereAreTooMany) {
  World world;
  for (int i = 0; i < 1100; ++i)
    (void)world.look_up("alice", "x", "place " + std::to_string(i));

  EXPECT_EQ(world.look_up("alice", "x", "yet another"), HttpLogin::too_often);
  EXPECT_EQ(world.look_up("alice", "x", "place 1"), HttpLogin::unknown);
}

TEST(BasicAuthorization, IsReadAsItIsWritten) {
  const auto said = parse_basic_authorization("basic  YWxpY2U6c2VjcmV0OnRvbw==");
  ASSERT_TRUE(said);
  EXPECT_EQ(said->user, "alice");
  EXPECT_EQ(said->password, "secret:too");
}

TEST(BasicAuthorization, IsNothingWhereItIsBroken) {
  for (const auto& broken :
       {std::string(), std::string("Basic"), std::string("Basic "), std::string("Basic !!!!"),
        std::string("Bearer YWxpY2U6eA=="), std::string("Basic YWxpY2U="), "Basic " + std::string(4000, 'A')})
    EXPECT_FALSE(parse_basic_authorization(broken)) << broken;
}

TEST(KeyedDigest, TellsPartsApartHoweverTheyAreCut) {
  const auto key = random_key();
  EXPECT_NE(keyed_digest(key, {"ab", "c"}), keyed_digest(key, {"a", "bc"}));
  EXPECT_NE(keyed_digest(key, {"a"}), keyed_digest(random_key(), {"a"}));
  EXPECT_EQ(keyed_digest(key, {"a"}), keyed_digest(key, {"a"}));
  EXPECT_TRUE(is_equal_secretly("a", "a"));
  EXPECT_FALSE(is_equal_secretly("", ""));
  EXPECT_FALSE(is_equal_secretly("a", "b"));
}

}  // namespace
}  // namespace systemcheck
