#include <memory>
#include <string>
#include <utility>

#include "ctl/client.h"
#include "ctl/relay_text.h"
#include "ctl/session.h"

namespace systemcheck {
namespace {

struct RelayWords {
  std::string network{};
  std::string length = "15m";
  std::string comment{};
  std::size_t limit = 50;
};

using Question = std::function<std::string(const RelayWords&)>;
using Telling = std::function<Result<RelayReason>(std::string_view)>;

int ask(const Session& session, const std::string& question, const Telling& tell) {
  if (question.find_first_of("\r\n") != std::string::npos)
    return fail({Error::Kind::malformed, "a comment is one line"});
  const auto answer = ask_daemon(session.socket, question);
  if (!answer) return fail(answer.error());
  const auto said = tell(*answer);
  if (!said) return fail(said.error());
  return show(session, *answer, said->text, said->status);
}

/// What only tells something is well.
Telling always_ok(Result<std::string> (*tell)(std::string_view)) {
  return [tell](std::string_view document) -> Result<RelayReason> {
    auto text = tell(document);
    if (!text) return text.error();
    return RelayReason{.status = CheckStatus::ok, .text = *std::move(text)};
  };
}

/// Its words are those of all of them: one is given.
class Family {
 public:
  Family(CLI::App& relay, Session& session) : relay_(relay), session_(session) {}

  CLI::App* add(const std::string& name, const std::string& what, Question question, const Telling& tell) {
    auto* command = relay_.add_subcommand(name, what);
    add_json(*command, session_);
    command->callback([&session = session_, words = words_, question = std::move(question), tell] {
      session.run = [&session, words, question, tell] { return ask(session, question(*words), tell); };
    });
    return command;
  }
  CLI::Option* add_address(CLI::App& command) {
    return command.add_option("address", words_->network, "the address")->check(check_word);
  }
  [[nodiscard]] RelayWords& words() const { return *words_; }

 private:
  CLI::App& relay_;
  Session& session_;
  std::shared_ptr<RelayWords> words_ = std::make_shared<RelayWords>();
};

void add_grants(Family& family) {
  auto* add = family.add(
      "add", "an address may send for a while",
      [](const RelayWords& words) {
        return "relay add " + words.network + " --for " + words.length +
               (words.comment.empty() ? "" : " --comment " + words.comment);
      },
      always_ok(relay_result));
  family.add_address(*add)->required();
  add->add_option("--for", family.words().length, "how long: 15m, 2h, 366d at most")->capture_default_str();
  add->add_option("--comment", family.words().comment, "why, in one line");
  auto* remove = family.add(
      "remove", "an address may send no longer, until its next login",
      [](const RelayWords& words) { return "relay remove " + words.network; }, always_ok(relay_result));
  family.add_address(*remove)->required();
  family.add(
      "flush", "nobody may send until he logs in again", [](const RelayWords&) { return "relay flush"; },
      always_ok(relay_result));
}

}  // namespace

CLI::App* add_relay_questions(CLI::App& app, Session& session) {
  auto* relay = app.add_subcommand("relay", "who has just fetched mail, and may send some");
  Family family(*relay, session);
  family.add(
      "list", "who may send, until when, and why", [](const RelayWords&) { return "relay list"; },
      always_ok(relay_list));
  add_grants(family);
  auto* why = family.add(
      "why", "whether an address may send, and which line says so",
      [](const RelayWords& words) { return "relay why " + words.network; }, relay_reason);
  family.add_address(*why)->required();
  auto* history = family.add(
      "history", "who could send when, the newest first",
      [](const RelayWords& words) {
        return "relay history " + words.network + " --limit " + std::to_string(words.limit);
      },
      always_ok(relay_history));
  family.add_address(*history);
  history->add_option("--limit", family.words().limit, "so many at most")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  family.add(
      "stats", "the logs, the maps and what came of the lines", [](const RelayWords&) { return "status"; },
      relay_stats);
  relay->require_subcommand(1);
  return relay;
}

}  // namespace systemcheck
