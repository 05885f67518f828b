#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "daemon/relay_logs.h"
#include "daemon/relay_means.h"
#include "daemon/world.h"
#include "publish/relay_row.h"
#include "relay/relay_publisher.h"
#include "relay/relay_table.h"

namespace systemcheck {

/// POP before SMTP: reads who logs in to fetch mail, and tells mail servers that he may send for a while.
/// Belongs to the main thread; nothing here waits.
class RelayTracker {
 public:
  /// `on_change`: something that is published has changed. All outlive it.
  RelayTracker(World& world, Callback on_change) : world_(world), on_change_(std::move(on_change)) {}
  RelayTracker(const RelayTracker&) = delete;
  RelayTracker& operator=(const RelayTracker&) = delete;
  ~RelayTracker();

  void take_over(std::shared_ptr<const Config> config);
  /// Once a cycle: addresses of this machine come and go.
  void note_cycle();
  /// Without a value: nothing relays by us.
  [[nodiscard]] std::optional<RelayRow> row();

  // What people ask for. An error where the relay is off.
  [[nodiscard]] Result<std::vector<Grant>> list(std::size_t at_most) const;
  Result<RelayDecision> add(const IpNetwork& network, const ByHand& by_hand);
  Result<std::optional<Grant>> remove(const IpNetwork& network, const std::string& who);
  Result<std::size_t> flush(const std::string& who);
  /// The grant that this address may send by.
  [[nodiscard]] Result<std::optional<Grant>> find(const IpAddress& address) const;
  /// What relay.always says of it.
  [[nodiscard]] const RelayAlways* find_always(const IpAddress& address) const;

  /// What has happened so far, without a pause.
  void write_down() { write(); }

  static constexpr std::size_t changes_max = 10'000;  ///< that wait to be written down

 private:
  void begin(const std::vector<uid_t>& senders);
  void end();
  void recall();
  void open_maps(const std::vector<RelayMap>& maps);
  void open_logs(const std::vector<uid_t>& senders);
  void note_login(const Login& login, const LinePosition& place, std::string_view line);
  void note_batch(const std::string& log, std::string_view place);
  void note_refusal(const Login& login, Refusal reason, std::string_view line);
  void note_ended(const std::vector<Grant>& grants, std::string_view what, const std::string& why);
  void note_changed(const IpNetwork& network);
  void put_change(const IpNetwork& network, std::string_view to, std::string user, std::string reason);
  void publish();
  void plan_expiry();
  void expire();
  void write_within(Duration pause);
  void write();
  [[nodiscard]] SocketmapAnswer answer(const IpAddress& address);
  void refuse_own_addresses();
  void note_clients();
  void note_status(RelayRow& row);
  [[nodiscard]] bool is_on() const { return table_ && config_->relay.enabled; }
  [[nodiscard]] BothClocks clocks() const;
  [[nodiscard]] bool is_ready();

  World& world_;
  Callback on_change_;
  std::shared_ptr<const Config> config_ = std::make_shared<const Config>();
  std::optional<RelayTable> table_{};
  std::unique_ptr<RelayPublisher> publisher_{};
  std::vector<RelayMap> published_{};  ///< what it was made from
  std::unique_ptr<RelayLogs> logs_{};
  std::map<std::string, std::string, std::less<>> places_{};  ///< so far each log has been read
  bool is_recalled_ = false;
  bool is_caught_up_ = false;
  Instant began_{};
  std::set<IpNetwork> unwritten_{};  ///< grants that have changed since they were written down
  std::set<std::string, std::less<>> unwritten_places_{};
  std::vector<RelayChange> unwritten_changes_{};
  bool is_writing_ = false;
  Instant write_due_{};
  std::map<Refusal, Instant> complained_at_{};
  std::shared_ptr<const std::vector<RelayClientRow>> clients_{};
  CheckStatus status_ = CheckStatus::unknown;
  WallTime status_since_{};
  Instant status_since_instant_{};
  Watch senders_job_{};
  Watch expiry_timer_{};
  Watch write_timer_{};
  std::shared_ptr<int> alive_ = std::make_shared<int>();  ///< the ledger may answer when we are gone
};

}  // namespace systemcheck
