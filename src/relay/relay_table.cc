#include "relay/relay_table.h"

#include <algorithm>
#include <iterator>

namespace systemcheck {
namespace {

using std::chrono::floor;
using std::chrono::minutes;

constexpr unsigned ip4_bits = 32;
constexpr unsigned ip6_bits = 128;
constexpr unsigned ip6_site_bits = 64;

unsigned whole_bits(const IpAddress& address) { return address.is_ip4() ? ip4_bits : ip6_bits; }

bool is_unspecified(const IpAddress& address) {
  static const auto ip4 = IpAddress::parse("0.0.0.0");
  return address == IpAddress{} || address == ip4;
}

/// RFC 5771, RFC 4291 2.7. 255.255.255.255 is everybody, too.
bool is_multicast(const IpAddress& address) {
  const auto first = address.bytes().at(address.is_ip4() ? 12 : 0);
  if (!address.is_ip4()) return first == 0xff;
  return first >= 0xe0 && (first < 0xf0 || address == IpAddress::parse("255.255.255.255"));
}

/// How many addresses it has; 0 is more than are counted.
std::uint32_t count_addresses(const IpNetwork& network) {
  const auto free_bits = whole_bits(network.address()) - network.bits();
  return free_bits < 16 ? 1U << free_bits : 0;
}

IpNetwork address_in(const IpNetwork& network, std::uint32_t number) {
  auto bytes = network.address().bytes();
  bytes[15] = static_cast<std::uint8_t>(bytes[15] + (number & 0xff));
  bytes[14] = static_cast<std::uint8_t>(bytes[14] + (number >> 8));
  const auto address = IpAddress::from_bytes(bytes);
  return {address, whole_bits(address)};
}

std::string cut(std::string text) {
  if (text.size() > RelayTable::user_bytes_max) text.resize(RelayTable::user_bytes_max);
  return text;
}

}  // namespace

RelayTable::RelayTable(RelayRules rules, const BothClocks& now) : rules_(std::move(rules)) {
  take_over_rules(now);
}

std::vector<Grant> RelayTable::replace_rules(RelayRules rules, const BothClocks& now) {
  rules_ = std::move(rules);
  take_over_rules(now);
  auto ended = end_refused();
  shared_ = static_cast<std::size_t>(
      std::ranges::count_if(grants_, [this](const auto& it) { return is_shared(it.second.grant); }));
  return ended;
}

std::vector<Grant> RelayTable::replace_own_addresses(std::vector<IpAddress> own) {
  own_ = {own.begin(), own.end()};
  return end_refused();
}

void RelayTable::take_over_rules(const BothClocks& now) {
  for (const auto& [network, until] : always_)
    changed_.insert(network);
  always_.clear();
  always_ends_.clear();
  for (const auto& rule : rules_.always) {
    const auto until = rule.until.value_or(for_ever);
    const auto count = count_addresses(rule.network);
    if (count == 0 || count > always_in_files_max || until <= now.wall) continue;
    for (std::uint32_t number = 0; number < count; ++number) {
      const auto network = address_in(rule.network, number);
      auto& latest = always_[network];
      latest = std::max(latest, until);
      changed_.insert(network);
    }
  }
  for (const auto& [network, until] : always_) {
    if (until < for_ever) always_ends_.emplace(now.since_boot + (until - now.wall), network);
  }
}

RelayDecision RelayTable::authorise(const Login& login, const LinePosition& place, const BothClocks& now) {
  const auto network = network_of(login.address);
  const auto user = cut(login.user);
  const auto found = grants_.find(network);
  const bool is_known = found != grants_.end();
  if (const auto reason = refuse_address(login.address)) return refuse(*reason);
  if (const auto reason = refuse_time(login.at, now)) return refuse(*reason);
  if (const auto reason = refuse_user(user, is_known ? &found->second : nullptr)) return refuse(*reason);
  if (const auto reason = is_known ? std::nullopt : refuse_new(login.at, now)) return refuse(*reason);

  auto& entry = entry_of(network);
  auto& grant = entry.grant;
  const bool is_first = grant.logins++ == 0;
  const auto at = std::min(login.at, now.wall);
  grant.first = is_first ? at : std::min(grant.first, at);
  if (is_first || at >= grant.last) {
    grant.last = at;
    grant.pattern = login.pattern;
    grant.place = place;
  }
  const bool became_shared = add_user(entry, user);
  extend(entry, at + rules_.keep, now);
  ++(is_known ? counts_.refreshed : counts_.granted);
  using Kind = RelayDecision::Kind;
  return {.kind = is_known ? Kind::refreshed : Kind::granted, .became_shared = became_shared};
}

RelayDecision RelayTable::add(const IpNetwork& network, const ByHand& by_hand, const BothClocks& now) {
  const bool is_known = grants_.contains(network);
  if (const auto reason = refuse_address(network.address())) return refuse(*reason);
  if (by_hand.until <= now.wall) return refuse(Refusal::expired_already);
  if (!is_known && grants_.size() >= rules_.limits.addresses) return refuse(Refusal::table_full);
  auto& entry = entry_of(network);
  if (!is_known) entry.grant.first = entry.grant.last = now.wall;
  const auto until = std::min(by_hand.until, now.wall + by_hand_max);
  // What somebody has been given for longer is not taken from him.
  if (!entry.grant.by_hand || entry.grant.by_hand->until <= until) {
    entry.grant.by_hand = by_hand;
    entry.grant.by_hand->until = until;
  }
  extend(entry, until, now);
  ++(is_known ? counts_.refreshed : counts_.granted);
  using Kind = RelayDecision::Kind;
  return {.kind = is_known ? Kind::refreshed : Kind::granted};
}

std::optional<Grant> RelayTable::remove(const IpNetwork& network) {
  const auto found = grants_.find(network);
  if (found == grants_.end()) return std::nullopt;
  ++counts_.removed;
  return end(found);
}

std::vector<Grant> RelayTable::flush(std::size_t at_most) {
  std::vector<Grant> ended;
  while (!grants_.empty() && ended.size() < at_most) {
    ended.push_back(end(grants_.begin()));
    ++counts_.removed;
  }
  return ended;
}

RelayDecision RelayTable::restore(Grant grant, const BothClocks& now) {
  if (const auto reason = refuse_address(grant.network.address())) return refuse(*reason);
  // Set back since, the clock would give more than anybody had.
  WallTime until{};
  if (grant.logins > 0) until = std::min(grant.last, now.wall) + rules_.keep;
  if (grant.by_hand) until = std::max(until, std::min(grant.by_hand->until, now.wall + by_hand_max));
  if (until <= now.wall) return refuse(Refusal::expired_already);
  if (grants_.contains(grant.network)) return {.kind = RelayDecision::Kind::refreshed};
  if (grants_.size() >= rules_.limits.addresses) return refuse(Refusal::table_full);

  auto& entry = entry_of(grant.network);
  const auto users = std::exchange(grant.users, {});
  entry.grant = std::move(grant);
  entry.grant.expires_on = {};
  for (const auto& user : users)
    add_user(entry, cut(user));
  extend(entry, until, now);
  return {.kind = RelayDecision::Kind::granted};
}

std::optional<Duration> RelayTable::next_expiry() const {
  std::optional<Duration> next;
  if (!by_end_.empty()) next = by_end_.begin()->first;
  if (!always_ends_.empty()) next = std::min(next.value_or(Duration::max()), always_ends_.begin()->first);
  return next;
}

std::vector<Grant> RelayTable::expire(const BothClocks& now, std::size_t at_most) {
  end_always(now);
  std::vector<Grant> ended;
  while (!by_end_.empty() && by_end_.begin()->first <= now.since_boot && ended.size() < at_most) {
    ended.push_back(end(grants_.find(by_end_.begin()->second)));
    ++counts_.expired;
  }
  return ended;
}

std::optional<WallTime> RelayTable::find(const IpAddress& address, const BothClocks& now) const {
  std::optional<WallTime> until;
  // A /64 may have somebody in it who never may.
  const auto* entry = refuse_address(address) ? nullptr : find_entry(address);
  if (entry != nullptr && entry->ends > now.since_boot) until = entry->grant.expires_on;
  for (const auto& rule : rules_.always) {
    const auto end = rule.until.value_or(for_ever);
    if (end <= now.wall || !rule.network.contains(address)) continue;
    until = std::max(until.value_or(WallTime{}), end);
  }
  return until;
}

const Grant* RelayTable::find_grant(const IpAddress& address) const {
  const auto* entry = find_entry(address);
  return entry == nullptr ? nullptr : &entry->grant;
}

const RelayTable::Entry* RelayTable::find_entry(const IpAddress& address) const {
  const Entry* latest = nullptr;
  for (const auto bits : {whole_bits(address), std::min(whole_bits(address), ip6_site_bits)}) {
    const auto found = grants_.find(IpNetwork(address, bits));
    if (found == grants_.end()) continue;
    if (latest == nullptr || found->second.ends > latest->ends) latest = &found->second;
  }
  return latest;
}

std::vector<Grant> RelayTable::list(std::size_t at_most, const std::optional<IpNetwork>& after) const {
  std::vector<Grant> grants;
  auto place = after ? grants_.upper_bound(*after) : grants_.begin();
  for (; place != grants_.end() && grants.size() < at_most; ++place)
    grants.push_back(place->second.grant);
  return grants;
}

void RelayTable::change_all() {
  for (const auto& [network, entry] : grants_)
    changed_.insert(network);
  for (const auto& [network, until] : always_)
    changed_.insert(network);
}

std::vector<MapChange> RelayTable::take_changes(std::size_t at_most) {
  std::vector<MapChange> changes;
  while (!changed_.empty() && changes.size() < at_most) {
    const auto network = changed_.extract(changed_.begin()).value();
    std::optional<WallTime> until;
    const auto grant = grants_.find(network);
    if (grant != grants_.end()) until = grant->second.grant.expires_on;
    const auto always = always_.find(network);
    if (always != always_.end()) until = std::max(until.value_or(WallTime{}), always->second);
    changes.push_back({.network = network, .expires_on = until});
  }
  return changes;
}

IpNetwork RelayTable::network_of(const IpAddress& address) const {
  return {address, address.is_ip4() ? ip4_bits : rules_.ip6_bits};
}

std::optional<Refusal> RelayTable::refuse_address(const IpAddress& address) const {
  if (is_unspecified(address)) return Refusal::unspecified;
  if (is_multicast(address)) return Refusal::multicast;
  if (own_.contains(address)) return Refusal::own_address;
  const auto has_it = [&](const IpNetwork& never) { return never.contains(address); };
  if (std::ranges::any_of(rules_.never, has_it)) return Refusal::never;
  return std::nullopt;
}

std::optional<Refusal> RelayTable::refuse_time(WallTime at, const BothClocks& now) const {
  if (at > now.wall + future_max) return Refusal::in_the_future;
  if (at + rules_.keep <= now.wall) return Refusal::expired_already;
  return std::nullopt;
}

std::optional<Refusal> RelayTable::refuse_user(const std::string& user, const Entry* known) const {
  if (user.empty()) return std::nullopt;
  if (known != nullptr && std::ranges::count(known->grant.users, user) > 0) return std::nullopt;
  const auto found = addresses_of_.find(user);
  const auto count = found == addresses_of_.end() ? 0 : found->second;
  if (count < rules_.limits.addresses_per_user) return std::nullopt;
  return Refusal::user_has_too_many_addresses;
}

std::optional<Refusal> RelayTable::refuse_new(WallTime at, const BothClocks& now) {
  if (grants_.size() >= rules_.limits.addresses) return Refusal::table_full;
  // No login of a minute that is over for so long is looked at any more.
  new_in_.erase(new_in_.begin(), new_in_.lower_bound(floor<minutes>(now.wall - rules_.keep)));
  auto& count = new_in_[floor<minutes>(at)];
  if (count >= rules_.limits.new_per_minute) return Refusal::too_many_new_per_minute;
  ++count;
  return std::nullopt;
}

bool RelayTable::is_shared(const Grant& grant) const {
  return grant.users.size() >= std::max(1U, rules_.limits.users_per_address);
}

RelayDecision RelayTable::refuse(Refusal reason) {
  ++counts_.refused.at(static_cast<std::size_t>(reason));
  return {.reason = reason};
}

RelayTable::Entry& RelayTable::entry_of(const IpNetwork& network) {
  auto& entry = grants_[network];
  entry.grant.network = network;
  return entry;
}

void RelayTable::extend(Entry& entry, WallTime until, const BothClocks& now) {
  const auto ends = now.since_boot + (until - now.wall);
  if (ends <= entry.ends) return;
  const auto& network = entry.grant.network;
  by_end_.erase({entry.ends, network});
  entry.ends = ends;
  entry.grant.expires_on = until;
  by_end_.emplace(ends, network);
  changed_.insert(network);
}

/// Whether it is that one by which the address is no longer one user's.
bool RelayTable::add_user(Entry& entry, const std::string& user) {
  auto& users = entry.grant.users;
  if (user.empty() || is_shared(entry.grant) || std::ranges::count(users, user) > 0) return false;
  users.push_back(user);
  ++addresses_of_[user];
  if (!is_shared(entry.grant)) return false;
  ++shared_;
  return true;
}

Grant RelayTable::end(Entries::iterator place) {
  auto& entry = place->second;
  for (const auto& user : entry.grant.users) {
    const auto count = addresses_of_.find(user);
    if (--count->second == 0) addresses_of_.erase(count);
  }
  if (is_shared(entry.grant)) --shared_;
  by_end_.erase({entry.ends, place->first});
  changed_.insert(place->first);
  auto grant = std::move(entry.grant);
  grants_.erase(place);
  return grant;
}

std::vector<Grant> RelayTable::end_refused() {
  std::vector<Grant> ended;
  for (auto place = grants_.begin(); place != grants_.end();) {
    const auto here = place++;
    if (!refuse_address(here->first.address())) continue;
    ended.push_back(end(here));
    ++counts_.removed;
  }
  return ended;
}

void RelayTable::end_always(const BothClocks& now) {
  while (!always_ends_.empty() && always_ends_.begin()->first <= now.since_boot) {
    const auto network = always_ends_.extract(always_ends_.begin()).value().second;
    always_.erase(network);
    changed_.insert(network);
  }
}

}  // namespace systemcheck
