#include "daemon/shedding.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/metrics.h"
#include "base/text.h"
#include "decide/shed_memory.h"
#include "decide/shed_protection.h"

namespace systemcheck {
namespace {

constexpr Duration measured_every = std::chrono::minutes{1};
/// While memory is short: who has eaten it, and who is small enough to be started. And while one comes back:
/// when it has grown to its size the next may follow.
constexpr Duration measured_every_when_short = std::chrono::seconds{2};
/// A close look costs a quarter of a millisecond, most of it in the kernel. Between two of them a glance
/// does, while there is this much more than would be a warning, and it has not become less by this share of
/// all.
constexpr Duration looked_closely_every = std::chrono::seconds{10};
constexpr double plenty_factor = 1.5;
constexpr double noticed_share = 0.01;
constexpr Duration runlevel_asked_every = std::chrono::seconds{1};
/// How long a daemon that ends waits for services that it starts again.
constexpr Duration end_patience = std::chrono::seconds{20};

constexpr std::string_view unknown_relations =
    "it is not known what would be stopped with it, or that is too much";

std::string memory_key(const std::string& service) { return "shed/" + service; }

}  // namespace

Shedding::Shedding(World& world, Supervision& supervision, Callback on_change)
    : world_(world),
      supervision_(supervision),
      on_change_(std::move(on_change)),
      footprints_(world, [this] { look_closely(); }),
      related_(world.units) {}

Shedding::~Shedding() = default;

void Shedding::take_over(std::shared_ptr<const Config> config) {
  config_ = std::move(config);
  if (!world_.make_memory_source) return;
  auto source = world_.make_memory_source(config_->memory);
  if (!source) world_.journal.write(Severity::error, "memory cannot be watched: " + source.error().message);
  source_ = source ? *std::move(source) : nullptr;
  pressure_.reset();
  if (!source_) return;
  auto trigger = PressureTrigger::make(world_.loop, source_->pressure_file(), [this] {
    ++totals_.alarms_total;
    look_closely();
  });
  if (trigger) pressure_ = *std::move(trigger);
  if (!std::exchange(is_recalled_, true)) recall();
  look_at(world_.loop.now());
}

void Shedding::set_mode(Mode mode) {
  auto changed = std::make_shared<Config>(*config_);
  changed->memory.mode = mode;
  take_over(std::move(changed));
}

/// What an earlier daemon of this boot has turned off is still off by our doing.
void Shedding::recall() {
  std::vector<ShedServiceMemo> services;
  const auto now = world_.loop.now();
  for (const auto& service : config_->services) {
    const auto found = world_.ledger->memos().find(memory_key(service.name));
    if (found == world_.ledger->memos().end()) continue;
    auto recalled = recalled_shed_memory(found->second, world_.boot_id, service.name, now);
    if (recalled.is_left_off) {
      world_.journal.write(Severity::warning,
                           service.name +
                               ": it was turned off for want of memory before the machine started anew, and "
                               "nothing starts it: it is not enabled");
    }
    if (!recalled.memo) continue;
    remembered_.insert_or_assign(service.name, *recalled.memo);
    if (is_shed(*recalled.memo)) supervision_.note_turned_off(service.name, recalled.memo->was_enabled);
    services.push_back(*std::move(recalled.memo));
  }
  choice_.memo = recalled_shed_memo(std::move(services));
  put_claims(choice_);
}

void Shedding::look_at(Instant when) {
  due_ = when;
  timer_ = world_.loop.at(when, [this] {
    note_lateness();
    look();
  });
}

void Shedding::note_lateness() {
  const auto late = in_seconds(std::max<Duration>(world_.loop.now() - due_, Duration::zero()));
  ++totals_.looks;
  totals_.late_seconds_total += late;
  count_within(lateness_buckets, late, totals_.late_within);
}

void Shedding::look() {
  if (!source_ || is_ending_) return;
  if (!glance()) return look_closely();
  look_at(world_.loop.now() + choice_.look_again);
}

/// There was plenty when it was looked closely, and there is still about as much.
bool Shedding::glance() {
  const bool is_recent = world_.loop.now() - looked_closely_ < looked_closely_every;
  if (!is_recent || choice_.state != ShedState::normal) return false;
  const auto usable = source_->glance();
  if (!usable) return false;
  const double plenty = plenty_factor * config_->memory.warn.bytes_of(totals_.total_bytes);
  if (*usable < std::max(plenty, choice_.usable_bytes - noticed_share * totals_.total_bytes)) return false;
  note_shed_glance(choice_.memo, *usable, world_.loop.now());
  return true;
}

void Shedding::look_closely() {
  if (!source_ || is_ending_) return;
  looked_closely_ = world_.loop.now();
  decide(source_->read(looked_closely_));
  look_at(world_.loop.now() + choice_.look_again);
}

void Shedding::decide(const Result<MemorySight>& sight) {
  const auto now = world_.loop.now();
  const auto measured = supervision_.measured_services();
  related_.watch(measured);
  look_at_runlevel();
  seen_ = candidates(measured);
  tell_protections();
  const auto before = std::move(choice_.memo);
  const auto state_before = choice_.state;
  const auto shortage_before = choice_.shortage;
  choice_ = decide_shedding(config_->memory, before, sight, seen_, now);
  if (sight) totals_.total_bytes = sight->total_bytes;
  measure_if_due(measured);
  put_claims(choice_);
  remember(choice_.memo);  // Before anything is done: should we end now, the next daemon knows.
  count(before, choice_);
  tell(choice_);
  const auto actions = choice_.actions;
  for (const auto& action : actions)
    act(action);
  if (choice_.shortage != shortage_before) supervision_.note_time();  // What was withheld may be started.
  const bool is_news = choice_.state != state_before || choice_.shortage != shortage_before ||
                       !choice_.news.empty() || !actions.empty();
  if (is_news) on_change_();
}

/// Whether the machine goes down matters where something may be started again; it is not asked with each
/// look, of which there are many when memory is short.
void Shedding::look_at_runlevel() {
  const auto now = world_.loop.now();
  const bool is_due = !claimed_.empty() && now - runlevel_asked_ >= runlevel_asked_every;
  if (!is_due) return;
  runlevel_asked_ = now;
  supervision_.look_at_runlevel();
}

std::vector<ShedCandidate> Shedding::candidates(std::span<const MeasuredService> measured) const {
  auto candidates = supervision_.shed_candidates();
  for (auto& candidate : candidates) {
    const auto* footprint = footprints_.find(candidate.name);
    if (footprint == nullptr) continue;
    candidate.anonymous_bytes = footprint->bytes;
    candidate.protection = footprint->protection;
  }
  for (const auto& service : measured)
    note_relations(*std::ranges::find(candidates, service.name, &ShedCandidate::name), service);
  return candidates;
}

void Shedding::note_relations(ShedCandidate& candidate, const MeasuredService& service) const {
  for (const auto& trigger : service.triggered_by)
    if (related_.is_active(trigger)) candidate.triggers.push_back(trigger);
  if (!candidate.protection.empty()) return;
  const auto also_stops = related_.stopped_with(service);
  candidate.protection =
      also_stops ? shed_protection(config_->memory, {.unit = service.unit, .also_stops = *also_stops})
                 : std::string(unknown_relations);
}

/// Once each. What is not known yet will be in a moment.
void Shedding::tell_protections() {
  for (const auto& candidate : seen_) {
    if (!candidate.priority || candidate.protection == unknown_relations) continue;
    auto& told = protections_[candidate.name];
    if (candidate.protection == told) continue;
    told = candidate.protection;
    if (told.empty()) continue;
    world_.journal.write(Severity::warning,
                         candidate.name + ": it has shed, and is not turned off for want of memory: " + told);
  }
}

void Shedding::measure_if_due(std::span<const MeasuredService> measured) {
  const bool is_quiet = choice_.shortage == Shortage::normal && choice_.state != ShedState::restoring;
  const auto interval = is_quiet ? measured_every : measured_every_when_short;
  const auto now = world_.loop.now();
  const bool is_first = footprints_.began() == Instant{};
  if (!is_first && now - footprints_.began() < interval) return;
  std::vector<MeasuredService> services(measured.begin(), measured.end());
  std::erase_if(services, [](const MeasuredService& it) { return it.members.empty(); });
  if (!services.empty()) footprints_.measure(std::move(services), config_->memory);
}

/// What is off by our doing is held by us, and by nobody else's rules started again.
void Shedding::put_claims(const ShedChoice& choice) {
  for (const auto& memo : choice.memo.services) {
    const bool is_ours = is_shed(memo);
    if (is_ours == claimed_.contains(memo.name)) continue;
    if (!is_ours) {
      claimed_.erase(memo.name);
      (void)supervision_.release(memo.name,
                                 Owner::shed);  // One that is no longer configured is not held, either.
      continue;
    }
    claimed_.insert(memo.name);
    (void)supervision_.claim(
        memo.name, {.owner = Owner::shed,
                    .origin = ClaimOrigin::own,
                    .reason = fmt::format("it is turned off for want of memory ({})", word(memo.cause)),
                    .since = world_.loop.now()});
  }
}

void Shedding::remember(const ShedMemo& memo) {
  for (const auto& service : memo.services) {
    const auto found = remembered_.find(service.name);
    if (found == remembered_.end() ? service.phase == ShedPhase::up && service.sheds.empty()
                                   : is_same_memory(found->second, service))
      continue;
    remembered_.insert_or_assign(service.name, service);
    world_.ledger->put(
        Memo{.key = memory_key(service.name), .text = shed_memory_text(service, world_.boot_id)});
  }
}

std::string Shedding::start_veto(const std::string& service) const {
  const auto found = std::ranges::find(seen_, service, &ShedCandidate::name);
  if (found == seen_.end()) return {};
  if (start_obstacle(config_->memory, choice_.memo, *found) == ShedObstacle::none) return {};
  return fmt::format("memory is short ({}): it is not started into that", shed_words(choice_));
}

void Shedding::act(const ShedAction& action) {
  if (action.is_rehearsed) return record_rehearsal(action);
  supervision_.shed(action, [this, action](const Outcome& outcome) {
    const bool has_failed = outcome.kind != Outcome::Kind::succeeded && outcome.kind != Outcome::Kind::lost;
    if (action.verb == ShedVerb::start && has_failed) {
      choice_.memo = note_shed_start_failed(std::move(choice_.memo), action.service);
      ++accounts_[action.service].failed_restores_total;
    }
    end_if_all_is_on();  // What became of it is seen at the next look.
  });
}

void Shedding::wind_down(Callback on_done) {
  if (!source_) return on_done();
  is_ending_ = true;
  timer_.cancel();
  const auto now = world_.loop.now();
  supervision_.look_at_runlevel();
  seen_ = candidates(supervision_.measured_services());
  const auto before = std::move(choice_.memo);
  choice_ = decide_shed_exit(config_->memory, before, source_->read(now), seen_, now);
  remember(choice_.memo);
  const auto actions = choice_.actions;
  for (const auto& action : actions)
    act(action);
  on_all_on_ = std::move(on_done);
  end_timer_ = world_.loop.at(now + end_patience, [this] { std::exchange(on_all_on_, {})(); });
  end_if_all_is_on();
}

/// A start that was under way already is seen through, too: nobody would start the rest of what belongs to
/// it.
void Shedding::end_if_all_is_on() {
  if (!on_all_on_ || supervision_.is_turning_on()) return;
  end_timer_.cancel();
  std::exchange(on_all_on_, {})();
}

}  // namespace systemcheck
