#include "publish/http_accept.h"

#include <gtest/gtest.h>

#include <string>

#include "publish/gzip.h"
#include "support/http_client.h"

namespace systemcheck {
namespace {

TEST(AcceptsGzip, FindsItAmongOthers) {
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("deflate, GZip , br"));
  EXPECT_TRUE(accepts_gzip("x-gzip;q=0.1"));
  EXPECT_TRUE(accepts_gzip("*"));
  EXPECT_TRUE(accepts_gzip("gzip;q=1.0, identity;q=0.5"));
}

TEST(AcceptsGzip, DoesNotWithoutBeingAsked) {
  EXPECT_FALSE(accepts_gzip(""));
  EXPECT_FALSE(accepts_gzip("identity"));
  EXPECT_FALSE(accepts_gzip("deflate, br"));
  EXPECT_FALSE(accepts_gzip("gzipped"));
}

TEST(AcceptsGzip, TakesAWeightOfZeroForARefusal) {
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("gzip ; Q=0.000"));
  EXPECT_FALSE(accepts_gzip("*;q=0"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0, *"));
  EXPECT_TRUE(accepts_gzip("gzip, *;q=0"));
}

TEST(AcceptsGzip, PrefersThePlainTextWhenTheClientDoes) {
  EXPECT_FALSE(accepts_gzip("gzip;q=0.2, identity;q=0.8"));
  EXPECT_FALSE(accepts_gzip("*;q=0.2, identity"));
}

TEST(AcceptsGzip, SendsPlainTextToWhomItCannotUnderstand) {
  EXPECT_FALSE(accepts_gzip("gzip;q="));
  EXPECT_FALSE(accepts_gzip("gzip;q=yes"));
  EXPECT_FALSE(accepts_gzip("gzip;q=7"));
  EXPECT_FALSE(accepts_gzip("gzip;q=-1"));
  EXPECT_FALSE(accepts_gzip("gzip;q=nan"));
  EXPECT_FALSE(accepts_gzip(",,;;=,"));
}

TEST(AcceptsGzip, ReadsALongHeaderOnce) {
  std::string header;
  for (int i = 0; i < 4'000; ++i)
    header += ",;q=0";
  EXPECT_TRUE(accepts_gzip(header + ",gzip"));
}

TEST(Gzip, UnpacksToTheSameText) {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += "systemcheck_service_up{service=\"s" + std::to_string(i) + "\"} 1\n";

  const auto packed = gzip(text);

  ASSERT_TRUE(packed);
  EXPECT_EQ(test::gunzip(*packed), text);
  EXPECT_LT(packed->size(), text.size() / 5);
}

TEST(Gzip, PacksNothing) {
  const auto packed = gzip("");
  ASSERT_TRUE(packed);
  EXPECT_FALSE(packed->empty());
  EXPECT_EQ(test::gunzip(*packed), "");
}

}  // namespace
}  // namespace systemcheck
