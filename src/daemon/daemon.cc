#include "daemon/daemon.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "check/thresholds.h"
#include "daemon/configuration.h"
#include "daemon/status_news.h"

namespace systemcheck {
namespace {

/// At most ten posts a second, whatever happens.
constexpr Duration post_interval = std::chrono::milliseconds{100};
/// Clients of HTTP give up soon after.
constexpr Duration outcome_patience = std::chrono::seconds{60};

}  // namespace

Daemon::Daemon(World world, Board<View>& board, std::string version)
    : world_(std::move(world)),
      board_(board),
      supervision_(world_,
                   {.row_changed = [this] { post_soon(); },
                    .look_wanted = [this] { want_look(); },
                    .start_veto = [this](const auto& service) { return shedding_.start_veto(service); }}),
      samples_(world_.ledger->take_samples()) {
  world_.ledger = std::make_shared<WitnessedLedger>(world_.ledger, events_);
  row_.version = std::move(version);
  row_.started = world_.loop.now();
  row_.started_at = world_.loop.wall_now();
}

Daemon::~Daemon() { note_own_event("stopped", row_.version); }

void Daemon::note_own_event(std::string what, std::string reason) {
  world_.ledger->put(Event{.at = world_.loop.wall_now(),
                           .to = std::move(what),
                           .reason = std::move(reason),
                           .kind = EventKind::daemon});
}

void Daemon::start(Config config) {
  note_own_event("started", row_.version);
  apply(std::move(config));
  next_cycle_ = world_.loop.now();
  begin_cycle();
}

void Daemon::apply(Config config) {
  config_ = std::make_shared<const Config>(std::move(config));
  ++generation_;
  collection_ = std::make_shared<Collection>(world_.host, config_);
  row_.cycle_interval = config_->cycle;
  row_.mode = config_->mode;
  row_.config_reload_ok = true;
  row_.config_loaded_at = world_.loop.wall_now();
  row_.config_hash = config_hash(*config_);
  commands_.use(config_);
  supervision_.take_over(config_);
  shedding_.take_over(config_);
  relay_.take_over(config_);
}

void Daemon::reload(Loaded loaded) {
  if (!loaded.problems.empty()) {
    note_failed_reload(problem_lines(loaded.problems));
    return;
  }
  if (!changes_at_start_only(*config_, loaded.config).empty()) {
    world_.journal.write(Severity::warning,
                         "reload: http, snmp, history, control_socket and state_directory change only when "
                         "the daemon is restarted");
  }
  pending_ = std::move(loaded.config);
  try_pending_reload();
}

void Daemon::note_failed_reload(const std::string& problems) {
  auto rest = std::string_view(problems);
  while (!rest.empty())
    world_.journal.write(Severity::error, take_line(rest));
  world_.journal.write(Severity::error, "reload: the configuration has problems; the old one stays in force");
  note_own_event("not reloaded", "the configuration has problems; the old one stays in force");
  row_.config_reload_ok = false;
  end_refused_reload(problems);
  post_soon();
}

void Daemon::note_web_config(bool is_good) {
  if (!is_good)
    note_own_event("not reloaded", "the web configuration file cannot be used; the old one stays in force");
  is_web_config_good_ = is_good;
  post_soon();
}

void Daemon::try_pending_reload() {
  if (!pending_ || supervision_.has_order_in_flight()) return;
  const auto before = config_;
  apply(*std::exchange(pending_, std::nullopt));
  world_.journal.write(Severity::notice, "reload: the new configuration is in force");
  note_own_event("reloaded", row_.version);
  end_reload(*before);
  if (!is_cycle_running_) restart_beat();
  post_soon();
}

/// Cycles stay on their beat: one that would begin while the last one still runs is skipped and counted.
void Daemon::begin_cycle() {
  const auto now = world_.loop.now();
  next_cycle_ += config_->cycle;
  if (next_cycle_ <= now) next_cycle_ = now + config_->cycle;  // The machine slept, or the cycle was changed.
  cycle_timer_ = world_.loop.at(next_cycle_, [this] { begin_cycle(); });
  supervision_.note_time();

  if (is_cycle_running_) {
    ++row_.cycle_overruns_total;
    world_.journal.write(Severity::warning, "the last cycle is still collecting; this one is skipped");
    return;
  }
  is_cycle_running_ = true;  // Before the job is set aside: a simulation runs it at once.
  auto job = world_.loop.aside([this, collection = collection_, cycle = snapshot_->cycle + 1,
                                crashes = supervision_.take_crashes(), ports = supervision_.port_questions(),
                                generation = generation_] {
    auto snapshot = std::make_shared<const Snapshot>(collection->take(cycle, crashes, ports));
    return [this, snapshot, generation] {
      is_cycle_running_ = false;
      if (generation == generation_) end_cycle(snapshot);
      if (generation != generation_) restart_beat();  // Collected for services that are no more.
    };
  });
  if (job) {
    cycle_job_ = *std::move(job);
    return;
  }
  is_cycle_running_ = false;
  ++row_.cycle_overruns_total;
  world_.journal.write(Severity::error, "cannot begin a cycle: " + job.error().message);
}

void Daemon::restart_beat() {
  next_cycle_ = world_.loop.now();
  begin_cycle();
}

void Daemon::end_cycle(std::shared_ptr<const Snapshot> snapshot) {
  const auto since_last = snapshot_->cycle == 0 ? Duration{} : snapshot->taken - snapshot_->taken;
  snapshot_ = std::move(snapshot);
  ++row_.cycles_total;
  const auto& facts = snapshot_->facts;
  load_high_since_ = check_high_load_since(config_->load, facts.of<Load>(), facts.of<Cpu>(), load_high_since_,
                                           world_.loop.now());
  if (const auto& memory = facts.of<Memory>()) supervision_.note_oom_kills(memory->oom_kills);
  supervision_.note_busy(
      check_machine_busy(config_->load, facts.of<Load>(), facts.of<Cpu>(), facts.of<Pressure>()));
  supervision_.see_surroundings(facts.of<PackageTransaction>(), facts.of<KillSwitch>(), snapshot_->taken);
  supervision_.see_hold_files(facts.of<HoldFiles>(), snapshot_->taken);
  supervision_.see(snapshot_->services, snapshot_->taken);
  supervision_.close_cycle(since_last);
  relay_.note_cycle();
  end_checks();
  try_pending_reload();
  post_soon();
}

/// One look at a time. One that is wanted while another runs comes after it: the running one may have
/// passed by already what the new one is wanted for.
void Daemon::want_look() {
  is_look_wanted_ = true;
  if (!is_look_running_) begin_look_soon();
}

/// One turn of the loop later: all that have died together are looked for together, and a death, for which
/// more than one asks, is looked at once.
void Daemon::begin_look_soon() {
  if (look_timer_.is_set()) return;
  look_timer_ = world_.loop.at(world_.loop.now(), [this] {
    look_timer_.cancel();
    begin_look();
  });
}

void Daemon::begin_look() {
  is_look_wanted_ = false;
  is_look_running_ = true;
  auto job = world_.loop.aside([this, collection = collection_, crashes = supervision_.take_crashes(),
                                ports = supervision_.port_questions(), generation = generation_] {
    auto look = std::make_shared<const ServiceLook>(collection->look(crashes, ports));
    return [this, look, generation] { end_look(*look, generation); };
  });
  if (job) {
    look_job_ = *std::move(job);
    return;
  }
  is_look_running_ = false;
  world_.journal.write(Severity::error, "cannot look at the processes: " + job.error().message);
}

void Daemon::end_look(const ServiceLook& look, std::uint64_t generation) {
  is_look_running_ = false;
  if (generation == generation_) {
    supervision_.see_surroundings(look.packages, look.kill_switch, look.taken);
    supervision_.see_hold_files(look.hold_files, look.taken);
    supervision_.see(look.services, look.taken);
  }
  try_pending_reload();
  if (is_look_wanted_) want_look();
}

/// Never at once: what changes in one turn of the loop is published together.
void Daemon::post_soon() {
  if (post_timer_.is_set()) return;
  post_timer_ = world_.loop.at(std::max(world_.loop.now(), posted_at_ + post_interval), [this] { post(); });
}

void Daemon::post() {
  post_timer_.cancel();
  posted_at_ = world_.loop.now();
  row_.are_actions_disabled = !supervision_.surroundings().kill_switch().empty();
  row_.has_upgrade_hold_expired = supervision_.surroundings().has_upgrade_hold_expired();
  row_.history = world_.ledger->status();
  if (world_.ends != nullptr) row_.ends = world_.ends->status();
  Posting posting{.config = config_,
                  .snapshot = snapshot_,
                  .services = supervision_.rows(),
                  .load_high_since = load_high_since_,
                  .daemon = row_,
                  .shedding = shedding_.row(),
                  .relay = relay_.row()};
  if (!is_web_config_good_) posting.daemon.config_reload_ok = false;
  auto view = compose_view(std::move(posting), ++sequence_, posted_at_, world_.loop.wall_now());
  tell_status_news(view);
  view.events = events_.rows();
  if (const auto sample = samples_.note(view, posted_at_)) world_.ledger->put(*sample);
  view.samples = samples_.samples();
  board_.post(std::make_shared<const View>(std::move(view)));
  if (on_post_) on_post_();
  for (const auto& answer : std::exchange(after_post_, {}))
    answer();
}

void Daemon::tell_status_news(const View& view) {
  for (auto& news : status_news(*board_.newest(), view)) {
    const bool is_bad = news.to != word(CheckStatus::ok);
    world_.journal.write(is_bad ? Severity::warning : Severity::notice,
                         fmt::format("{}: {}: {}", news.service, news.to, news.reason));
    world_.ledger->put(std::move(news));
  }
}

void Daemon::reply_after_post(const Reply& reply, std::string text) {
  after_post_.push_back([reply, text = std::move(text)] { reply(text); });
  post_soon();
}

void Daemon::set_shed_mode(Mode mode, const std::string& asked_by) {
  const auto words = "the mode of shedding is " + std::string(word(mode)) +
                     " now, until the configuration is read anew; asked for by " + asked_by;
  world_.journal.write(Severity::notice, "memory: " + words);
  note_own_event("shed mode", words);
  shedding_.set_mode(mode);
  post_soon();
}

void Daemon::obey(const SnmpOrder& order) {
  if (order.shed_mode) return set_shed_mode(*order.shed_mode, "snmp " + order.asked_by);
  const auto request = request_for(order, world_.loop.wall_now());
  if (!request) return;
  const auto asked_by = "snmp " + order.asked_by;
  world_.journal.write(Severity::notice, order.service + ": " + std::string(word(request->verb)) +
                                             ", asked for by " + asked_by);
  commands_.order(*request, asked_by, [this](const std::string& answer) {
    if (answer.starts_with("{\"error\""))
      world_.journal.write(Severity::warning, "snmp: " + printable(answer));
  });
}

void Daemon::obey(const HttpOrder& order) {
  const auto request = request_for(order);
  world_.journal.write(Severity::notice, order.target + ": " + std::string(word(order.verb)) +
                                             ", asked for by " + order.asked_by);
  const auto id = ++last_order_;
  const auto outcome = order.outcome;
  patience_[id] = world_.loop.at(world_.loop.now() + outcome_patience, [outcome] { outcome->put({}); });
  commands_.order(request, order.asked_by, [this, id, outcome](std::string answer) {
    patience_.erase(id);
    reply_after_post([outcome](std::string text) { outcome->put(std::move(text)); }, std::move(answer));
  });
}

Inquiry Daemon::commands() {
  return [this](std::string_view request, const Peer& peer, const Reply& reply) {
    return answer(request, peer, reply) || commands_.answer(request, peer, after_post(reply));
  };
}

Reply Daemon::after_post(const Reply& reply) {
  return Reply([this, reply](std::string text) { reply_after_post(reply, std::move(text)); },
               [reply](std::string line) { reply.tell(std::move(line)); });
}

}  // namespace systemcheck
