#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "daemon/shedding.h"

// What is counted, told and written down of services that are turned off for want of memory.

namespace systemcheck {
namespace {

/// Who the history says it is of, where it is of no one service.
constexpr const char* machine_subject = "memory";

bool is_off(ShedPhase phase) {
  return phase == ShedPhase::settling || phase == ShedPhase::shed || phase == ShedPhase::starting;
}
bool is_on_its_way_off(ShedPhase phase) {
  return phase == ShedPhase::stopping || phase == ShedPhase::refusing;
}

const ShedServiceMemo* find_memo(const ShedMemo& memo, const std::string& name) {
  const auto found = std::ranges::find(memo.services, name, &ShedServiceMemo::name);
  return found == memo.services.end() ? nullptr : &*found;
}

Severity severity_of(const ShedNews& news) {
  using Kind = ShedNews::Kind;
  if (news.is_alarm) return Severity::error;
  return news.kind == Kind::began || news.kind == Kind::ineffective ? Severity::warning : Severity::notice;
}

}  // namespace

void Shedding::count(const ShedMemo& before, const ShedChoice& choice) {
  const auto now = world_.loop.now();
  for (const auto& memo : choice.memo.services) {
    const auto* old = find_memo(before, memo.name);
    const auto phase_before = old != nullptr ? old->phase : ShedPhase::up;
    if (memo.phase == phase_before) continue;
    auto& account = accounts_[memo.name];
    const bool was_up = phase_before == ShedPhase::up || phase_before == ShedPhase::warming;
    if (was_up && (memo.phase == ShedPhase::stopping || memo.phase == ShedPhase::shed)) {
      ++account.sheds_total.at(static_cast<std::size_t>(memo.cause));
      account.predicted_bytes = memo.predicted_bytes;
      account.returned_bytes = 0;
    }
    if (is_on_its_way_off(phase_before) && is_off(memo.phase))
      supervision_.note_shed_verdict(memo.name, true, "it is gone");
    if (phase_before == ShedPhase::stopping && memo.phase == ShedPhase::refusing)
      supervision_.note_shed_verdict(memo.name, false, "it did not end");
    if (phase_before == ShedPhase::settling) account.returned_bytes = memo.returned_bytes;
    if (phase_before == ShedPhase::starting && memo.phase == ShedPhase::warming) ++account.restores_total;
    if (phase_before == ShedPhase::starting && memo.phase == ShedPhase::up) ++account.failed_restores_total;
    if (old != nullptr && is_off(phase_before) && !is_off(memo.phase) && old->down_since)
      account.off_seconds_total += in_seconds(now - *old->down_since);
  }
  const auto news_of = [&choice](ShedNews::Kind kind) {
    return static_cast<std::uint64_t>(std::ranges::count(choice.news, kind, &ShedNews::kind));
  };
  totals_.relieved_total += news_of(ShedNews::Kind::ended);
  totals_.stuck_total += news_of(ShedNews::Kind::stuck);
}

void Shedding::tell(const ShedChoice& choice) {
  for (const auto& news : choice.news) {
    const auto subject = news.service.empty() ? std::string(machine_subject) : news.service;
    const auto text =
        fmt::format("{}: {}{}", word(news.kind), news.text, news.is_rehearsed ? " (only observed)" : "");
    world_.journal.write(severity_of(news), fmt::format("{}: {}", subject, text));
    world_.ledger->put(Event{.at = world_.loop.wall_now(),
                             .service = subject,
                             .from = std::string(word(choice.shortage)),
                             .to = std::string(word(choice.state)),
                             .owner = std::string(word(Owner::shed)),
                             .reason = text,
                             .kind = EventKind::shedding});
  }
}

void Shedding::record_rehearsal(const ShedAction& action) {
  const auto words =
      fmt::format("would {} it{}: {}", word(action.verb),
                  action.triggers.empty() ? "" : ", and what starts it on demand", action.reason);
  world_.journal.write(Severity::notice, action.service + ": " + words);
  (void)world_.ledger->intend({.number = 0,
                               .at = world_.loop.wall_now(),
                               .service = action.service,
                               .verb = std::string(word(action.verb)),
                               .reason = action.reason,
                               .command = {},
                               .owner = std::string(word(Owner::shed)),
                               .asked_by = "systemcheck",
                               .mode = std::string(word(Mode::observe)),
                               .attempt = 0,
                               .old_identity = {}},
                              [] {});
}

ShedServiceRow Shedding::row_of(std::size_t index) const {
  const auto now = world_.loop.now();
  const auto& candidate = seen_[index];
  const auto& standing = choice_.standings[index];
  const auto account = accounts_.find(candidate.name);
  auto row = account == accounts_.end() ? ShedServiceRow{} : account->second;
  row.name = candidate.name;
  row.priority = candidate.priority.value_or(0);
  row.phase = standing.phase;
  row.obstacle = standing.obstacle;
  row.words = standing_words(standing, now);
  row.bytes = standing.bytes;
  const auto* memo = find_memo(choice_.memo, candidate.name);
  if (memo == nullptr) return row;
  row.is_rehearsed = memo->is_rehearsed;
  if (is_off(memo->phase) && memo->down_since) row.off_seconds_total += in_seconds(now - *memo->down_since);
  const bool is_waiting = memo->phase == ShedPhase::shed && memo->next_start && *memo->next_start > now;
  if (is_waiting) row.backoff = *memo->next_start - now;
  return row;
}

std::optional<ShedRow> Shedding::row() const {
  if (!source_) return std::nullopt;
  auto row = totals_;
  row.mode = config_->memory.mode;
  row.state = choice_.state;
  row.shortage = choice_.shortage;
  row.words = shed_words(choice_);
  row.usable_bytes = choice_.usable_bytes;
  row.pending_bytes = choice_.pending_bytes;
  row.to_critical = choice_.to_critical;
  const auto known = std::min(seen_.size(), choice_.standings.size());
  for (std::size_t i = 0; i < known; ++i) {
    if (seen_[i].priority) row.services.push_back(row_of(i));
  }
  return row;
}

}  // namespace systemcheck
