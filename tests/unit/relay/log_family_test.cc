#include "relay/log_family.h"

#include <gtest/gtest.h>

namespace systemcheck::test {
namespace {

TEST(LogFamily, KnowsARotatedLogByItsName) {
  for (const auto* name :
       {"maillog.1", "maillog-20261122", "maillog.2026-11-22", "maillog-20261122-1795366458", "maillog_7"}) {
    const auto relative = describe_relative(name, "maillog");
    EXPECT_TRUE(relative.is_rotation) << name;
    EXPECT_FALSE(relative.is_compressed) << name;
  }
}

TEST(LogFamily, TakesNoOtherFileForOne) {
  for (const auto* name : {"maillog.old", "maillog.bak1x", "maillog", "maillog.", "maillog.1~", "maillog1",
                           "maillog.1.swp", "mail.1"}) {
    EXPECT_FALSE(describe_relative(name, "maillog").is_rotation) << name;
  }
}

TEST(LogFamily, KnowsACopyByItsBeginning) {
  EXPECT_TRUE(describe_relative("maillog.old", "maillog").begins_alike);
  EXPECT_FALSE(describe_relative("mail.info", "mail.log").begins_alike);
  EXPECT_FALSE(describe_relative("maillogger", "maillog").begins_alike);
}

TEST(LogFamily, KnowsWhatCannotBeRead) {
  for (const auto* name :
       {"maillog.1.gz", "maillog-20261122.xz", "maillog.2.bz2", "maillog.3.zst", "maillog.4.lz4"}) {
    const auto relative = describe_relative(name, "maillog");
    EXPECT_TRUE(relative.is_compressed && relative.is_rotation) << name;
  }
}

}  // namespace
}  // namespace systemcheck::test
