#include <memory>

#include "ctl/client.h"
#include "ctl/process_text.h"
#include "ctl/session.h"
#include "os/clock.h"
#include "os/local_time.h"
#include "os/terminal.h"

namespace systemcheck {
namespace {

struct Arguments {
  ProcessWishes wishes{};
  bool is_wide = false;
};

int show_processes(const Session& session, ProcessWishes wishes, bool is_wide) {
  // The daemon may know a user by number only.
  if (const auto user = find_user(wishes.user)) wishes.user = std::to_string(*user);
  const auto question = ps_question(wishes);
  if (!question) return fail(question.error());
  const auto answer = ask_daemon(session.socket, *question);
  if (!answer) return fail(answer.error());
  const auto processes = parse_answer(*answer);
  if (!processes) return fail(processes.error());
  const auto width = is_wide ? 0 : terminal_columns().value_or(0);
  std::string text;
  for (const auto& line : ps_lines(*processes, width, wall_now(), {utc_offset, user_name_of}))
    text += line + "\n";
  if (!session.as_json) std::fprintf(stderr, "%s\n", picture_line(*processes, wall_now()).c_str());
  return show(session, *answer, text, CheckStatus::ok);
}

}  // namespace

void add_processes(CLI::App& app, Session& session) {
  const auto arguments = std::make_shared<Arguments>();
  auto& wishes = arguments->wishes;
  auto* ps =
      app.add_subcommand("ps", "the last picture of the process table, and to which service each belongs");
  ps->add_option("--sort", wishes.order, "by cpu, memory, pid, start, user or name")
      ->check(CLI::IsMember({"cpu", "memory", "pid", "start", "user", "name"}))
      ->capture_default_str();
  ps->add_option("--filter", wishes.filter, "those whose command has this text in it");
  ps->add_option("--user", wishes.user, "those of this user, by name or number");
  ps->add_option("--service", wishes.service, "those of this service");
  ps->add_option("--limit", wishes.limit, "so many at most")->check(CLI::Range(1, 65536));
  ps->add_flag("-w,--wide", arguments->is_wide, "cut no command where the terminal ends");
  add_json(*ps, session);
  ps->callback([&session, arguments] {
    session.run = [&session, arguments] {
      return show_processes(session, arguments->wishes, arguments->is_wide);
    };
  });
}

}  // namespace systemcheck
