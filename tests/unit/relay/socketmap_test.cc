#include "relay/socketmap.h"

#include <gtest/gtest.h>

#include <random>

#include "fuzz/socketmap.cc"

namespace systemcheck {
namespace {

using Kind = SocketmapRequest::Kind;

std::string key(const std::string& request) {
  const auto address = parse_socketmap_key(request);
  return address ? address->text() : "no address";
}

TEST(SocketmapRequests, AreTakenOneAfterTheOther) {
  std::string_view input = "17:popauth 192.0.2.1,7:popauth,5:popa";
  const auto first = take_socketmap_request(input);
  EXPECT_EQ(first.kind, Kind::complete);
  EXPECT_EQ(first.text, "popauth 192.0.2.1");
  EXPECT_EQ(take_socketmap_request(input).text, "popauth");
  EXPECT_EQ(take_socketmap_request(input).kind, Kind::incomplete);
  EXPECT_EQ(input, "5:popa");
}

TEST(SocketmapRequests, WaitForWhatHasNotCome) {
  for (std::string_view input : {"", "1", "12", "0:", "4:abc", "4:abcd"})
    EXPECT_EQ(take_socketmap_request(input).kind, Kind::incomplete) << input;
}

TEST(SocketmapRequests, AreGivenUpWhereTheyAreNone) {
  for (std::string_view input : {":", ":,", "x", "-1:a,", " 3:abc,", "3;abc,", "3:abcd", "03:abc,", "00:,",
                                 "99999", "2049:", "GET / HTTP/1.0\r\n", "+3:abc,"})
    EXPECT_EQ(take_socketmap_request(input).kind, Kind::malformed) << input;
}

TEST(SocketmapRequests, MayBeAsLongAsAllowed) {
  const std::string text(socketmap_request_bytes_max, 'x');
  const auto sent = std::to_string(text.size()) + ":" + text + ",";
  std::string_view input = sent;
  EXPECT_EQ(take_socketmap_request(input).text, text);
}

TEST(SocketmapKeys, AreAddressesAsBothMailServersWriteThem) {
  EXPECT_EQ(key("popauth 127.1.2.3"), "127.1.2.3");
  EXPECT_EQ(key("popauth ipv6:2001:db8:0:0:0:0:0:5"), "2001:db8::5");
  EXPECT_EQ(key("popauth IPv6:2001:db8:0:0:0:0:0:5"), "2001:db8::5");
  EXPECT_EQ(key("relay 2001:db8::5"), "2001:db8::5");
  EXPECT_EQ(key("relay ::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(key("relay ipv6:0:0:0:0:0:ffff:c000:201"), "192.0.2.1");
}

TEST(SocketmapKeys, AreNothingElse) {
  for (const std::string request :
       {"", "popauth", "popauth ", "popauth unknown", "popauth client.example.org", "popauth 127.1.2",
        "popauth 127.1.2.3 ", "popauth  127.1.2.3", "popauth 127.1.2.3,", "popauth [127.1.2.3]", "popauth 0",
        "popauth ipv6:127.1.2.3", "popauth ipv6:", "popauth ipv6:ipv6:::1", "popauth 127.1.2.3/8",
        "popauth 2001:db8:", "popauth fe80::1%eth0", "popauth 0x7f.1", "127.1.2.3"})
    EXPECT_EQ(key(request), "no address") << request;
  EXPECT_EQ(key(std::string("popauth 127.1.2.3\0x", 19)), "no address");
}

TEST(SocketmapAnswers, AreNetstrings) {
  using Answer = SocketmapAnswer::Kind;
  const WallTime end{std::chrono::milliseconds{1'790'000'000'900}};
  EXPECT_EQ(socketmap_answer_text({.kind = Answer::found, .expires_on = end}), "13:OK 1790000000,");
  EXPECT_EQ(socketmap_answer_text({}), "9:NOTFOUND ,");
  EXPECT_EQ(socketmap_answer_text({.kind = Answer::temporary, .reason = "catching up"}),
            "16:TEMP catching up,");
}

TEST(SocketmapRequests, AreUnderstoodTheSameHoweverTheyComeInPieces) {
  std::mt19937 random(1);
  const std::string letters = "0123456789:,: ,popauth127.12.3abcdef\0";
  const std::string good = "17:popauth 192.0.2.1,";
  for (int round = 0; round < 20'000; ++round) {
    std::string sent;
    while (random() % 3 == 0)
      sent += good;
    for (auto count = random() % 12; count > 0; --count)
      sent += letters[random() % letters.size()];
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(sent.data()), sent.size());
  }
}

}  // namespace
}  // namespace systemcheck
