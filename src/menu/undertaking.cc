#include "menu/undertaking.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "ctl/answer.h"

namespace systemcheck {
namespace {

constexpr std::size_t steps_max = 1024;
constexpr std::size_t name_columns_max = 24;

bool takes_time(const CommandWords& words) {
  return words.command == "restart" || words.command == "start" || words.command == "stop";
}

std::string step_words(std::string_view progress) {
  if (progress == "looking") return "it is looked at";
  if (progress == "acting") return "its command, or systemd, is at work";
  return "that is done; waiting to see what came of it";
}

UndertakenStep& step_of(Undertaking& undertaking, const std::string& service) {
  auto& steps = undertaking.steps;
  const auto found = std::ranges::find(steps, service, &UndertakenStep::service);
  if (found != steps.end() || steps.size() >= steps_max) return found != steps.end() ? *found : steps.back();
  steps.push_back({.service = service});
  return steps.back();
}

/// As it stands in the answer, and in the last line of progress about it.
void note_result(Undertaking& undertaking, const Json& answer) {
  auto& step = step_of(undertaking, text_of(answer, "name"));
  constexpr double seconds_told = 0.001;
  step.words = text_of(answer, "result");
  if (const auto took = number_of(answer, "took_seconds"); took > seconds_told)
    step.words += " after " + seconds_words(took);
  if (const auto detail = text_of(answer, "detail"); !detail.empty()) step.words += ": " + detail;
  step.status = from_word<CheckStatus>(text_of(answer, "status")).value_or(CheckStatus::unknown);
  step.is_under_way = false;
  step.has_ended = true;
}

void note_plan(Undertaking& undertaking, const Json& names) {
  auto known = std::exchange(undertaking.steps, {});
  for (const auto& name : names) {
    auto& step = step_of(undertaking, text_of(Json{{"name", name}}, "name"));
    const auto before = std::ranges::find(known, step.service, &UndertakenStep::service);
    if (before != known.end()) step.old_pid = before->old_pid;
  }
}

std::string pid_words(const UndertakenStep& step) {
  if (step.new_pid == 0 || step.new_pid == step.old_pid) return {};
  auto words = fmt::format("; process {}", step.new_pid);
  return step.old_pid == 0 ? words : words + fmt::format(", was {}", step.old_pid);
}

std::size_t name_columns(const std::vector<UndertakenStep>& steps) {
  std::size_t columns = 0;
  for (const auto& step : steps)
    columns = std::max(columns, columns_of(step.service));
  return std::min(columns, name_columns_max);
}

/// What a person should know before he says yes.
std::string promise_of(const CommandWords& words) {
  if (words.command == "restart") return "What depends on one that fails is not tried.";
  if (words.command == "stop") return "It stays stopped until it is started, or the machine is.";
  if (words.command == "start") return "It is kept up from then on.";
  if (words.command == "clear") return "What waits for its next attempt is tried now.";
  return "What is down then is brought back.";
}

Line plan_line(const CommandWords& words, const SeenService& service, std::size_t place) {
  const auto process = service.pid == 0 ? std::string() : fmt::format(", process {}", service.pid);
  auto text = fmt::format("  {:>3}. {} ({}{})", place, service.name, service.state, process);
  if (!takes_time(words) || service.mode == "act") return {.text = std::move(text)};
  return {.text = text + ": it will be refused, its mode is " + service.mode, .look = Accent::warning};
}

std::string state_words(const Undertaking& undertaking) {
  if (!undertaking.error.empty()) return undertaking.error;
  if (!undertaking.has_ended) return "under way";
  return undertaking.status == CheckStatus::ok ? "done" : "it did not all go well";
}

}  // namespace

std::string title_of(const CommandWords& words) { return words.command + " " + words.target; }

Result<std::string> question_for(const CommandWords& words) {
  auto question = command_question(words);
  if (question && takes_time(words)) return *question + " --progress";
  return question;
}

std::vector<Line> plan_lines(const CommandWords& words, const Machine& machine) {
  auto names = services_meant(machine, words.target);
  if (words.command == "stop") std::ranges::reverse(names);
  std::vector<Line> lines{
      {.text = names.size() > 1 ? "One after the other, in this order:" : "This service:"}};
  std::size_t place = 0;
  for (const auto& name : names) {
    if (const auto* service = service_called(machine, name))
      lines.push_back(plan_line(words, *service, ++place));
  }
  if (place == 0) lines.push_back({.text = "  none: it is not here", .look = Accent::warning});
  lines.push_back({});
  lines.push_back({.text = promise_of(words)});
  return lines;
}

Undertaking begin_undertaking(std::uint64_t id, CommandWords words, const Machine& machine) {
  Undertaking undertaking{.id = id, .words = std::move(words)};
  for (const auto& name : services_meant(machine, undertaking.words.target)) {
    const auto* service = service_called(machine, name);
    undertaking.steps.push_back({.service = name, .old_pid = service == nullptr ? 0 : service->pid});
  }
  if (undertaking.words.command == "stop") std::ranges::reverse(undertaking.steps);
  return undertaking;
}

void hear_progress(Undertaking& undertaking, std::string_view line) {
  const auto json = parse_answer(line);
  if (!json) return;  // The answer tells all of it again.
  const auto progress = text_of(*json, "progress");
  if (progress == "planned") return note_plan(undertaking, list_of(*json, "services"));
  const auto answer = json->find("answer");
  if (progress == "ended" && answer != json->end()) return note_result(undertaking, *answer);
  auto& step = step_of(undertaking, text_of(*json, "service"));
  step.words = step_words(progress);
  step.is_under_way = true;
}

void hear_end(Undertaking& undertaking, const Result<std::string>& answer) {
  undertaking.has_ended = true;
  const auto json = answer ? parse_answer(*answer) : Result<Json>(answer.error());
  if (!json) {
    undertaking.error = json.error().message;
    undertaking.status = CheckStatus::critical;
    return;
  }
  undertaking.status = from_word<CheckStatus>(text_of(*json, "status")).value_or(CheckStatus::unknown);
  for (const auto& service : list_of(*json, "services"))
    note_result(undertaking, service);
}

void note_processes(Undertaking& undertaking, const Machine& machine) {
  for (auto& step : undertaking.steps) {
    const auto* service = service_called(machine, step.service);
    if (service != nullptr) step.new_pid = service->pid;
  }
}

std::string summary_of(const Undertaking& undertaking) {
  return title_of(undertaking.words) + ": " + state_words(undertaking);
}

std::vector<Line> lines_of(const Undertaking& undertaking) {
  const auto columns = name_columns(undertaking.steps);
  const auto status = undertaking.has_ended ? undertaking.status : CheckStatus::ok;
  std::vector<Line> lines{{.text = summary_of(undertaking), .look = look_of(status)}, {}};
  for (const auto& step : undertaking.steps) {
    const auto* mark = step.is_under_way ? "*" : step.has_ended && step.status != CheckStatus::ok ? "!" : " ";
    const auto* idle = undertaking.has_ended ? "nothing was done" : "its turn comes later";
    const auto words = step.words.empty() ? std::string(idle) : step.words + pid_words(step);
    lines.push_back({.text = fmt::format("{} {}  {}", mark, padded(step.service, columns), words),
                     .look = step.has_ended ? look_of(step.status) : Accent::plain});
  }
  return lines;
}

std::string failed_service(const Undertaking& undertaking) {
  const auto is_failed = [](const UndertakenStep& step) {
    return step.has_ended && step.status == CheckStatus::critical && !step.words.starts_with("skipped");
  };
  const auto found = std::ranges::find_if(undertaking.steps, is_failed);
  return found == undertaking.steps.end() ? std::string() : found->service;
}

}  // namespace systemcheck
