#include "collect/hold_files.h"

#include <gtest/gtest.h>

#include "collect/facts.h"
#include "support/fake_look.h"

namespace systemcheck::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* directory = "/run/systemcheck/hold.d/";

HoldFiles found(FakeLook& world) {
  const auto files = HoldFiles::collect(world.look);
  EXPECT_TRUE(files);
  return files ? *files : HoldFiles{};
}

/// The one file of this text, and what is complained of.
std::pair<HoldFile, std::vector<std::string>> parsed(std::string text) {
  std::vector<std::string> complaints;
  auto file = parse_hold_file("/hold/web", {.text = std::move(text), .modified = WallTime{7s}}, complaints);
  return {std::move(file), std::move(complaints)};
}

TEST(HoldFiles, AreNoneOnAnOrdinaryMachine) {
  FakeLook world;
  EXPECT_EQ(found(world), HoldFiles{});
}

TEST(HoldFiles, HoldWhatTheyAreNamedAfter) {
  FakeLook world;
  world.host.write(std::string(directory) + "web", "for: 2h\nreason: moving the database\n");
  world.host.write(std::string(directory) + "all", "");
  const auto files = found(world).files;
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].name, "all");
  EXPECT_EQ(files[0].length, 1h);
  EXPECT_EQ(files[1].name, "web");
  EXPECT_EQ(files[1].path, std::string(directory) + "web");
  EXPECT_EQ(files[1].length, 2h);
  EXPECT_EQ(files[1].reason, "moving the database");
  EXPECT_EQ(files[1].modified, world.host.wall_now());
}

TEST(HoldFiles, MayBeElsewhere) {
  FakeLook world;
  world.config.hold_directory = "/srv/hold";
  world.host.write("/srv/hold/web", "");
  EXPECT_EQ(found(world).files.size(), 1U);
}

TEST(HoldFiles, AreNotBelievedWhereOthersCouldHaveMadeThem) {
  FakeLook world;
  world.host.write(std::string(directory) + "web", "");
  world.host.own(std::string(directory) + "web", 1000);
  world.host.write(std::string(directory) + "mail", "");
  world.host.link(std::string(directory) + "mail", "/etc/passwd");
  const auto files = found(world);
  EXPECT_TRUE(files.files.empty());
  const std::vector<std::string> expected{
      "/run/systemcheck/hold.d/mail is a symbolic link; it holds nothing",
      "/run/systemcheck/hold.d/web belongs to user 1000; it holds nothing"};
  EXPECT_EQ(files.complaints, expected);
}

TEST(HoldFiles, AreNotBelievedInADirectoryOfSomebodyElse) {
  FakeLook world;
  world.host.write(std::string(directory) + "web", "");
  world.host.own("/run/systemcheck/hold.d", 1000);
  const auto files = found(world);
  EXPECT_TRUE(files.files.empty());
  const std::vector<std::string> expected{
      "/run/systemcheck/hold.d belongs to user 1000; nothing in it is believed"};
  EXPECT_EQ(files.complaints, expected);
}

TEST(HoldFiles, HoldWhatTheirNameSaysWhereTheyCannotBeRead) {
  FakeLook world;
  world.host.write(std::string(directory) + "web", "for: 2h\n");
  world.host.fail(std::string(directory) + "web", Error::Kind::failed);
  const auto files = found(world);
  ASSERT_EQ(files.files.size(), 1U);
  EXPECT_EQ(files.files[0].name, "web");
  EXPECT_EQ(files.files[0].length, HoldFiles::usual_length);
  EXPECT_FALSE(files.files[0].modified);
  EXPECT_EQ(files.complaints.size(), 1U);
}

TEST(HoldFiles, ThatVanishMeanwhileAreNone) {
  FakeLook world;
  world.host.write(std::string(directory) + "web", "");
  world.host.vanish(std::string(directory) + "web");
  EXPECT_EQ(found(world), HoldFiles{});
}

TEST(HoldFiles, ThatAreNotFinishedAreNone) {
  FakeLook world;
  for (const auto* name : {".web", "web~", "web.tmp"})
    world.host.write(std::string(directory) + name, "");
  EXPECT_EQ(found(world), HoldFiles{});
}

TEST(HoldFiles, AreAnErrorWhereTheyCannotBeListed) {
  FakeLook world;
  world.host.write(std::string(directory) + "web", "");
  world.host.fail("/run/systemcheck/hold.d", Error::Kind::denied);
  EXPECT_FALSE(HoldFiles::collect(world.look));
}

TEST(HoldFiles, AreAnErrorWhereAFileHasTheNameOfTheirDirectory) {
  FakeLook world;
  world.host.write("/run/systemcheck/hold.d", "");
  EXPECT_FALSE(HoldFiles::collect(world.look));
}

TEST(HoldFiles, ComplainOnceHoweverManyLinesAreWrong) {
  const auto [file, complaints] = parsed("nonsense\nmore: of it\nfor: ever\nreason: disks\n");
  EXPECT_EQ(file.reason, "disks");
  const std::vector<std::string> expected{"/hold/web: 'nonsense' is neither \"for: …\" nor \"reason: …\""};
  EXPECT_EQ(complaints, expected);
}

TEST(HoldFiles, AreNotCountlessHoweverManyThereAre) {
  FakeLook world;
  for (int i = 0; i < 300; ++i)
    world.host.write(directory + std::string("web") + std::to_string(i), "");
  EXPECT_EQ(found(world).files.size(), HoldFiles::files_max);
  EXPECT_EQ(found(world).complaints.size(), 1U);
}

TEST(HoldFiles, LeaveRoomForCommentsAndBlanks) {
  const auto [file, complaints] = parsed("# by the backup\n\n  for:   90s  \r\n\treason:  a: b # c \n");
  EXPECT_EQ(file.length, 90s);
  EXPECT_EQ(file.reason, "a: b # c");
  EXPECT_TRUE(complaints.empty());
}

TEST(HoldFiles, HoldForAnHourWhereTheirLengthIsNotUnderstood) {
  for (const auto* text : {"for: two hours", "for: -1h", "for:", "for: 0", "for: 99999999999999999999h"}) {
    const auto [file, complaints] = parsed(text);
    EXPECT_EQ(file.length, HoldFiles::usual_length) << text;
    EXPECT_EQ(complaints.size(), 1U) << text;
  }
}

TEST(HoldFiles, HoldForAWeekAtMost) {
  const auto [file, complaints] = parsed("for: 30d\n");
  EXPECT_EQ(file.length, 7 * 24h);
  EXPECT_EQ(complaints.size(), 1U);
}

TEST(HoldFiles, SurviveWhatIsNotAsItShouldBe) {
  for (const auto& text : {std::string("nonsense"), std::string(":"), std::string("\xff\x00\x1b[31m", 7),
                           std::string(100'000, 'x'), std::string("for 2h")}) {
    const auto [file, complaints] = parsed(text);
    EXPECT_EQ(file.length, HoldFiles::usual_length);
    EXPECT_EQ(complaints.size(), 1U);
    for (const auto& complaint : complaints)
      EXPECT_EQ(complaint.find('\x1b'), std::string::npos);
  }
}

}  // namespace
}  // namespace systemcheck::test
