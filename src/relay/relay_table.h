#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/relay_rules.h"
#include "relay/grant.h"
#include "relay/login.h"

namespace systemcheck {

/// What has happened since the table was made.
struct RelayCounts {
  std::uint64_t granted = 0;
  std::uint64_t refreshed = 0;
  std::uint64_t expired = 0;
  std::uint64_t removed = 0;
  std::array<std::uint64_t, Words<Refusal>::all.size()> refused{};  ///< by reason
};

/// Who may send mail through this machine because he has just fetched his.
///
/// A grant ends `keep` after the newest login, by that login's own time: a line that is read late gives only
/// what is left, and an older line never shortens what a newer one gave. Pure: time comes in. Nothing here
/// takes long however many grants there are, because what could (expiry, the changes for the maps) is done in
/// portions.
class RelayTable {
 public:
  /// What expire() and flush() may be asked for in one turn of the loop: half a millisecond of work.
  static constexpr std::size_t ended_at_a_time = 250;
  /// A line from further ahead is not believed: clocks of several machines may differ, but not by more. A
  /// login from a little ahead counts as one of now.
  static constexpr Duration future_max = std::chrono::minutes{1};
  static constexpr Duration by_hand_max = std::chrono::hours{24 * 366};
  static constexpr std::size_t user_bytes_max = 128;
  /// Networks of relay.always that have no more addresses are also in the maps that are files.
  static constexpr std::uint32_t always_in_files_max = 256;
  /// What stands in the maps for an address that may always send: 2100-01-01.
  static constexpr WallTime for_ever{std::chrono::seconds{4'102'444'800}};

  RelayTable(RelayRules rules, const BothClocks& now);

  /// What they refuse from now on is taken away: it is what replace_rules() and replace_own_addresses()
  /// return.
  std::vector<Grant> replace_rules(RelayRules rules, const BothClocks& now);
  std::vector<Grant> replace_own_addresses(std::vector<IpAddress> own);

  RelayDecision authorise(const Login& login, const LinePosition& place, const BothClocks& now);
  /// One address, or a /64. No longer than by_hand_max. Limits of users and of minutes are not for people.
  RelayDecision add(const IpNetwork& network, const ByHand& by_hand, const BothClocks& now);
  /// Without a value: there is none.
  std::optional<Grant> remove(const IpNetwork& network);
  /// The first so many of all that there are: called until there are none.
  std::vector<Grant> flush(std::size_t at_most);
  /// What the last run has left. Its expiry is worked out anew, by the rules of today.
  RelayDecision restore(Grant grant, const BothClocks& now);

  /// When expire() has something to do, on the boot clock.
  [[nodiscard]] std::optional<Duration> next_expiry() const;
  /// Those that are over, at most so many at a time.
  std::vector<Grant> expire(const BothClocks& now, std::size_t at_most);

  /// Until when this address may send; without a value: it may not.
  [[nodiscard]] std::optional<WallTime> find(const IpAddress& address, const BothClocks& now) const;
  /// The grant that find() would go by, also one that is over and not swept yet.
  [[nodiscard]] const Grant* find_grant(const IpAddress& address) const;
  /// The first so many, in the order of their addresses, behind `after` if that is given.
  [[nodiscard]] std::vector<Grant> list(std::size_t at_most, const std::optional<IpNetwork>& after) const;
  /// For maps that know nothing yet: all that there is counts as changed.
  void change_all();
  /// What has changed since it was asked last, each address once, at most so many at a time.
  std::vector<MapChange> take_changes(std::size_t at_most);

  [[nodiscard]] std::size_t size() const { return grants_.size(); }
  [[nodiscard]] std::size_t shared_addresses() const { return shared_; }
  [[nodiscard]] std::size_t users() const { return addresses_of_.size(); }
  [[nodiscard]] bool has_changes() const { return !changed_.empty(); }
  [[nodiscard]] const RelayCounts& counts() const { return counts_; }

 private:
  struct Entry {
    Grant grant{};
    Duration ends{};  ///< on the boot clock
  };
  using Entries = std::map<IpNetwork, Entry>;
  using Minute = std::chrono::time_point<std::chrono::system_clock, std::chrono::minutes>;

  [[nodiscard]] const Entry* find_entry(const IpAddress& address) const;
  [[nodiscard]] IpNetwork network_of(const IpAddress& address) const;
  [[nodiscard]] std::optional<Refusal> refuse_address(const IpAddress& address) const;
  [[nodiscard]] std::optional<Refusal> refuse_time(WallTime at, const BothClocks& now) const;
  [[nodiscard]] std::optional<Refusal> refuse_user(const std::string& user, const Entry* known) const;
  [[nodiscard]] std::optional<Refusal> refuse_new(WallTime at, const BothClocks& now);
  [[nodiscard]] bool is_shared(const Grant& grant) const;
  RelayDecision refuse(Refusal reason);
  Entry& entry_of(const IpNetwork& network);
  void take_over_rules(const BothClocks& now);
  void extend(Entry& entry, WallTime until, const BothClocks& now);
  bool add_user(Entry& entry, const std::string& user);
  Grant end(Entries::iterator place);
  std::vector<Grant> end_refused();
  void end_always(const BothClocks& now);

  RelayRules rules_;
  std::set<IpAddress> own_{};
  Entries grants_{};
  std::set<std::pair<Duration, IpNetwork>> by_end_{};
  std::map<std::string, std::uint32_t> addresses_of_{};  ///< by user
  std::map<Minute, std::uint32_t> new_in_{};             ///< by the time of the lines
  std::map<IpNetwork, WallTime> always_{};               ///< those single addresses that are in files, too
  std::set<std::pair<Duration, IpNetwork>> always_ends_{};
  std::set<IpNetwork> changed_{};
  std::size_t shared_ = 0;
  RelayCounts counts_{};
};

}  // namespace systemcheck
