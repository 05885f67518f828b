#include "base/ip_address.h"

#include <gtest/gtest.h>

namespace systemcheck {
namespace {

std::string canonical(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->text() : "none";
}

std::string network(std::string_view text) {
  const auto parsed = IpNetwork::parse(text);
  return parsed ? parsed->text() : "none";
}

bool contains(std::string_view outer, std::string_view inner) {
  return IpNetwork::parse(outer)->contains(*IpAddress::parse(inner));
}

TEST(IpAddress, IsTheSameHoweverItIsWritten) {
  EXPECT_EQ(canonical("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(canonical("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(canonical("::FFFF:C000:0201"), "192.0.2.1");
  EXPECT_EQ(canonical("2001:DB8:0:0:0:0:0:5"), "2001:db8::5");
  EXPECT_EQ(canonical("0:0:0:0:0:0:0:1"), "::1");
  EXPECT_EQ(IpAddress::parse("::ffff:10.0.0.1"), IpAddress::parse("10.0.0.1"));
}

TEST(IpAddress, IsNothingElse) {
  using namespace std::string_view_literals;
  for (const auto text : {""sv, " 192.0.2.1"sv, "192.0.2.1 "sv, "192.0.2.256"sv, "192.0.2"sv, "192.0.2.01x"sv,
                          "[::1]"sv, "::1%lo"sv, "mail.example.org"sv, "1.2.3.4\0"sv, "1.2.3.4\0evil"sv,
                          "0x7f.0.0.1"sv, "IPv6:::1"sv, "12345:::"sv})
    EXPECT_EQ(canonical(text), "none") << text;
  EXPECT_EQ(canonical(std::string(5000, '1')), "none");
}

TEST(IpNetwork, IsWrittenAsItIsRead) {
  for (const auto* text :
       {"192.0.2.0/28", "192.0.2.1", "0.0.0.0/0", "10.0.0.0/8", "2001:db8::/32", "::1", "::/0"})
    EXPECT_EQ(network(text), text);
  EXPECT_EQ(network("192.0.2.1/32"), "192.0.2.1");
}

TEST(IpNetwork, RefusesWhatIsASlip) {
  for (const auto* text : {"192.0.2.1/28", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "2001:db8::1/64",
                           "::/129", "/8", "example.org/8"})
    EXPECT_EQ(network(text), "none") << text;
}

TEST(IpNetwork, ContainsWhatBeginsAlike) {
  EXPECT_TRUE(contains("192.0.2.16/28", "192.0.2.31"));
  EXPECT_FALSE(contains("192.0.2.16/28", "192.0.2.32"));
  EXPECT_FALSE(contains("192.0.2.16/28", "192.0.2.15"));
  EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.255.255.255"));
  EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(IpNetwork, HoldsNoAddressOfTheOtherKind) {
  EXPECT_FALSE(contains("::/0", "192.0.2.1"));
  EXPECT_FALSE(contains("0.0.0.0/0", "::1"));
}

TEST(IpNetwork, IsCutOutOfAnAddress) {
  EXPECT_EQ(IpNetwork(*IpAddress::parse("2001:db8:1:2:3:4:5:6"), 64).text(), "2001:db8:1:2::/64");
  EXPECT_EQ(IpNetwork(*IpAddress::parse("192.0.2.99"), 24).text(), "192.0.2.0/24");
}

}  // namespace
}  // namespace systemcheck
