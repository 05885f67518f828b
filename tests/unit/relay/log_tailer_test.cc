#include "relay/log_tailer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "support/tailer_world.h"

namespace systemcheck::test {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LogTailerTest : public testing::Test, protected TailerWorld {
 protected:
  void follow(const std::string& text) {
    write("maillog", text);
    start();
  }
};

/// A line that is longer than a fingerprint.
std::string long_line(const std::string& begin) { return std::string(100, '.') + begin; }

TEST_F(LogTailerTest, BeginsAtTheEndAndDeliversWhatComes) {
  follow("old\n");
  EXPECT_THAT(take_lines(), IsEmpty());
  write("maillog", "one\ntwo\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two"));
  EXPECT_EQ(status().state, SourceState::following);
}

TEST_F(LogTailerTest, KeepsTheEndOfAnUnfinishedLineUntilTheRestHasCome) {
  follow("old\nbeg");
  write("maillog", "in");
  wake();
  EXPECT_THAT(take_lines(), IsEmpty());
  write("maillog", "ning\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("beginning"));
}

TEST_F(LogTailerTest, TakesZeroBytesForWhatTheyAre) {
  follow("");
  write("maillog", std::string("a\0b\n", 4));
  wake();
  EXPECT_THAT(take_lines(), ElementsAre(std::string("a\0b", 3)));
}

TEST_F(LogTailerTest, SkipsALineThatIsTooLongAndSaysHowMany) {
  follow("");
  write("maillog",
        "one\n" + std::string(line_bytes_max, 'x') + "\n" + std::string(line_bytes_max + 1, 'y') + "\ntwo\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one", std::string(line_bytes_max, 'x'), "two"));
  EXPECT_EQ(status().long_lines, 1U);
}

TEST_F(LogTailerTest, NeverTakesTheEndOfALongLineForALine) {
  follow("");
  write("maillog", "one\n" + std::string(LogTailer::bite_bytes * 2, 'x'));
  wake();
  write("maillog", "forged\ntwo\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two"));
  EXPECT_EQ(status().long_lines, 1U);
}

TEST_F(LogTailerTest, NeverTakesTheEndOfALongLineForALineAlsoAfterACrash) {
  follow("");
  write("maillog", "one\n" + std::string(LogTailer::bite_bytes * 2, 'x'));
  wake();
  restart();
  write("maillog", "forged\ntwo\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two"));
}

TEST_F(LogTailerTest, ReadsABiteATurnSoThatOthersAreServedInBetween) {
  follow("");
  std::string text;
  while (text.size() < 3 * LogTailer::bite_bytes)
    text += long_line("line") + "\n";
  write("maillog", text);
  loop.make_ready(files.descriptor());
  loop.step();
  EXPECT_LE(status().bytes, LogTailer::bite_bytes);
  EXPECT_GT(status().lag_bytes, LogTailer::bite_bytes);
  loop.settle();
  EXPECT_EQ(status().bytes, text.size());
  EXPECT_EQ(status().lag_bytes, 0U);
}

TEST_F(LogTailerTest, FollowsTheNameWhenTheFileIsRenamed) {
  follow("");
  write("maillog", "one\n");
  rename("maillog", "maillog.1");
  write("maillog", "two\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two"));
  EXPECT_EQ(status().renamed, 1U);
  EXPECT_EQ(status().gaps, 0U);
}

TEST_F(LogTailerTest, ReadsTheOldFileUntilNobodyHasWrittenToItForAWhile) {
  follow("");
  rename("maillog", "maillog.1");
  write("maillog", "");
  wake();
  loop.run_for(seconds{4});
  write("maillog.1", "late\n");
  wake();
  loop.run_for(seconds{4});
  write("maillog.1", "later\n");
  write("maillog", "new\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("late", "later", "new"));
  loop.run_for(seconds{7});
  write("maillog.1", "not any more\n");
  wake();
  loop.run_for(seconds{20});
  EXPECT_THAT(take_lines(), IsEmpty());
}

TEST_F(LogTailerTest, DeliversTheOldFilesLinesBeforeTheNewOnes) {
  follow("");
  rename("maillog", "old");
  write("maillog", "");
  wake();
  write("maillog", "two\n");
  write("old", "one\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two"));
}

TEST_F(LogTailerTest, FindsTheRestInTheCopyWhenTheLogIsCopiedAndCut) {
  follow("");
  write("maillog", long_line("one") + "\n");
  wake();
  write("maillog", "two\n");
  copy("maillog", "maillog.1");
  cut("maillog");
  write("maillog", "three\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre(long_line("one"), "two", "three"));
  EXPECT_EQ(status().copied, 1U);
  EXPECT_EQ(status().gaps, 0U);
}

TEST_F(LogTailerTest, ReadsWhatIsLeftOfALogThatWasCutBeforeThoseThatWereTheLogAfterIt) {
  follow("");
  write("maillog", long_line("one") + "\n");
  wake();
  copy("maillog", "maillog.3");
  cut("maillog");
  write("maillog", "two\n");
  rename("maillog", "maillog.2");
  write("maillog", "three\n");
  rename("maillog", "maillog.1");
  wake();
  write("maillog", "four\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre(long_line("one"), "two", "three", "four"));
}

TEST_F(LogTailerTest, SeesThatTheLogWasCutAlthoughItIsLongerAgain) {
  follow("");
  write("maillog", "one\n");
  wake();
  copy("maillog", "maillog.1");
  cut("maillog");
  write("maillog", long_line("two") + "\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one", long_line("two")));
}

TEST_F(LogTailerTest, TakesNoOtherLogWithTheSameLinesForACopy) {
  follow("");
  write("maillog", long_line("one") + "\n");
  write("mail.info", long_line("one") + "\ntwo\n");
  wake();
  cut("maillog");
  write("maillog", "two\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre(long_line("one"), "two"));
  EXPECT_EQ(status().cut, 1U);
}

TEST_F(LogTailerTest, CountsWhatWasCutOffBeforeItCouldBeReadAndSaysSo) {
  follow("");
  write("maillog", "one\nunfinished");
  wake();
  cut("maillog");
  write("maillog", "two\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two"));
  EXPECT_EQ(status().cut, 1U);
  EXPECT_EQ(status().gaps, 1U);
  EXPECT_EQ(status().lost_bytes, std::string("unfinished").size());
  EXPECT_TRUE(was_said("was cut short, and there is no copy"));
}

TEST_F(LogTailerTest, SaysWithinACycleThatTheLogWasDeletedAndWaitsForANewOne) {
  follow("");
  remove("maillog");
  wake();
  loop.run_for(cycle);
  EXPECT_EQ(status().state, SourceState::waiting);
  EXPECT_EQ(status().deleted, 1U);
  EXPECT_TRUE(was_said("it is important that logs are not deleted"));
  write("maillog", "one\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one"));
  EXPECT_EQ(status().state, SourceState::following);
  EXPECT_EQ(status().deleted, 1U);
}

TEST_F(LogTailerTest, SaysThatTheLogWasDeletedOnlyOnce) {
  follow("");
  remove("maillog");
  wake();
  loop.run_for(10 * cycle);
  EXPECT_EQ(warnings(), 2U) << "that it was deleted, and that it is not followed";
}

TEST_F(LogTailerTest, TakesALogForRotatedThatWasMovedFirstAndDeletedLater) {
  follow("");
  rename("maillog", "maillog.1");
  wake();
  remove("maillog.1");
  write("maillog", "one\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one"));
  EXPECT_EQ(status().renamed, 1U);
  EXPECT_EQ(status().deleted, 0U);
}

TEST_F(LogTailerTest, SaysThatTheLogWasDeletedAlsoIfANewOneIsThereAtOnce) {
  follow("");
  write("maillog", "one\n");
  remove("maillog");
  write("maillog", "two\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two"));
  EXPECT_EQ(status().deleted, 1U);
  EXPECT_TRUE(was_said("it is important that logs are not deleted"));
}

TEST_F(LogTailerTest, ReadsWhatIsWrittenToADeletedFileUntilItsWriterLetsGo) {
  LogWriter server;
  server.open(path("maillog"));
  start();
  remove("maillog");
  wake();
  loop.run_for(cycle);
  server.write("one\n");
  loop.run_for(seconds{1});
  EXPECT_THAT(take_lines(), ElementsAre("one"));
}

TEST_F(LogTailerTest, SaysNothingOfTheMomentBetweenTheOldFileAndTheNew) {
  follow("");
  rename("maillog", "maillog.1");
  wake();
  write("maillog", "one\n");
  wake();
  loop.run_for(cycle);
  EXPECT_THAT(take_lines(), ElementsAre("one"));
  EXPECT_EQ(warnings(), 0U);
}

TEST_F(LogTailerTest, WaitsForALogThatIsNotThereYetAndReadsAllOfIt) {
  start();
  EXPECT_EQ(status().state, SourceState::waiting);
  write("maillog", "one\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one"));
}

TEST_F(LogTailerTest, WaitsForADirectoryThatIsNotThereYet) {
  log = "logs/maillog";
  start();
  directory.make_directory("logs");
  write("logs/maillog", "one\n");
  loop.run_for(LogTailer::short_pause);
  EXPECT_THAT(take_lines(), ElementsAre("one"));
}

TEST_F(LogTailerTest, FindsADirectoryAgainThatWasReplaced) {
  directory.make_directory("logs");
  log = "logs/maillog";
  write("logs/maillog", "");
  start();
  rename("logs", "logs.old");
  directory.make_directory("logs");
  write("logs/maillog", "one\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one"));
  write("logs/maillog", "two\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("two"));
}

TEST_F(LogTailerTest, FollowsALinkThatRootHasMadeAlsoWhenItIsTurned) {
  directory.make_directory("elsewhere");
  write("elsewhere/a", "");
  write("elsewhere/b", "");
  std::filesystem::create_symlink("elsewhere/a", path("maillog"));
  start();
  write("elsewhere/a", "one\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one"));
  std::filesystem::create_symlink(path("elsewhere/b"), path("fresh"));
  rename("fresh", "maillog");
  wake();
  write("elsewhere/b", "two\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("two"));
}

TEST_F(LogTailerTest, IsToldOfAFileThatALinkHasLedToBeforeItWasThere) {
  directory.make_directory("elsewhere");
  std::filesystem::create_symlink("elsewhere/a", path("maillog"));
  start();
  EXPECT_EQ(status().state, SourceState::waiting);
  write("elsewhere/a", "one\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one"));
}

TEST_F(LogTailerTest, ReadsNothingTwiceWhenALinkIsTurnedBack) {
  write("a", "");
  write("b", "");
  std::filesystem::create_symlink("a", path("maillog"));
  start();
  write("a", long_line("one") + "\n");
  wake();
  for (const auto* target : {"b", "a"}) {
    std::filesystem::create_symlink(target, path("fresh"));
    rename("fresh", "maillog");
    wake();
    loop.run_for(2 * cycle);
  }
  write("a", "two\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre(long_line("one"), "two"));
}

TEST_F(LogTailerTest, FollowsNoLinkThatSomebodyElseHasMade) {
  write("a", "one\n");
  std::filesystem::create_symlink("a", path("maillog"));
  if (::lchown(path("maillog").c_str(), 65534, 65534) != 0) GTEST_SKIP() << "only root can give a link away";
  start();
  EXPECT_EQ(status().state, SourceState::refused);
  EXPECT_THAT(status().reason, HasSubstr("is a link made by user 65534"));
}

TEST_F(LogTailerTest, FollowsNoLogThatEverybodyCanWriteTo) {
  write("maillog", "");
  std::filesystem::permissions(path("maillog"), std::filesystem::perms{0666});
  start();
  EXPECT_EQ(status().state, SourceState::refused);
  EXPECT_THAT(status().reason, HasSubstr("everybody can write to it"));
}

TEST_F(LogTailerTest, FollowsNoLogInADirectoryInWhichEverybodyCanMakeFiles) {
  directory.make_directory("open", 01777);
  log = "open/maillog";
  write("open/maillog", "");
  start();
  EXPECT_EQ(status().state, SourceState::refused);
  EXPECT_THAT(status().reason, HasSubstr("everybody can make files in its directory"));
}

TEST_F(LogTailerTest, OpensNoPipe) {
  ASSERT_EQ(::mkfifo(path("maillog").c_str(), 0600), 0);
  start();
  EXPECT_EQ(status().state, SourceState::refused);
  EXPECT_THAT(status().reason, HasSubstr("is not a regular file"));
}

TEST_F(LogTailerTest, FollowsTheLogThatTakesTheRefusedOnesPlace) {
  directory.make_directory("maillog");
  start();
  EXPECT_THAT(status().reason, HasSubstr("is a directory"));
  remove("maillog");
  wake();
  write("maillog", "one\n");
  wake();
  EXPECT_EQ(status().state, SourceState::following);
}

TEST_F(LogTailerTest, ReadsOnWhenItMayAgain) {
  follow("");
  write("maillog", "one\n");
  wake();
  files.denied.insert(path("maillog"));
  rename("maillog", "maillog.1");
  write("maillog", "two\n");
  wake();
  EXPECT_EQ(status().state, SourceState::unreadable);
  EXPECT_THAT(status().reason, HasSubstr("Permission denied"));
  files.denied.clear();
  std::filesystem::permissions(path("maillog"), std::filesystem::perms{0640});
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two"));
  EXPECT_EQ(status().state, SourceState::following);
}

TEST_F(LogTailerTest, SaysOnceThatTheDiskFailsAndReadsOnAfterwards) {
  follow("");
  files.fails_to_read = true;
  write("maillog", "one\n");
  wake();
  loop.run_for(5 * cycle);
  EXPECT_EQ(status().state, SourceState::unreadable);
  EXPECT_EQ(warnings(), 1U);
  files.fails_to_read = false;
  loop.run_for(seconds{1});
  EXPECT_THAT(take_lines(), ElementsAre("one"));
  EXPECT_EQ(status().state, SourceState::following);
}

TEST_F(LogTailerTest, LooksOnceASecondWhereTheKernelCannotTell) {
  files.has_inotify = false;
  follow("");
  EXPECT_TRUE(was_said("is looked at once a second"));
  write("maillog", "one\n");
  loop.run_for(LogTailer::short_pause);
  EXPECT_THAT(take_lines(), ElementsAre("one"));
}

TEST_F(LogTailerTest, LooksOnceACycleAlsoIfNothingIsTold) {
  follow("");
  write("maillog", "one\n");
  loop.run_for(cycle);
  EXPECT_THAT(take_lines(), ElementsAre("one"));
}

TEST_F(LogTailerTest, MissesNothingWhenTheKernelHadTooMuchToTell) {
  follow("");
  files.loses_changes = true;
  write("maillog", "one\n");
  rename("maillog", "maillog.1");
  write("maillog", "two\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two"));
  EXPECT_EQ(status().overflows, 1U);
  write("maillog", "three\n");
  loop.run_for(LogTailer::short_pause);
  EXPECT_THAT(take_lines(), ElementsAre("three"));
}

TEST_F(LogTailerTest, FindsTheFilesOfRotationsThatCameAndWentBetweenTwoLooks) {
  follow("");
  write("maillog", "one\n");
  rename("maillog", "maillog.1");
  write("maillog", "two\n");
  rename("maillog.1", "maillog.2");
  rename("maillog", "maillog.1");
  write("maillog", "three\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two", "three"));
}

TEST_F(LogTailerTest, GoesOnBehindTheLastLineThatCame) {
  follow("");
  write("maillog", "one\n");
  wake();
  stop();
  write("maillog", "two\n");
  start();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two"));
}

TEST_F(LogTailerTest, GoesOnInFilesThatWereRotatedWhileItWasAway) {
  follow("");
  write("maillog", "one\n");
  wake();
  stop();
  write("maillog", "two\n");
  rename("maillog", "maillog-20261122");
  write("maillog", "three\n");
  rename("maillog", "maillog-20261123");
  write("maillog", "four\n");
  start();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two", "three", "four"));
  EXPECT_EQ(status().gaps, 0U);
}

TEST_F(LogTailerTest, GoesOnInTheCopyThatWasMadeWhileItWasAway) {
  follow("");
  write("maillog", "one\n");
  wake();
  stop();
  write("maillog", "two\n");
  copy("maillog", "maillog.1");
  cut("maillog");
  write("maillog", "three\n");
  start();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two", "three"));
}

TEST_F(LogTailerTest, GoesOnInBothFilesOfARotationThatWasUnderWay) {
  follow("");
  rename("maillog", "maillog.1");
  write("maillog", "one\n");
  wake();
  stop();
  write("maillog.1", "two\n");
  write("maillog", "three\n");
  start();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two", "three"));
}

TEST_F(LogTailerTest, SaysThatLinesMayBeMissingWhereWhatItReadHasBeenCompressed) {
  follow("");
  write("maillog", "one\n");
  wake();
  stop();
  rename("maillog", "maillog.1");
  write("maillog.1.gz", "compressed");
  remove("maillog.1");
  write("maillog", "two\n");
  start();
  EXPECT_THAT(take_lines(), ElementsAre("one", "two"));
  EXPECT_GE(status().gaps, 1U);
  EXPECT_TRUE(was_said("maillog.1.gz: is compressed and is not read"));
}

TEST_F(LogTailerTest, TakesNoFileForTheOldOneBecauseItsNumberIsTheSame) {
  follow("");
  write("maillog", long_line("one") + "\n");
  wake();
  stop();
  cut("maillog");
  write("maillog", long_line("two") + "\n" + long_line("three") + "\n");
  start();
  EXPECT_THAT(take_lines(), ElementsAre(long_line("one"), long_line("two"), long_line("three")));
  EXPECT_GE(status().gaps, 1U);
}

TEST_F(LogTailerTest, ReadsNothingTwiceWhenAnEditorPutsACopyInThePlace) {
  follow("");
  write("maillog", long_line("one") + "\n");
  wake();
  copy("maillog", "new");
  rename("new", "maillog");
  write("maillog", "two\n");
  wake();
  EXPECT_THAT(take_lines(), ElementsAre(long_line("one"), "two"));
  EXPECT_EQ(status().replaced, 1U);
  EXPECT_EQ(status().deleted, 0U);
}

TEST_F(LogTailerTest, SaysThatAPlaceCannotBeReadAndBeginsAnew) {
  place = "nonsense";
  follow("old\n");
  EXPECT_TRUE(was_said("where we were cannot be read"));
  EXPECT_THAT(take_lines(), IsEmpty());
}

TEST_F(LogTailerTest, RefusesAPathThatDependsOnWhereItIsStarted) {
  LogTailer relative(loop, files, {.path = "maillog"}, {.on_lines = [](const LogBatch&) {}});
  EXPECT_FALSE(relative.start());
}

/// Lines that begin with a number of six digits: their time.
class LogTailerFirstTest : public LogTailerTest {
 protected:
  static std::string line_at(int second) {
    auto number = std::to_string(second);
    return std::string(6 - number.size(), '0') + number + std::string(60, '.');
  }
  void write_between(const std::string& name, int first, int last) {
    std::string text;
    for (int second = first; second < last; ++second)
      text += line_at(second) + "\n";
    write(name, text);
  }
  void only_since(int second) {
    is_old = [second](std::string_view line) { return line < line_at(second); };
  }
};

TEST_F(LogTailerFirstTest, FindsWhatIsYoungEnoughWithoutReadingTheRest) {
  write_between("maillog", 0, 100'000);
  only_since(99'000);
  start();
  ASSERT_FALSE(lines.empty());
  EXPECT_LE(lines.front(), line_at(99'000));
  EXPECT_GE(lines.front(), line_at(98'900));
  EXPECT_EQ(lines.back(), line_at(99'999));
}

TEST_F(LogTailerFirstTest, FindsItInTheFileBeforeAsWell) {
  write_between("maillog.2", 0, 10'000);
  write_between("maillog.1", 10'000, 20'000);
  write_between("maillog", 20'000, 20'010);
  only_since(19'900);
  start();
  ASSERT_FALSE(lines.empty());
  EXPECT_LE(lines.front(), line_at(19'900));
  EXPECT_GE(lines.front(), line_at(19'800));
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(20'010 - std::stoi(lines.front().substr(0, 6))));
}

TEST_F(LogTailerFirstTest, ReadsNothingThatIsTooOldAfterALongTimeAway) {
  only_since(0);
  write_between("maillog", 0, 10);
  start();
  stop();
  take_lines();
  write_between("maillog", 10, 100'000);
  only_since(99'000);
  start();
  ASSERT_FALSE(lines.empty());
  EXPECT_GE(lines.front(), line_at(98'900));
  EXPECT_EQ(lines.back(), line_at(99'999));
}

}  // namespace
}  // namespace systemcheck::test
