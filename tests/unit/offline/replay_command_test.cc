#include "offline/replay_command.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "store/backstage.h"
#include "support/plant.h"
#include "support/recorded_history.h"
#include "support/temporary_directory.h"

namespace systemcheck::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A file of history, as a daemon leaves it or is writing it.
class ReplayCommand : public testing::Test {
 protected:
  ReplayCommand() {
    plant.world.ledger = ledger;
    mail = plant.add_command_service("mail", Mode::act);
    plant.start();
    plant.kill(mail);
    plant.run_for(1h);
  }

  Written write(const Batch& batch) {
    return backstage.write(batch, {.wall = plant.loop.wall_now(), .instant = plant.loop.now()});
  }
  void write_history() {
    Batch batch;
    for (const auto& situation : ledger->all<Situation>())
      batch.emplace_back(situation);
    ASSERT_TRUE(write(batch).status);
  }
  void run_sql(const std::string& sql) const {
    const auto command =
        "/usr/bin/python3 -c \"import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
        "c.executescript(sys.argv[2]); c.commit()\" '" +
        path + "' \"" + sql + "\"";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  ReplayAnswer ask(const std::string& mode = "act", ReplayArguments arguments = {}) {
    arguments.config =
        directory.write_file("config.yaml", "discover: false\nservices: {mail: {mode: " + mode +
                                                ", match: {exe: /opt/mail}, start: [/opt/mail-start]}}\n");
    if (arguments.database.empty() && arguments.state_directory.empty()) arguments.database = path;
    return answer_replay(arguments, plant.loop.wall_now());
  }

  Plant plant{};
  std::shared_ptr<FakeLedger> ledger = std::make_shared<FakeLedger>(plant.loop);
  std::size_t mail = 0;
  TemporaryDirectory directory{};
  std::string path = directory.path("state.db");
  Backstage backstage{{.path = path, .run = {.id = 1, .boot_id = "boot"}, .limits = {}}};
};

TEST_F(ReplayCommand, ReadsWhatADaemonIsWriting) {
  write_history();
  const auto equal = ask();
  EXPECT_EQ(equal.exit_code, 0) << equal.output << equal.complaints;
  EXPECT_EQ(equal.complaints, "");
  const auto different = ask("observe");
  EXPECT_EQ(different.exit_code, 1) << different.output;
  EXPECT_NE(different.output.find("restarts: 1 then, 0 now"), std::string::npos) << different.output;
  EXPECT_TRUE(write({Event{.at = plant.loop.wall_now(), .to = "up"}}).status)
      << "nobody is kept from writing";
}

TEST_F(ReplayCommand, ReadsACopyAndLeavesNothingBesideIt) {
  write_history();
  const auto copy = directory.make_directory("copy") + "/state.db";
  fs::copy(path, copy);
  fs::copy(path + "-wal", copy + "-wal");
  EXPECT_EQ(ask("act", {.database = copy}).exit_code, 0);

  run_sql("PRAGMA wal_checkpoint(TRUNCATE)");
  const auto alone = directory.make_directory("alone") + "/state.db";
  fs::copy(path, alone);
  const auto before = fs::last_write_time(alone);
  ::chmod(alone.c_str(), 0440);
  EXPECT_EQ(ask("act", {.state_directory = directory.path("alone")}).exit_code, 0);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory.path("alone")), fs::directory_iterator()), 1);
  EXPECT_EQ(fs::last_write_time(alone), before);
}

TEST_F(ReplayCommand, AnswersProgramsInJson) {
  write_history();
  const auto answer = ask("observe", {.as_json = true, .only_differences = true});
  const auto json = nlohmann::json::parse(answer.output);
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["equal"], false);
  EXPECT_EQ(json["then"]["restarts"], 1);
  EXPECT_EQ(json["now"]["withheld"]["observe"], 1);
  ASSERT_FALSE(json["lines"].empty());
  for (const auto& line : json["lines"])
    EXPECT_EQ(line["different"], true);
}

TEST_F(ReplayCommand, SaysWhichFileItIsThatIsNoHistory) {
  const auto complaint = [&](const std::string& file) {
    const auto answer = ask("act", {.database = file});
    EXPECT_EQ(answer.exit_code, 3);
    EXPECT_EQ(answer.output, "");
    return answer.complaints;
  };
  EXPECT_EQ(complaint("/nonexistent/state.db"),
            "systemcheckctl: /nonexistent/state.db: there is no such file\n");
  EXPECT_NE(complaint(directory.path()).find("it is no file"), std::string::npos);
  const auto garbage = directory.write_file("garbage", std::string(8192, 'x'));
  EXPECT_NE(complaint(garbage).find("file is not a database"), std::string::npos);
  EXPECT_NE(complaint(directory.write_file("empty", "")).find("it is no history of systemcheckd"),
            std::string::npos);
  const auto pipe = directory.path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_NE(complaint(pipe).find("it is no file"), std::string::npos) << "and it does not wait for a writer";
}

TEST_F(ReplayCommand, SaysWhoseFileItCannotRead) {
  write_history();
  run_sql("PRAGMA user_version = 99");
  EXPECT_NE(ask().complaints.find("it was made by a newer systemcheckd"), std::string::npos);
  run_sql("PRAGMA user_version = 1");
  EXPECT_NE(ask().complaints.find("it was made by an older systemcheckd"), std::string::npos);
  run_sql("PRAGMA user_version = 2; DROP TABLE situations");
  EXPECT_NE(ask().complaints.find("no such table: situations"), std::string::npos);
  EXPECT_EQ(ask().exit_code, 3);
}

TEST_F(ReplayCommand, LeavesOutWhatIsDamagedSaysSoAndIsNotEqual) {
  write_history();
  run_sql(
      "UPDATE situations SET text = '{broken' WHERE id = 2; "
      "UPDATE situations SET instant = 5 WHERE id = 4; "
      "INSERT INTO situations VALUES (1000, 1, 'boot', 0, 9000000000000000000, 0, 'x', '[]', 0)");
  const auto answer = ask();
  EXPECT_EQ(answer.exit_code, 3);
  EXPECT_NE(answer.complaints.find("situation 2 (mail): it is no JSON"), std::string::npos)
      << answer.complaints;
  EXPECT_NE(answer.complaints.find("it is older than the one before it"), std::string::npos)
      << answer.complaints;
  EXPECT_NE(answer.complaints.find("3 situations cannot be understood"), std::string::npos)
      << answer.complaints;
}

TEST_F(ReplayCommand, SurvivesNumbersAndTextsThatNobodyWrote) {
  write_history();
  run_sql(
      "UPDATE situations SET service = char(27) || '[31m' || x'ff', at = -9000000000000000000 WHERE id = 3; "
      "UPDATE situations SET text = replace(text, 'no process of it is running', char(27) || '[31m'), round "
      "= -1");
  const auto answer = ask();
  EXPECT_EQ(answer.output.find('\x1b'), std::string::npos) << answer.output;
  EXPECT_EQ(answer.complaints.find('\x1b'), std::string::npos) << answer.complaints;
  run_sql("UPDATE situations SET text = printf('%.2000000c', 'x') WHERE id = 5");
  const auto huge = ask();
  EXPECT_EQ(huge.exit_code, 3);
  EXPECT_NE(huge.complaints.find("too big"), std::string::npos) << huge.complaints;
}

TEST_F(ReplayCommand, ShowsEveryProblemOfTheOtherConfiguration) {
  write_history();
  ReplayArguments arguments{.database = path};
  arguments.config = directory.write_file("bad.yaml", "cycel: 5s\nmode: maybe\n");
  const auto answer = answer_replay(arguments, plant.loop.wall_now());
  EXPECT_EQ(answer.exit_code, 3);
  EXPECT_NE(answer.complaints.find("bad.yaml:1:1"), std::string::npos) << answer.complaints;
  EXPECT_NE(answer.complaints.find("bad.yaml:2:"), std::string::npos) << answer.complaints;
  arguments.config = directory.path("missing.yaml");
  EXPECT_EQ(answer_replay(arguments, plant.loop.wall_now()).exit_code, 3);
}

TEST_F(ReplayCommand, RefusesATimeAndAServiceThatAreNone) {
  write_history();
  EXPECT_NE(ask("act", {.since = "yesterday"}).complaints.find("--since"), std::string::npos);
  EXPECT_EQ(ask("act", {.since = "yesterday"}).exit_code, 3);
  EXPECT_NE(ask("act", {.services = {"nobody"}}).complaints.find("nobody"), std::string::npos);
}

}  // namespace
}  // namespace systemcheck::test
