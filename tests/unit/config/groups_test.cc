#include "config/groups.h"

#include <gtest/gtest.h>

#include "config/load.h"

namespace systemcheck {
namespace {

using Names = std::vector<std::string>;

Config loaded(std::string text) {
  const auto result = load_config({ConfigText{"a.yaml", std::move(text)}});
  EXPECT_TRUE(result.problems.empty()) << result.problems.front().text();
  return result.config;
}

TEST(Groups, HaveTheMailServersAsOneByThemselves) {
  EXPECT_EQ(services_called(loaded(""), "mail"), (Names{"sendmail", "dovecot"}));
  EXPECT_EQ(services_called(loaded("discover: false\nservices: {post: {preset: sendmail}}\n"), "mail"),
            (Names{"post"}));
}

TEST(Groups, LeaveItToTheUserWhatMailIs) {
  const auto own = loaded("services: {x: {match: {exe: /x}}}\ngroups: {mail: [x]}\n");
  EXPECT_EQ(services_called(own, "mail"), (Names{"x"}));
  EXPECT_EQ(own.groups.size(), 1U);
  const auto service = loaded("services: {mail: {match: {exe: /x}}}\n");
  EXPECT_EQ(services_called(service, "mail"), (Names{"mail"}));
}

TEST(Groups, HaveNoMailWhereThereIsNoServerOfIt) {
  EXPECT_TRUE(loaded("discover: false\nservices: {x: {match: {exe: /x}}}\n").groups.empty());
}

}  // namespace
}  // namespace systemcheck
