#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"
#include "daemon/commands.h"
#include "daemon/event_ring.h"
#include "daemon/posting.h"
#include "daemon/relay_tracker.h"
#include "daemon/sample_ring.h"
#include "daemon/shedding.h"
#include "daemon/supervision.h"
#include "daemon/world.h"
#include "os/board.h"

namespace systemcheck {

/// The crank: wake, collect, check, decide, act, publish. Belongs to the main thread; what takes long is
/// set aside and comes back through the loop.
class Daemon {
 public:
  Daemon(World world, Board<View>& board, std::string version);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  /// Begins the first cycle at once. The loop runs it from then on.
  void start(Config config);

  /// Takes over a configuration that was loaded anew, or reports why the old one stays. Waits until
  /// no restart is in flight; of several that come meanwhile the last one counts.
  void reload(Loaded loaded);
  /// The daemon is to end: what it has turned off is started again, where that is wanted and fits. `on_done`
  /// is called once, later or at once.
  void wind_down(Callback on_done) { shedding_.wind_down(std::move(on_done)); }
  /// What people say to take services over and to give them back, to look now, to read the configuration anew
  /// and to shed otherwise. Whoever has his answer finds what it says in the view, too.
  [[nodiscard]] Inquiry commands();
  /// What came by SNMP. Whoever asked for it does not wait for what becomes of it.
  void obey(const SnmpOrder& order);
  /// What came by HTTP. Whoever waits for its outcome does so for a minute.
  void obey(const HttpOrder& order);
  [[nodiscard]] RelayTracker& relay() { return relay_; }
  /// How the configuration is read anew, as reload() or note_failed_reload() then tells.
  void on_reload_asked(Callback callback) { read_anew_ = std::move(callback); }
  /// Called after every post.
  void on_post(Callback callback) { on_post_ = std::move(callback); }
  void note_failed_reload(const std::string& problems);
  /// Whether the web configuration file could be used as it is now.
  void note_web_config(bool is_good);

 private:
  void reply_after_post(const Reply& reply, std::string text);
  /// What is said to it waits for the next post; how it goes is told at once.
  Reply after_post(const Reply& reply);
  // daemon_requests.cc
  bool answer(std::string_view request, const Peer& peer, const Reply& reply);
  void answer_check(const Reply& reply);
  void end_checks();
  void answer_reload(const std::string& asked_by, const Reply& reply);
  void end_refused_reload(const std::string& problems);
  void end_reload(const Config& before);
  void answer_reloads(const std::string& text);
  void answer_shed(std::string_view words, const std::string& asked_by, const Reply& reply);
  void answer_shed_mode(std::string_view words, Mode now, const std::string& asked_by, const Reply& reply);
  void answer_shed_restore(std::string_view words, const ShedRow& shedding, const std::string& asked_by,
                           const Reply& reply);
  void apply(Config config);
  void note_own_event(std::string what, std::string reason);
  void tell_status_news(const View& view);
  void begin_cycle();
  void restart_beat();
  void end_cycle(std::shared_ptr<const Snapshot> snapshot);
  void want_look();
  void set_shed_mode(Mode mode, const std::string& asked_by);
  void begin_look_soon();
  void begin_look();
  void end_look(const ServiceLook& look, std::uint64_t generation);
  void post_soon();
  void post();
  void try_pending_reload();

  EventRing events_{};
  World world_;
  Board<View>& board_;
  Supervision supervision_;
  Shedding shedding_{world_, supervision_, [this] { post_soon(); }};
  RelayTracker relay_{world_, [this] { post_soon(); }};
  Commands commands_{world_, supervision_};
  SampleRing samples_;
  std::shared_ptr<const Config> config_ = std::make_shared<const Config>();
  std::shared_ptr<Collection> collection_{};
  std::uint64_t generation_ = 0;  ///< of the configuration: what was collected under an older one is dropped
  std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<const Snapshot>();
  std::optional<Config> pending_{};
  Callback on_post_{};
  Callback read_anew_{};
  std::vector<Reply> checks_{};   ///< wait for a cycle that begins after they asked
  std::vector<Reply> reloads_{};  ///< wait for what becomes of the configuration
  std::optional<Instant> checked_at_{};
  std::map<std::uint64_t, Watch> patience_{};  ///< of those who wait for an outcome
  std::uint64_t last_order_ = 0;
  std::vector<Callback> after_post_{};  ///< answers that wait for the next one
  DaemonRow row_{};
  std::optional<Instant> load_high_since_{};
  std::uint64_t sequence_ = 0;
  Instant next_cycle_{};
  Instant posted_at_{};
  bool is_web_config_good_ = true;
  bool is_cycle_running_ = false;
  bool is_look_running_ = false;
  bool is_look_wanted_ = false;
  Watch cycle_timer_{};
  Watch cycle_job_{};
  Watch look_timer_{};
  Watch look_job_{};
  Watch post_timer_{};
};

}  // namespace systemcheck
