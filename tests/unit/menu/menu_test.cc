#include "menu/menu.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "base/text.h"

namespace systemcheck {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr Size usual{.rows = 24, .columns = 80};

std::string service(const std::string& name, int pid, const std::string& mode = "act") {
  return fmt::format(
      R"({{"name": "{}", "state": "up", "mode": "{}", "status": "ok", "reason": "1 process", "main_pid": {}, "holds": []}})",
      name, mode, pid);
}

std::string document(const std::vector<std::string>& services, const std::string& groups = "[]") {
  std::string list;
  for (const auto& one : services)
    list += (list.empty() ? "" : ", ") + one;
  return R"({"status": "ok", "status_text": "ok", "mode": "act", "services": [)" + list + R"(], "groups": )" +
         groups + "}";
}

constexpr const char* mail_group = R"([{"name": "mail", "services": ["sendmail", "dovecot"]}])";

std::string usual_document(int first_pid = 100) {
  return document({service("web", 7), service("dovecot", first_pid + 1), service("sendmail", first_pid)},
                  mail_group);
}

/// Somebody before the menu, and a daemon that says what the test wants.
class MenuTest : public testing::Test {
 protected:
  void SetUp() override { answer_status(usual_document()); }

  void press(std::string_view keys) {
    for (const char key : keys)
      menu.press({.kind = Key::Kind::character, .text = std::string(1, key)});
  }
  void press(Key::Kind kind) { menu.press({.kind = kind}); }

  Screen screen(Size size = usual) {
    auto drawn = menu.screen(size, WallTime{});
    EXPECT_EQ(drawn.size(), size.rows);
    for (const auto& line : drawn)
      EXPECT_LE(columns_of(line.text), size.columns) << line.text;
    return drawn;
  }
  std::string text(Size size = usual) {
    std::string all;
    for (const auto& line : screen(size))
      all += line.text + "\n";
    return all;
  }

  /// What the menu wants to know; each question once.
  std::vector<std::string> asked() {
    std::vector<std::string> lines;
    for (const auto& question : menu.take_questions()) {
      lines.push_back(question.line);
      ids[question.line] = question.id;
    }
    return lines;
  }
  void hear(const std::string& question, Conversation::Heard::Kind kind, std::string said) {
    (void)asked();
    menu.hear(ids.at(question), Conversation::Heard{.kind = kind, .text = std::move(said)});
  }
  void answer(const std::string& question, std::string said) {
    hear(question, Conversation::Heard::Kind::answer, std::move(said));
  }
  void progress(const std::string& question, std::string said) {
    hear(question, Conversation::Heard::Kind::progress, std::move(said));
  }
  void answer_status(std::string said) {
    menu.refresh();
    answer("status", std::move(said));
  }
  void fail(const std::string& question, Error error) {
    (void)asked();
    menu.hear(ids.at(question), error);
  }

  Menu menu{"web1"};
  std::map<std::string, std::uint64_t> ids{};
};

const std::string restart_mail = "restart mail --progress";

TEST_F(MenuTest, RestartsAllMailByThreeEightAndYes) {
  press("38");
  EXPECT_THAT(text(), HasSubstr("Really restart mail?"));
  EXPECT_THAT(text(), HasSubstr("1. sendmail (up, process 100)"));
  EXPECT_THAT(text(), HasSubstr("2. dovecot (up, process 101)"));
  EXPECT_THAT(asked(), Not(testing::Contains(restart_mail)));

  press("y");
  EXPECT_THAT(asked(), testing::Contains(restart_mail));
}

TEST_F(MenuTest, HasMailAtEightWhateverElseIsConfigured) {
  for (const int others : {0, 1, 6, 7, 8, 60}) {
    std::vector<std::string> services{service("dovecot", 1), service("sendmail", 2)};
    for (int i = 0; i < others; ++i)
      services.push_back(service(fmt::format("other{}", i), 10 + i));
    const auto machine = parse_machine(document(services, mail_group));
    const auto entries = restart_entries(*machine);

    const auto place = place_numbered(entries, 8);
    ASSERT_TRUE(place) << others;
    EXPECT_EQ(entries[*place].name, "mail");
    std::vector<std::size_t> numbers;
    for (const auto& entry : entries)
      numbers.push_back(entry.number.value_or(0));
    EXPECT_TRUE(std::ranges::is_sorted(numbers)) << others;
    EXPECT_EQ(std::ranges::adjacent_find(numbers), numbers.end()) << others;
    EXPECT_EQ(entries.size(), services.size() + 1);
  }
}

TEST_F(MenuTest, TakesAServiceCalledMailForEight) {
  const auto entries = restart_entries(*parse_machine(document({service("web", 1), service("mail", 2)})));
  EXPECT_EQ(entries[*place_numbered(entries, 8)].name, "mail");
  EXPECT_EQ(entries.size(), 2U);
}

TEST_F(MenuTest, DoesNothingAtEightWhereThereIsNoMail) {
  for (const auto* groups : {"[]", R"([{"name": "mail", "services": []}])"}) {
    answer_status(document({service("web", 1)}, groups));
    press("38");
    EXPECT_THAT(text(), HasSubstr("There is no mail service here: nothing is done."));
    EXPECT_THAT(text(), HasSubstr("Restart menu"));
    press(Key::Kind::escape);
  }
  press("y");
  EXPECT_THAT(asked(), Not(testing::Contains(HasSubstr("restart"))));
}

TEST_F(MenuTest, DoesNothingWithoutAYes) {
  for (const auto kind : {Key::Kind::enter, Key::Kind::right, Key::Kind::tab}) {
    press("38");
    press(kind);
    EXPECT_THAT(text(), HasSubstr("y does it, n leaves it as it is."));
    press("n");
    EXPECT_THAT(text(), HasSubstr("Nothing was done."));
    press("0");
  }
  EXPECT_THAT(asked(), Not(testing::Contains(HasSubstr("restart"))));
}

TEST_F(MenuTest, SaysBeforehandWhatWillBeRefused) {
  press("31");
  EXPECT_THAT(text(), Not(HasSubstr("refused")));
  answer_status(document({service("web", 7, "observe")}));
  EXPECT_THAT(text(), HasSubstr("it will be refused, its mode is observe"));
}

TEST_F(MenuTest, TellsOfEachServiceUntilTheResultIsSeen) {
  press("38y");
  progress(restart_mail, R"({"progress": "planned", "services": ["sendmail", "dovecot"]})");
  progress(restart_mail, R"({"progress": "acting", "service": "sendmail"})");
  EXPECT_THAT(text(), HasSubstr("restart mail: under way"));
  EXPECT_THAT(text(), HasSubstr("* sendmail  its command, or systemd, is at work"));
  EXPECT_THAT(text(), HasSubstr("  dovecot   its turn comes later"));

  const std::string sendmail =
      R"({"name": "sendmail", "result": "verified", "status": "ok", "detail": "it is up: 1 process", "took_seconds": 1.5})";
  progress(restart_mail, R"({"progress": "ended", "service": "sendmail", "answer": )" + sendmail + "}");
  progress(restart_mail, R"({"progress": "watching", "service": "dovecot"})");
  EXPECT_THAT(text(), HasSubstr("  sendmail  verified after 1.5 s: it is up: 1 process"));
  EXPECT_THAT(text(), HasSubstr("* dovecot   that is done; waiting to see what came of it"));

  const std::string dovecot =
      R"({"name": "dovecot", "result": "verified", "status": "ok", "detail": "it is up: 1 process", "took_seconds": 0.5})";
  answer(restart_mail,
         R"({"command": "restart", "status": "ok", "services": [)" + sendmail + ", " + dovecot + "]}");
  EXPECT_THAT(text(), HasSubstr("restart mail: done"));
  answer("status", usual_document(200));
  EXPECT_THAT(text(), HasSubstr("verified after 1.5 s: it is up: 1 process; process 200, was 100"));
  EXPECT_THAT(text(), HasSubstr("process 201, was 101"));

  answer_status(usual_document(300));  // What happens later is another matter.
  EXPECT_THAT(text(), HasSubstr("process 200, was 100"));
}

TEST_F(MenuTest, DoesNotTakeAStatusThatWasAskedForEarlierForTheResult) {
  press("38y");
  menu.refresh();
  (void)asked();
  const auto old = ids.at("status");
  answer(restart_mail,
         R"({"status": "ok", "services": [{"name": "sendmail", "result": "verified", "status": "ok"}]})");
  (void)asked();
  ASSERT_NE(ids.at("status"), old);
  menu.hear(old, Conversation::Heard{.kind = Conversation::Heard::Kind::answer, .text = usual_document(200)});
  EXPECT_THAT(text(), Not(HasSubstr("process 200")));
  answer("status", usual_document(300));
  EXPECT_THAT(text(), HasSubstr("process 300, was 100"));
}

TEST_F(MenuTest, ExplainsWhatFailed) {
  press("38y");
  answer(restart_mail, R"({"command": "restart", "status": "critical", "services": [
      {"name": "sendmail", "result": "failed", "status": "critical", "detail": "no licence"},
      {"name": "dovecot", "result": "skipped", "status": "critical", "detail": "not tried, because of sendmail"}]})");
  EXPECT_THAT(text(), HasSubstr("restart mail: it did not all go well"));
  EXPECT_THAT(text(), HasSubstr("! sendmail  failed: no licence"));
  EXPECT_THAT(text(), HasSubstr("! dovecot   skipped: not tried, because of sendmail"));

  answer("explain sendmail", R"({"name": "sendmail", "state": "down", "since": "2026-11-22T18:20:00Z",
      "owner": "systemcheck", "mode": "act", "reason": "no process", "next_attempt_seconds": 5,
      "next": {"text": "It is tried.", "attempt": "2026-11-22T18:20:05Z"}})");
  EXPECT_THAT(text(), HasSubstr("next (in 5.0 s): It is tried."));
  EXPECT_THAT(text(), HasSubstr("w: more of sendmail"));
  press("w");
  EXPECT_THAT(text(), HasSubstr("Service sendmail"));
}

TEST_F(MenuTest, SaysWhyItIsRefused) {
  press("38y");
  answer(restart_mail, R"({"error": "only root and the group systemcheck may give orders"})");
  EXPECT_THAT(text(), HasSubstr("restart mail: only root and the group systemcheck may give orders"));
  EXPECT_THAT(text(), HasSubstr("nothing was done"));
  EXPECT_FALSE(menu.is_busy());
}

TEST_F(MenuTest, GoesOnWhenADaemonIsBack) {
  menu.refresh();
  fail("status", {Error::Kind::not_found, "/run/x.sock: No such file or directory"});
  EXPECT_THAT(text(), HasSubstr("There is no daemon: /run/x.sock: No such file or directory"));
  EXPECT_THAT(text(), HasSubstr("no daemon"));
  press("2");
  EXPECT_THAT(text(), HasSubstr("sendmail")) << "what was seen last stays";
  answer_status(usual_document());
  EXPECT_THAT(text(), Not(HasSubstr("no daemon")));
}

TEST_F(MenuTest, TellsWhenTheDaemonGoesAwayUnderAnOrder) {
  press("38y");
  fail(restart_mail, {Error::Kind::failed, "the daemon went away without an answer"});
  EXPECT_THAT(text(), HasSubstr("restart mail: the daemon went away without an answer"));
  EXPECT_FALSE(menu.is_busy());
}

TEST_F(MenuTest, UndoesNothingWhenSomebodyLeaves) {
  press("38y");
  press("q");
  EXPECT_FALSE(menu.has_left());
  EXPECT_THAT(text(), HasSubstr("leaving undoes nothing. q leaves."));
  press("q");
  EXPECT_TRUE(menu.has_left());
  EXPECT_EQ(menu.farewell(), "restart mail goes on; systemcheckctl history will tell how it ends\n");
}

TEST_F(MenuTest, ForgetsThatSomebodyWantedToLeave) {
  press("38yq");
  press(Key::Kind::down);
  press("q");
  EXPECT_FALSE(menu.has_left());
}

TEST_F(MenuTest, LeavesAtOnceWhenNothingIsUnderWay) {
  press("0");
  EXPECT_TRUE(menu.has_left());
  EXPECT_EQ(menu.farewell(), "");
}

TEST_F(MenuTest, KeepsWhatWasOrderedForThoseWhoComeBack) {
  press("38y");
  press(Key::Kind::escape);
  EXPECT_THAT(text(), HasSubstr("It goes on; 8 in the main menu shows how it stands."));
  answer(restart_mail, R"({"status": "ok", "services": []})");
  EXPECT_THAT(text(), HasSubstr("restart mail: done"));
  press("081");
  EXPECT_THAT(text(), HasSubstr("restart mail: done"));
}

TEST_F(MenuTest, WaitsForEnterWhereANumberMayGoOn) {
  std::vector<std::string> services;
  for (int i = 1; i <= 20; ++i)
    services.push_back(service(fmt::format("s{}", i), i));
  answer_status(document(services));
  press("21");
  EXPECT_THAT(text(), HasSubstr("number 1_"));
  press("7");
  EXPECT_THAT(text(), HasSubstr("Service s17"));
  press("01");
  press(Key::Kind::enter);
  EXPECT_THAT(text(), HasSubstr("Service s1\x20"));
  press("02");
  press(Key::Kind::erase);
  press("9");
  EXPECT_THAT(text(), HasSubstr("Service s9")) << "nothing else begins with 9";
  press("029");
  EXPECT_THAT(text(), HasSubstr("There is no number 29 here."));
}

TEST_F(MenuTest, ScrollsThroughTwoHundredServices) {
  std::vector<std::string> services;
  for (int i = 1; i <= 200; ++i)
    services.push_back(service(fmt::format("service{:03}", i), i));
  answer_status(document(services, mail_group));
  press("2");
  EXPECT_THAT(text(), HasSubstr("service001"));
  EXPECT_THAT(text(), HasSubstr("more below"));
  press(Key::Kind::end);
  EXPECT_THAT(text(), HasSubstr("> 200  service200"));
  EXPECT_THAT(text(), Not(HasSubstr("more below")));
  press(Key::Kind::page_up);
  EXPECT_THAT(text(), Not(HasSubstr("> 200")));
  press(Key::Kind::home);
  press(Key::Kind::up);
  EXPECT_THAT(text(), HasSubstr(">   1  service001"));
  for (int i = 0; i < 250; ++i) {
    press(Key::Kind::down);
    EXPECT_THAT(text(smallest_size), HasSubstr(">"));
  }
  press(Key::Kind::enter);
  EXPECT_THAT(text(), HasSubstr("Service service200"));
}

TEST_F(MenuTest, KeepsTheSelectionWhenTheListChanges) {
  press("2");
  press(Key::Kind::down);
  EXPECT_THAT(text(), HasSubstr(">   2  dovecot"));
  answer_status(document({service("a", 1), service("b", 2), service("web", 3), service("dovecot", 4)}));
  EXPECT_THAT(text(), HasSubstr(">   4  dovecot"));
  answer_status(document({service("a", 1)}));
  EXPECT_THAT(text(), HasSubstr(">   1  a"));
  answer_status(document({}));
  press(Key::Kind::enter);
  EXPECT_THAT(text(), HasSubstr("nothing"));
}

TEST_F(MenuTest, SaysHowLargeItHasToBe) {
  for (const Size size : {Size{.rows = 17, .columns = 80}, Size{.rows = 24, .columns = 59},
                          Size{.rows = 1, .columns = 1}, Size{.rows = 0, .columns = 0}}) {
    (void)screen(size);
  }
  EXPECT_THAT(text({.rows = 10, .columns = 40}), HasSubstr("The menu takes 60 x 18."));
  press("38y");
  EXPECT_THAT(asked(), Not(testing::Contains(HasSubstr("restart")))) << "nobody saw what he did";
  EXPECT_THAT(text(smallest_size), HasSubstr("Main menu"));
}

TEST_F(MenuTest, SaysOnEachScreenWhichKeysDoWhat) {
  for (const auto* keys : {"", "1", "2", "21", "3", "31", "31y", "4", "41", "5", "6", "7", "8", "?"}) {
    press(keys);
    for (const auto size : {smallest_size, usual, Size{.rows = 60, .columns = 200}}) {
      const auto last = screen(size).back();
      EXPECT_EQ(last.look, Accent::title) << keys;
      EXPECT_THAT(text(size), testing::ContainsRegex("Esc: |q: leave")) << keys;
    }
    for (int i = 0; i < 4; ++i)
      press(Key::Kind::escape);
    EXPECT_THAT(text(), HasSubstr("Main menu"));
  }
}

TEST_F(MenuTest, AsksForHowLongAndWhyBeforeMaintenance) {
  press("4");
  EXPECT_THAT(text(), HasSubstr("2  mail"));
  press("3");
  EXPECT_THAT(text(), HasSubstr("Maintenance of web"));
  for (int i = 0; i < 10; ++i)
    press(Key::Kind::erase);
  press("7q");
  EXPECT_FALSE(menu.has_left()) << "it is only a letter here";
  press(Key::Kind::enter);
  press(": new disks?");
  press(Key::Kind::enter);
  EXPECT_THAT(text(), HasSubstr("7q"));
  EXPECT_THAT(text(), HasSubstr("Maintenance of web")) << "that is no duration";
  press(Key::Kind::tab);
  press(Key::Kind::erase);
  press("d");
  press(Key::Kind::tab);
  press(Key::Kind::enter);
  EXPECT_THAT(asked(),
              testing::Contains("maintenance web --for 7d --reason work on it, from the menu: new disks?"));
}

TEST_F(MenuTest, WantsAReasonForMaintenance) {
  press("41");
  press(Key::Kind::tab);
  for (int i = 0; i < 100; ++i)
    press(Key::Kind::erase);
  press(Key::Kind::enter);
  EXPECT_THAT(text(), HasSubstr("Say why"));
  menu.press({.kind = Key::Kind::character, .text = "ü"});
  press("x");
  press(Key::Kind::erase);
  menu.press({.kind = Key::Kind::character, .text = "\x1b"});
  for (int i = 0; i < 1'000; ++i)
    press("y");
  press(Key::Kind::enter);
  const auto questions = asked();
  ASSERT_THAT(questions, testing::Contains(HasSubstr("maintenance all --for 2h --reason üyyy")));
  EXPECT_LT(questions.back().size(), 512U);
}

TEST_F(MenuTest, ShowsWhoHoldsAServiceAndEndsIt) {
  answer_status(document({R"({"name": "web", "state": "held", "mode": "act", "status": "ok",
      "holds": [{"by": "maintenance", "asked_by": "root", "reason": "new disks"}]})"}));
  press("4");
  EXPECT_THAT(text(), HasSubstr("held by maintenance, asked for by root: new disks"));
  press(Key::Kind::down);
  press("ey");
  EXPECT_THAT(asked(), testing::Contains("release web"));
}

TEST_F(MenuTest, OrdersFromTheScreenOfAService) {
  for (const auto& [key, command] : {std::pair{"r", "restart web --progress"},
                                     {"s", "start web --progress"},
                                     {"t", "stop web --progress"},
                                     {"c", "clear web"},
                                     {"e", "release web"}}) {
    press("21");
    press(key);
    press("y");
    EXPECT_THAT(asked(), testing::Contains(command));
    answer(command, R"({"status": "ok", "services": [{"name": "web", "result": "done", "status": "ok"}]})");
    for (int i = 0; i < 3; ++i)
      press(Key::Kind::escape);
  }
  press("21h");
  EXPECT_THAT(asked(), testing::Contains("history web --limit 200"));
  press(Key::Kind::escape);
  press("m");
  EXPECT_THAT(text(), HasSubstr("Maintenance of web"));
}

TEST_F(MenuTest, StopsAGroupInReverse) {
  const auto machine = parse_machine(usual_document());
  const auto undertaking = begin_undertaking(1, {.command = "stop", .target = "mail"}, *machine);
  ASSERT_EQ(undertaking.steps.size(), 2U);
  EXPECT_EQ(undertaking.steps[0].service, "dovecot");
  EXPECT_THAT(plan_lines({.command = "stop", .target = "mail"}, *machine)[1].text, HasSubstr("1. dovecot"));
}

TEST_F(MenuTest, AsksForAPageOneQuestionAtATime) {
  press("7");
  EXPECT_THAT(asked(), testing::Contains("history  --limit 200"));
  menu.refresh();
  EXPECT_THAT(asked(), Not(testing::Contains("history  --limit 200")));
  answer("history  --limit 200", R"({"actions": [], "events": [{"time": "2026-11-22T18:20:00Z",
      "service": "web", "from": "up", "to": "down", "reason": "gone"}]})");
  EXPECT_THAT(text(), HasSubstr("web: up -> down: gone"));
  menu.refresh();
  EXPECT_THAT(asked(), testing::Contains("history  --limit 200"));
  fail("history  --limit 200", {Error::Kind::timed_out, "it did not answer in time"});
  EXPECT_THAT(text(), HasSubstr("This is old: it did not answer in time"));
}

TEST_F(MenuTest, ShowsNothingThatATerminalWouldObey) {
  const std::string hostile = R"(x\u001b[2J\u0007\u202ey)";
  answer_status(document({R"({"name": ")" + hostile + R"(", "state": ")" + hostile + R"(", "mode": "\u009b1m",
      "status": "critical", "reason": "a\nb", "main_pid": 1e300, "holds": [{"by": "\u001b"}]})"},
                         R"([{"name": "\u001bmail", "services": ["\u001b", 7, {}]}])"));
  for (const auto* keys : {"", "1", "2", "21", "3", "31", "31y", "4", "41"}) {
    press(keys);
    for (const auto& line : screen())
      EXPECT_EQ(clean_prefix(line.text), line.text.size()) << line.text;
    EXPECT_THAT(text(), Not(HasSubstr("\u202e")));
    for (int i = 0; i < 4; ++i)
      press(Key::Kind::escape);
  }
}

TEST_F(MenuTest, SurvivesWhateverAnswers) {
  for (const auto* said : {"", "[]", "7", "{}", R"({"services": 7, "groups": {}})",
                           R"({"services": [1, null, {"name": 7}], "groups": [1, {"services": 3}]})",
                           R"({"error": "too many"})"}) {
    answer_status(said);
    press("38y");
    (void)text();
    for (const auto& question : {restart_mail}) {
      if (!std::ranges::count(asked(), question)) continue;
      progress(question, said);
      progress(question, R"({"progress": 3, "answer": 4, "services": 5})");
      answer(question, said);
    }
    (void)text();
    for (int i = 0; i < 4; ++i)
      press(Key::Kind::escape);
  }
}

TEST_F(MenuTest, StaysWholeWhateverIsPressedAndAnswered) {
  std::mt19937 dice(8);
  const auto below = [&dice](std::size_t limit) { return dice() % limit; };
  constexpr std::string_view letters = "0123456789yynwrstcemhq? x";
  const std::vector<std::string> answers{
      usual_document(), document({}), R"({"error": "no"})", "nonsense",
      R"({"status": "critical", "services": [{"name": "web", "result": "failed", "status": "critical"}]})"};
  for (int i = 0; i < 20'000; ++i) {
    if (below(3) == 0) press(letters.substr(below(letters.size()), 1));
    press(static_cast<Key::Kind>(below(static_cast<std::size_t>(Key::Kind::other) + 1)));
    if (below(4) == 0) menu.refresh();
    for (const auto& question : menu.take_questions()) {
      if (below(8) == 0) {
        menu.hear(question.id, Error{Error::Kind::failed, "it went away"});
      } else if (below(8) != 0) {
        const auto kind = static_cast<Conversation::Heard::Kind>(1 + below(2));
        menu.hear(question.id, Conversation::Heard{.kind = kind, .text = answers[below(answers.size())]});
      }
    }
    (void)screen({.rows = below(40), .columns = below(120)});
  }
}

TEST_F(MenuTest, ExplainsAlsoToThoseWhoComeBackLater) {
  press("31y");
  press(Key::Kind::escape);
  answer(
      "restart web --progress",
      R"({"status": "critical", "services": [{"name": "web", "result": "failed", "status": "critical"}]})");
  (void)asked();
  press("081");
  EXPECT_THAT(asked(), testing::Contains("explain web"));
}

TEST_F(MenuTest, LetsOnlySoMuchBeUnderWay) {
  for (int i = 0; i < 5; ++i) {
    press("31y");
    press(Key::Kind::escape);
    press(Key::Kind::escape);
  }
  EXPECT_EQ(std::ranges::count(asked(), "restart web --progress"), 4);
  press("31y");
  EXPECT_THAT(text(), HasSubstr("Too much is under way"));
}

TEST_F(MenuTest, ForgetsTheOldestOfManyOrders) {
  for (int i = 0; i < 40; ++i) {
    press("31y");
    answer("restart web --progress", R"({"status": "ok", "services": []})");
    press(Key::Kind::escape);
    press(Key::Kind::escape);
  }
  press("8");
  EXPECT_THAT(text({.rows = 50, .columns = 80}), HasSubstr(" 32  restart web: done"));
  EXPECT_THAT(text({.rows = 50, .columns = 80}), Not(HasSubstr(" 33  ")));
}

TEST(Words, AreCountedAndCutByCharacters) {
  EXPECT_EQ(columns_of("aü€"), 3U);
  EXPECT_EQ(fitted("aü€x", 3), "aü…");
  EXPECT_EQ(fitted("aü€", 3), "aü€");
  EXPECT_EQ(fitted("ab", 0), "");
  EXPECT_EQ(padded("ü", 3), "ü  ");
}

TEST(Words, AreWrappedAtBlanks) {
  EXPECT_THAT(wrapped("one two three four\n\nfive", 10),
              ElementsAre("one two", "    three", "    four", "", "five"));
  EXPECT_THAT(wrapped("  one two three", 9), ElementsAre("  one two", "  three"));
  EXPECT_THAT(wrapped("üüüüüüüüüüü", 10), ElementsAre("üüüüüüüüüü", "    ü"));
  for (const auto& line : wrapped(std::string(1'000, 'x'), 1))
    EXPECT_LE(line.size(), 8U);
}

}  // namespace
}  // namespace systemcheck
