#include <cstdio>
#include <memory>
#include <string_view>

#include "ctl/client.h"
#include "ctl/command_text.h"
#include "ctl/progress_text.h"
#include "ctl/session.h"
#include "os/clock.h"
#include "os/terminal.h"

namespace systemcheck {
namespace {

constexpr Duration tick = std::chrono::milliseconds{100};

/// On a terminal one line that changes; else a line for each step, beside the results.
class Teller {
 public:
  explicit Teller(const std::string& command) : progress_(command) {}

  void hear(std::string_view line) {
    const auto before = progress_.now_words();
    const auto result = progress_.note(line, steady_now());
    if (!result.empty()) say(result);
    const auto words = progress_.now_words();
    if (!is_live_ && !words.empty() && words != before) std::fprintf(stderr, "%s\n", words.c_str());
    show_now();
  }
  void show_now() const {
    if (!is_live_) return;
    std::printf("\r\x1b[K%s", progress_.now_line(steady_now()).c_str());
    std::fflush(stdout);
  }
  [[nodiscard]] bool has_told() const { return has_told_; }

 private:
  void say(const std::string& result) {
    std::printf("%s%s", is_live_ ? "\r\x1b[K" : "", result.c_str());
    std::fflush(stdout);
    has_told_ = true;
  }

  Progress progress_;
  bool is_live_ = is_output_terminal();
  bool has_told_ = false;
};

Result<std::string> hear_out(const std::string& socket, const std::string& question, Teller& teller) {
  auto conversation = Conversation::begin(socket, question);
  if (!conversation) return conversation.error();
  for (;;) {
    auto heard = conversation->hear(tick);
    if (!heard) return heard.error();
    if (heard->kind == Conversation::Heard::Kind::answer) return std::move(heard->text);
    if (heard->kind == Conversation::Heard::Kind::progress) teller.hear(heard->text);
    teller.show_now();
  }
}

int give_order(const Session& session, CommandWords words) {
  const bool takes_time = words.command == "restart" || words.command == "start" || words.command == "stop";
  words.wants_progress = takes_time && !session.as_json;
  const auto question = command_question(words);
  if (!question) return fail(question.error());
  return carry_out(session, words.command, *question);
}

struct CommandHelp {
  const char* name;
  const char* what;
};
constexpr CommandHelp commands[] = {
    {"maintenance", "leave a service, a group or all of them alone for a while"},
    {"release", "end maintenance, and what was stopped by command is no longer meant to be"},
    {"restart", "restart a service or a group, and see that it is up again"},
    {"start", "start it, see that it is up, and keep it up from now on"},
    {"stop", "stop it, see that it is gone, and leave it stopped"},
    {"clear", "forget its pauses and deaths: what waits for its next attempt is tried now"},
};

void add_order(CLI::App& app, Session& session, const CommandHelp& help) {
  const auto words = std::make_shared<CommandWords>();
  words->command = help.name;
  auto* command = app.add_subcommand(help.name, help.what);
  command->add_option("target", words->target, "the name of a service or of a group, or all")->required();
  add_json(*command, session);
  command->callback(
      [&session, words] { session.run = [&session, words] { return give_order(session, *words); }; });
  if (std::string_view(help.name) != "maintenance") return;
  command->add_option("--for", words->length, "how long: 90s, 30m, 2h, 7d at most")->required();
  command->add_option("--reason", words->reason, "why, in one line")->required();
}

}  // namespace

int carry_out(const Session& session, const std::string& command, const std::string& question) {
  Teller teller(command);
  const auto answer = session.as_json ? ask_daemon(session.socket, question, result_patience)
                                      : hear_out(session.socket, question, teller);
  if (!answer) return fail(answer.error());
  const auto report = command_report(*answer);
  if (!report) return fail(report.error());
  return show(session, *answer, teller.has_told() ? std::string_view() : report->text, report->status);
}

void add_orders(CLI::App& app, Session& session) {
  for (const auto& help : commands)
    add_order(app, session, help);
}

}  // namespace systemcheck
