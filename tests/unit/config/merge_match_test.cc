#include <gtest/gtest.h>

#include "config/services.h"

namespace systemcheck {
namespace {

Service preset() {
  Service service;
  service.match = {.units = {"web.service", "www.service"},
                   .executables = {"/usr/sbin/web"},
                   .user = "root",
                   .cmdline = "web",
                   .main_cmdline = "web -D"};
  service.evidence = {"/etc/web"};
  service.pre_check = {{"/usr/sbin/web", "-t"}};
  service.init_scripts = {"/etc/init.d/web"};
  return service;
}

Service merged(const Match& own) {
  auto service = preset();
  merge_match(service, own);
  return service;
}

TEST(MergeMatch, KeepsThePresetWhereNothingIsGiven) { EXPECT_EQ(merged({}), preset()); }

TEST(MergeMatch, KeepsThePresetWhereTheSameIsGiven) { EXPECT_EQ(merged(preset().match), preset()); }

TEST(MergeMatch, TakesAnotherUserWithoutLosingTheUnits) {
  const auto service = merged({.user = "web"});
  EXPECT_EQ(service.match.user, "web");
  EXPECT_EQ(service.match.units, preset().match.units);
  EXPECT_EQ(service.evidence, preset().evidence);
  EXPECT_EQ(service.pre_check, preset().pre_check);
  EXPECT_EQ(service.init_scripts, preset().init_scripts);
}

TEST(MergeMatch, ReplacesTheUnitsAndForgetsTheEvidence) {
  const auto service = merged({.units = {"mine.service"}});
  EXPECT_EQ(service.match.units, (std::vector<std::string>{"mine.service"}));
  EXPECT_TRUE(service.evidence.empty());
  EXPECT_TRUE(service.pre_check.empty());
  EXPECT_TRUE(service.init_scripts.empty());
  EXPECT_EQ(service.match.cmdline, "");
  EXPECT_EQ(service.match.executables, preset().match.executables);
  EXPECT_EQ(service.match.main_cmdline, preset().match.main_cmdline);
}

TEST(MergeMatch, KeepsTheEvidenceForOneOfThePresetsUnits) {
  const auto service = merged({.units = {"www.service"}});
  EXPECT_EQ(service.match.units, (std::vector<std::string>{"www.service"}));
  EXPECT_EQ(service.evidence, preset().evidence);
  EXPECT_EQ(service.pre_check, preset().pre_check);
  EXPECT_EQ(service.init_scripts, preset().init_scripts);
  EXPECT_EQ(service.match.cmdline, preset().match.cmdline);
}

TEST(MergeMatch, DropsTheUnitsOfWhatIsToldByItsOwnProcess) {
  for (const Match& own :
       {Match{.executables = {"/opt/web"}}, Match{.pidfile = "/run/mine.pid"}, Match{.cmdline = "mine"}}) {
    const auto service = merged(own);
    EXPECT_TRUE(service.match.units.empty());
    EXPECT_TRUE(service.evidence.empty());
    EXPECT_TRUE(service.pre_check.empty());
    EXPECT_TRUE(service.init_scripts.empty());
  }
}

TEST(MergeMatch, KeepsUnitsThatAreGivenBesideAnOwnProcess) {
  const auto service = merged({.units = {"web.service"}, .executables = {"/opt/web"}});
  EXPECT_EQ(service.match.units, (std::vector<std::string>{"web.service"}));
  EXPECT_EQ(service.match.executables, (std::vector<std::string>{"/opt/web"}));
  EXPECT_EQ(service.evidence, preset().evidence);
  EXPECT_EQ(service.pre_check, preset().pre_check);
  EXPECT_EQ(service.init_scripts, preset().init_scripts);
}

TEST(MergeMatch, BelievesAnOwnCommandLineMoreThanThePresets) {
  const auto service = merged({.cmdline = "mine"});
  EXPECT_EQ(service.match.cmdline, "mine");
  EXPECT_EQ(service.match.main_cmdline, "");
}

}  // namespace
}  // namespace systemcheck
