#include "offline/replay_command.h"

#include <fmt/core.h>

#include <utility>

#include "base/text.h"
#include "config/files.h"
#include "offline/replay.h"
#include "offline/replay_text.h"
#include "store/history_file.h"

namespace systemcheck {
namespace {

constexpr int exit_different = 1;
constexpr int exit_unknown = 3;

ReplayAnswer fail(const Error& error) {
  return {.output = {},
          .complaints = "systemcheckctl: " + printable(error.message, line_limit) + "\n",
          .exit_code = exit_unknown};
}

Result<ReplayWishes> wishes_of(const ReplayArguments& arguments, WallTime now) {
  ReplayWishes wishes{
      .services = {arguments.services.begin(), arguments.services.end()}, .since = {}, .now = now};
  if (arguments.since.empty()) return wishes;
  const auto since = parse_duration(arguments.since);
  if (!since) return Error(since.error()).within("--since");
  wishes.since = now - *since;
  return wishes;
}

std::string complaints_of(const RecordedHistory& history, const std::string& path) {
  std::string text;
  for (const auto& complaint : history.complaints)
    text += fmt::format("systemcheckctl: {}: {}\n", path, complaint);
  if (history.damaged > 0)
    text += "systemcheckctl: " + std::to_string(history.damaged) +
            " situations cannot be understood and are left out: what is decided need not be right\n";
  if (history.is_cut) text += "systemcheckctl: only the newest situations are replayed: there are too many\n";
  return text;
}

ReplayAnswer replay_of(const Config& config, const ReplayArguments& arguments, const ReplayWishes& wishes) {
  const auto directory =
      arguments.state_directory.empty() ? config.state_directory : arguments.state_directory;
  const auto path = arguments.database.empty() ? directory + "/state.db" : arguments.database;
  const auto filed = read_situations(path);
  if (!filed) return fail(filed.error());
  const auto history = understand(*filed);
  const auto replayed = replay(config, history, wishes);
  if (!replayed) return fail(replayed.error());
  ReplayAnswer answer{.complaints = complaints_of(history, path)};
  const auto text = arguments.as_json ? replay_json : replay_text;
  answer.output = text(*replayed, arguments.only_differences);
  answer.exit_code = replayed->differences == 0 ? 0 : exit_different;
  if (history.damaged > 0) answer.exit_code = exit_unknown;
  return answer;
}

}  // namespace

ReplayAnswer answer_replay(const ReplayArguments& arguments, WallTime now) {
  const auto wishes = wishes_of(arguments, now);
  if (!wishes) return fail(wishes.error());
  const auto texts = read_config_texts(arguments.config);
  if (!texts) return fail(texts.error());
  const auto loaded = load_config(*texts);
  if (!loaded.problems.empty())
    return {.output = {}, .complaints = problem_lines(loaded.problems), .exit_code = exit_unknown};
  return replay_of(loaded.config, arguments, *wishes);
}

}  // namespace systemcheck
