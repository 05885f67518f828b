#include "daemon/relay_tracker.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "daemon/relay_clients.h"
#include "daemon/relay_grants.h"

namespace systemcheck {
namespace {

/// What comes within this time is written down together. Where nobody has logged in there is no hurry: what
/// is read twice says the same again.
constexpr Duration write_pause = std::chrono::milliseconds{200};
constexpr Duration place_pause = std::chrono::seconds{5};
/// The timer stands still while the machine is suspended; nobody may send longer for that than this.
constexpr Duration expiry_pause_max = std::chrono::seconds{10};
/// After that whoever is not known is told no, though a log has not been read to its end.
constexpr Duration catching_up_max = std::chrono::seconds{30};
constexpr Duration complaint_pause = std::chrono::minutes{1};

const Error off{Error::Kind::refused, "the relay is off: relay.enabled in the configuration"};

/// Worth a line: of the others there may be one a second, as of a webmail that is on relay.never.
bool is_alarm(Refusal reason) {
  return reason == Refusal::table_full || reason == Refusal::user_has_too_many_addresses ||
         reason == Refusal::too_many_new_per_minute;
}

}  // namespace

RelayTracker::~RelayTracker() { write(); }

BothClocks RelayTracker::clocks() const {
  return {.since_boot = world_.relay->since_boot(), .wall = world_.loop.wall_now()};
}

void RelayTracker::take_over(std::shared_ptr<const Config> config) {
  const bool is_same = config_->relay == config->relay;
  config_ = std::move(config);
  if (!world_.relay || is_same) return;
  if (!config_->relay.enabled) return end();
  auto job = world_.loop.aside([this, ids = world_.relay->user_ids, names = config_->relay.senders] {
    auto senders = ids(names);
    return [this, senders = std::move(senders)] { begin(senders); };
  });
  if (job) {
    senders_job_ = *std::move(job);
  } else {
    world_.journal.write(Severity::error, "relay: cannot begin: " + job.error().message);
  }
}

/// Nobody may send by us any more; mail servers that ask are told so.
void RelayTracker::end() {
  logs_.reset();
  senders_job_.cancel();
  if (!table_) return;
  // Those that always may are not grants, and nothing of them may stay in a map.
  auto rules = config_->relay;
  rules.always.clear();
  note_ended(table_->replace_rules(std::move(rules), clocks()), "removed", "the configuration has changed");
  (void)flush("the configuration");
}

void RelayTracker::begin(const std::vector<uid_t>& senders) {
  const auto& rules = config_->relay;
  const auto now = clocks();
  if (table_) {
    note_ended(table_->replace_rules(rules, now), "removed", "the configuration has changed");
  } else {
    table_.emplace(rules, now);
  }
  refuse_own_addresses();
  if (!std::exchange(is_recalled_, true)) recall();
  logs_.reset();
  open_maps(rules.publish);
  open_logs(senders);
  publish();
  plan_expiry();
  on_change_();
}

/// What an earlier daemon had granted, as far as today's rules agree.
void RelayTracker::recall() {
  auto state = world_.ledger->take_relay();
  places_ = std::move(state.places);
  const auto now = clocks();
  for (const auto& kept : state.grants) {
    auto grant = parse_grant(kept.network, kept.until, kept.text);
    const auto network = IpNetwork::parse(kept.network);
    const bool is_restored =
        grant && table_->restore(*std::move(grant), now).kind != RelayDecision::Kind::refused;
    if (is_restored || !network) continue;
    note_changed(*network);
    put_change(*network, "expired", "", "while no daemon was running");
  }
}

/// Mail servers that are asking are not interrupted where nothing has changed for them.
void RelayTracker::open_maps(const std::vector<RelayMap>& maps) {
  if (publisher_ && published_ == maps) return;
  publisher_.reset();
  publisher_ = std::make_unique<RelayPublisher>(world_.loop, maps,
                                                [this](const IpAddress& address) { return answer(address); });
  published_ = maps;
  table_->change_all();
}

void RelayTracker::open_logs(const std::vector<uid_t>& senders) {
  const auto& rules = config_->relay;
  auto patterns = LoginPatterns::compile(rules.patterns, {.smtp_auth = rules.smtp_auth});
  if (!patterns) {
    // Whoever loads a configuration is told before it is taken over; only a newer RE2 could think otherwise.
    world_.journal.write(Severity::error, "relay: " + patterns.error().message);
    return;
  }
  began_ = world_.loop.now();
  is_caught_up_ = false;
  RelayLogs::Hooks hooks{
      .on_login = [this](const auto& login, const auto& place, auto line) { note_login(login, place, line); },
      .on_batch = [this](const auto& log, auto place) { note_batch(log, place); },
      .on_change = on_change_};
  logs_ = std::make_unique<RelayLogs>(
      world_, *world_.relay,
      RelayLogs::Setup{
          .rules = rules, .patterns = *std::move(patterns), .senders = senders, .places = places_},
      std::move(hooks));
}

void RelayTracker::note_login(const Login& login, const LinePosition& place, std::string_view line) {
  const auto decision = table_->authorise(login, place, clocks());
  if (decision.kind == RelayDecision::Kind::refused) return note_refusal(login, *decision.reason, line);
  const auto* grant = table_->find_grant(login.address);
  if (grant == nullptr) return;
  note_changed(grant->network);
  if (decision.became_shared) {
    world_.journal.write(Severity::notice,
                         fmt::format("relay: {} is shared: {} users have logged in from there",
                                     grant->network.text(), grant->users.size()));
  }
  if (decision.kind == RelayDecision::Kind::granted) {
    put_change(grant->network, "granted", login.user,
               fmt::format("{}, {}:{}: {}", login.pattern, place.source, place.offset, line));
    on_change_();
  }
}

void RelayTracker::note_batch(const std::string& log, std::string_view place) {
  publish();
  plan_expiry();
  if (place.empty()) return;
  places_.insert_or_assign(log, std::string(place));
  unwritten_places_.insert(log);
  write_within(place_pause);
}

void RelayTracker::note_refusal(const Login& login, Refusal reason, std::string_view line) {
  if (!is_alarm(reason)) return;
  const auto now = world_.loop.now();
  auto& last = complained_at_[reason];
  if (last != Instant{} && now - last < complaint_pause) return;
  last = now;
  const auto why = fmt::format("{} ({})", word(reason), line);
  world_.journal.write(Severity::warning,
                       fmt::format("relay: {} of {} is refused: {}; others within a minute are not told",
                                   login.address.text(), login.user, why));
  put_change(IpNetwork(login.address, 128), "refused", login.user, why);
}

void RelayTracker::note_ended(const std::vector<Grant>& grants, std::string_view what,
                              const std::string& why) {
  for (const auto& grant : grants) {
    note_changed(grant.network);
    put_change(grant.network, what, users_words(grant), why);
  }
}

void RelayTracker::note_changed(const IpNetwork& network) {
  unwritten_.insert(network);
  write_within(write_pause);
}

void RelayTracker::put_change(const IpNetwork& network, std::string_view to, std::string user,
                              std::string reason) {
  if (unwritten_changes_.size() >= changes_max) return;
  unwritten_changes_.push_back({.at = world_.loop.wall_now(),
                                .network = network.text(),
                                .to = std::string(to),
                                .user = std::move(user),
                                .reason = std::move(reason)});
  write_within(write_pause);
}

void RelayTracker::publish() {
  if (publisher_) publisher_->take_changes(*table_);
}

void RelayTracker::plan_expiry() {
  const auto next = table_->next_expiry();
  if (!next) return expiry_timer_.cancel();
  const auto left =
      std::clamp<Duration>(*next - world_.relay->since_boot(), Duration::zero(), expiry_pause_max);
  expiry_timer_ = world_.loop.at(world_.loop.now() + left, [this] { expire(); });
}

void RelayTracker::expire() {
  const auto over = table_->expire(clocks(), RelayTable::ended_at_a_time);
  note_ended(over, "expired", "");
  if (!over.empty()) {
    publish();
    on_change_();
  }
  plan_expiry();
}

void RelayTracker::write_within(Duration pause) {
  const auto due = world_.loop.now() + pause;
  if (is_writing_ || (write_timer_.is_set() && write_due_ <= due)) return;
  write_due_ = due;
  write_timer_ = world_.loop.at(due, [this] {
    write_timer_.cancel();
    write();
  });
}

/// A grant and the place of its line are one record, in one transaction.
void RelayTracker::write() {
  if (!table_ || (unwritten_.empty() && unwritten_places_.empty() && unwritten_changes_.empty())) return;
  RelayNotes notes;
  for (const auto& network : std::exchange(unwritten_, {})) {
    const auto* grant = table_->find_grant(network.address());
    if (grant == nullptr || grant->network != network) {
      notes.ended.push_back(network.text());
    } else {
      notes.granted.push_back(
          {.network = network.text(), .until = grant->expires_on, .text = grant_text(*grant)});
    }
  }
  for (const auto& log : std::exchange(unwritten_places_, {}))
    notes.places.emplace_back(log, places_.find(log)->second);
  notes.changes = std::exchange(unwritten_changes_, {});
  world_.ledger->put(std::move(notes));
  is_writing_ = true;
  world_.ledger->settle([this, alive = std::weak_ptr(alive_)](bool) {
    if (alive.expired()) return;
    is_writing_ = false;
    const bool is_urgent = !unwritten_.empty() || !unwritten_changes_.empty();
    if (is_urgent || !unwritten_places_.empty()) write_within(is_urgent ? write_pause : place_pause);
  });
}

bool RelayTracker::is_ready() {
  if (is_caught_up_) return true;
  is_caught_up_ = !logs_ || logs_->are_caught_up() || world_.loop.now() - began_ > catching_up_max;
  return is_caught_up_;
}

SocketmapAnswer RelayTracker::answer(const IpAddress& address) {
  if (const auto until = table_->find(address, clocks()))
    return {.kind = SocketmapAnswer::Kind::found, .expires_on = *until};
  if (is_ready()) return {.kind = SocketmapAnswer::Kind::not_found};
  return {.kind = SocketmapAnswer::Kind::temporary, .reason = "the log is still being read"};
}

void RelayTracker::refuse_own_addresses() {
  note_ended(table_->replace_own_addresses(world_.relay->own_addresses()), "removed",
             "it is an address of ours");
}

void RelayTracker::note_cycle() {
  if (!is_on()) return;
  refuse_own_addresses();
  if (logs_) logs_->try_again();
  publish();
  note_clients();
}

/// Once a cycle, because it is a copy; and only where there is somebody who may see it.
void RelayTracker::note_clients() {
  clients_.reset();
  if (config_->snmp.mode != SnmpMode::agent || config_->snmp.users.empty()) return;
  clients_ = std::make_shared<const std::vector<RelayClientRow>>(
      client_rows(table_->list(relay_clients_max, std::nullopt), world_.loop.now(), world_.loop.wall_now()));
}

std::optional<RelayRow> RelayTracker::row() {
  if (!is_on()) return std::nullopt;
  RelayRow row{.is_ready = is_ready(),
               .grants = table_->size(),
               .grants_max = config_->relay.limits.addresses,
               .users = table_->users(),
               .shared_addresses = table_->shared_addresses(),
               .counts = table_->counts()};
  if (logs_) row.logs = logs_->rows();
  if (publisher_) {
    row.sockets = publisher_->sockets();
    row.files = publisher_->files();
  }
  row.clients = clients_;
  judge_relay(row, world_.loop.now());
  note_status(row);
  return row;
}

void RelayTracker::note_status(RelayRow& row) {
  if (row.status != status_) {
    world_.journal.write(row.status > CheckStatus::ok ? Severity::warning : Severity::notice,
                         fmt::format("{}: {}: {}", relay_service_name, word(row.status), row.words));
    world_.ledger->put(Event{.at = world_.loop.wall_now(),
                             .service = std::string(relay_service_name),
                             .from = std::string(word(status_)),
                             .to = std::string(word(row.status)),
                             .reason = row.words,
                             .kind = EventKind::status});
    status_ = row.status;
    status_since_ = world_.loop.wall_now();
    status_since_instant_ = world_.loop.now();
  }
  row.status_since = status_since_;
  row.status_since_instant = status_since_instant_;
}

Result<std::vector<Grant>> RelayTracker::list(std::size_t at_most) const {
  if (!is_on()) return off;
  return table_->list(at_most, std::nullopt);
}

Result<RelayDecision> RelayTracker::add(const IpNetwork& network, const ByHand& by_hand) {
  if (!is_on()) return off;
  const auto decision = table_->add(network, by_hand, clocks());
  if (decision.kind == RelayDecision::Kind::refused) return decision;
  note_changed(network);
  if (decision.kind == RelayDecision::Kind::granted) {
    put_change(network, "granted", by_hand.who,
               by_hand.comment.empty() ? "by hand" : "by hand: " + by_hand.comment);
  }
  publish();
  plan_expiry();
  on_change_();
  return decision;
}

Result<std::optional<Grant>> RelayTracker::remove(const IpNetwork& network, const std::string& who) {
  if (!is_on()) return off;
  auto removed = table_->remove(network);
  if (removed) note_ended({*removed}, "removed", "by " + who);
  publish();
  on_change_();
  return removed;
}

Result<std::size_t> RelayTracker::flush(const std::string& who) {
  if (!table_) return off;
  std::size_t count = 0;
  constexpr auto portion = RelayTable::ended_at_a_time;
  for (auto some = table_->flush(portion); !some.empty(); some = table_->flush(portion)) {
    count += some.size();
    note_ended(some, "removed", "by " + who + ", with all others");
  }
  publish();
  on_change_();
  return count;
}

Result<std::optional<Grant>> RelayTracker::find(const IpAddress& address) const {
  if (!is_on()) return off;
  // One that is over, or has this address only because it has its whole network, lets nobody send.
  const auto* grant = table_->find(address, clocks()) ? table_->find_grant(address) : nullptr;
  return grant == nullptr ? std::optional<Grant>() : std::optional(*grant);
}

const RelayAlways* RelayTracker::find_always(const IpAddress& address) const {
  const auto& always = config_->relay.always;
  const auto now = world_.loop.wall_now();
  const auto found = std::ranges::find_if(always, [&](const RelayAlways& it) {
    return it.network.contains(address) && (!it.until || *it.until > now);
  });
  return found == always.end() ? nullptr : &*found;
}

}  // namespace systemcheck
