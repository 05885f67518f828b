#include "config/order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/load.h"

namespace systemcheck {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Loaded load(const std::string& services) {
  return load_config({{"a.yaml", "discover: false\nservices:\n" + services}});
}

std::vector<std::string> problems_of(const std::string& services) {
  std::vector<std::string> texts;
  for (const auto& problem : load(services).problems)
    texts.push_back(problem.text());
  return texts;
}

TEST(After, IsWhatAUserWrites) {
  const auto loaded = load("  a: {match: {exe: /a}, after: [b]}\n  b: {match: {exe: /b}}\n");
  ASSERT_THAT(loaded.problems, IsEmpty());
  EXPECT_THAT(loaded.config.services[0].after, ElementsAre("b"));
}

TEST(After, OfAPresetAreTheServicesOfTheOtherPresetsWhateverTheirNames) {
  const auto loaded =
      load("  web: {preset: httpd}\n  log: {preset: syslog}\n  ftp: {preset: proftpd, after: []}\n");
  ASSERT_THAT(loaded.problems, IsEmpty());
  EXPECT_THAT(loaded.config.services[0].after, ElementsAre("log"));
  EXPECT_THAT(loaded.config.services[2].after, IsEmpty()) << "what a user writes goes before";
}

TEST(After, MustNameAService) {
  EXPECT_THAT(
      problems_of("  billing: {match: {exe: /a}, after: [databse]}\n  database: {match: {exe: /b}}\n"),
      ElementsAre("a.yaml:3:39: services.billing.after: 'databse' is not a service (did you mean "
                  "'database'?)"));
}

TEST(After, MustNotNameItself) {
  EXPECT_THAT(problems_of("  a: {match: {exe: /a}, after: [a]}\n"),
              ElementsAre("a.yaml:3:33: services.a.after: 'a' comes after itself"));
}

TEST(After, MustNotGoInACircle) {
  EXPECT_THAT(problems_of("  a: {match: {exe: /a}, after: [b]}\n  b: {match: {exe: /b}, after: [c]}\n"
                          "  c: {match: {exe: /c}, after: [a]}\n"),
              ElementsAre("a.yaml:2:1: services: after goes in a circle: a, b, c, a"));
}

TEST(After, IsShownAndReadBackTheSame) {
  const auto loaded = load("  a: {match: {exe: /a}, after: [b]}\n  b: {match: {exe: /b}}\n");
  EXPECT_EQ(load_config({{"b.yaml", config_yaml(loaded.config)}}).config, loaded.config);
}

TEST(Ordered, PutsEachBehindThoseItComesAfter) {
  std::vector<Service> services(4);
  const std::vector<std::string> names{"web", "names", "log", "other"};
  for (std::size_t i = 0; i < names.size(); ++i)
    services[i].name = names[i];
  services[0].after = {"names", "log"};
  services[1].after = {"log"};
  services[3].after = {"of another configuration"};
  EXPECT_THAT(ordered(services), ElementsAre(2U, 3U, 1U, 0U));
}

}  // namespace
}  // namespace systemcheck
