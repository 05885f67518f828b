#include "offline/replay.h"

#include <algorithm>
#include <map>
#include <utility>

#include "offline/replayed_run.h"
#include "offline/timeline.h"

namespace systemcheck {
namespace {

/// Where a daemon still runs, or has ended without a word, what is recorded last goes on for so long.
constexpr Duration goes_on_at_least = std::chrono::minutes{15};

/// So long the last run goes on after what is recorded of it: enough to see the longest pause end.
Instant end_of(const Recorded& last, const Config& config, WallTime now) {
  const auto* turn = last.turn();
  if (turn != nullptr && turn->kind == PastTurn::Kind::ended) return last.instant;
  const auto most = std::max<Duration>(goes_on_at_least, 2 * config.restart_policy.backoff_max);
  return last.instant + std::clamp<Duration>(now - last.at, Duration{}, most);
}

Status play_all(ReplayStage& stage, Instant newest_end) {
  const auto& moments = stage.moments;
  for (std::size_t first = 0; first < moments.size();) {
    auto end = first;
    while (end < moments.size() && moments[end].run == moments[first].run)
      ++end;
    const auto& last = moments[end - 1];
    const bool is_newest = end == moments.size();
    ReplayedRun run(stage);
    auto played = run.play(first, end - first, is_newest ? newest_end : last.instant);
    if (!played) return played;
    first = end;
  }
  return Nothing{};
}

Status check_names(const ReplayWishes& wishes, const RecordedHistory& history) {
  for (const auto& name : wishes.services) {
    const bool is_known =
        std::ranges::any_of(history.moments, [&](const auto& it) { return it.service == name; });
    if (!is_known) return Error{Error::Kind::not_found, "nothing is recorded of a service " + name};
  }
  return Nothing{};
}

void count(ReplayCount& count, const std::optional<Said>& said) {
  if (!said || said->is_after_end) return;
  if (said->is_restart) ++count.restarts;
  if (said->withheld) ++count.withheld.at(static_cast<std::size_t>(*said->withheld));
}

void count_line(Replayed& result, const ReplayLine& line) {
  count(result.then, line.then);
  count(result.now, line.now);
  if (line.is_different) ++result.differences;
  if (line.now && !line.now->taken.empty() && !line.now->is_after_end) ++result.taken;
}

/// Of those that the wishes name.
class Wanted {
 public:
  explicit Wanted(const ReplayWishes& wishes) : wishes_(wishes) {}
  [[nodiscard]] bool covers(const std::string& service) const {
    return wishes_.services.empty() || wishes_.services.contains(service);
  }
  [[nodiscard]] bool covers(const std::string& service, WallTime at) const {
    return covers(service) && (!wishes_.since || at >= *wishes_.since);
  }

 private:
  const ReplayWishes& wishes_;
};

void note_longest(ReplayCount& count, const std::map<std::string, Duration>& down, const Wanted& wanted) {
  for (const auto& [service, longest] : down) {
    if (!wanted.covers(service) || longest <= count.longest_down) continue;
    count.longest_down = longest;
    count.longest_down_of = service;
  }
}

bool is_configured(const Config& config, const std::string& name) {
  return std::ranges::find(config.services, name, &Service::name) != config.services.end();
}

}  // namespace

Result<Replayed> replay(const Config& config, const RecordedHistory& history, const ReplayWishes& wishes) {
  if (auto known = check_names(wishes, history); !known) return std::move(known).error();
  const PastOrders orders(history.moments);
  ReplayStage stage{.config = config, .moments = history.moments, .orders = orders};
  const auto end = history.moments.empty() ? Instant{} : end_of(history.moments.back(), config, wishes.now);
  if (auto played = play_all(stage, end); !played) return std::move(played).error();

  Replayed result;
  const Wanted wanted(wishes);
  const auto then = said_then(history.moments, end);
  for (const auto& [service, said] : then.said) {
    if (!wanted.covers(service)) continue;
    if (!is_configured(config, service)) result.not_configured.insert(service);
    for (auto& line : compared(service, said, stage.said[service])) {
      if (!wanted.covers(service, line.any().at)) continue;
      count_line(result, line);
      result.lines.push_back(std::move(line));
    }
  }
  // Not by the wall clock, which may have been set meanwhile.
  std::ranges::stable_sort(
      result.lines, {}, [](const ReplayLine& line) { return std::pair(line.any().run, line.any().instant); });
  for (const auto& moment : history.moments) {
    const auto* situation = moment.situation();
    const bool counts = situation != nullptr && wanted.covers(moment.service, moment.at);
    if (counts) result.left_out += situation->left_out;
  }
  note_longest(result.then, then.longest_down, wanted);
  note_longest(result.now, stage.longest_down, wanted);
  if (!history.moments.empty()) {
    result.first = history.moments.front().at;
    result.last = history.moments.back().at;
  }
  return result;
}

}  // namespace systemcheck
