#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "config/config.h"
#include "os/event_loop.h"
#include "probe/prober.h"
#include "probe/state.h"
#include "publish/probe_row.h"

namespace systemcheck {

/// Asks one service its probes, again and again, while it has processes. Never the same question twice
/// at once. Main thread.
///
/// A service that (re)starts may take its time: until a probe has succeeded once, or start_timeout is
/// over, its failures do not count.
class Probing {
 public:
  static constexpr Duration pace_while_starting = std::chrono::seconds{1};

  /// `cycle` is the pace of probes that have none of their own. on_change is called after each verdict.
  Probing(EventLoop& loop, Prober& prober, const Service& service, Duration cycle,
          std::function<void()> on_change);
  Probing(const Probing&) = delete;
  Probing& operator=(const Probing&) = delete;
  ~Probing();

  /// Goes on where `before` stands: a probe that is in both keeps its counters and its turn. For a
  /// configuration that was read anew; to be called before anything else.
  void continue_from(const Probing& before);
  /// To be told at every look. A start after a stop, or another identity, begins anew.
  void note_process(const std::optional<ProcessIdentity>& main);
  /// Counters back to zero: a restart is under way.
  void begin_anew();

  [[nodiscard]] std::vector<ProbeState> states() const;
  [[nodiscard]] std::vector<ProbeRow> rows() const;

 private:
  struct Asked;

  void start();
  [[nodiscard]] Instant first_turn(std::size_t index) const;
  [[nodiscard]] Duration pace(const Asked& asked) const;
  void stop();
  void ask(std::size_t index);
  void note(std::size_t index, const Verdict& verdict);
  void plan(std::size_t index, Instant when);

  EventLoop& loop_;
  Prober& prober_;
  const Duration cycle_;
  const Duration start_timeout_;
  std::function<void()> on_change_;
  std::optional<ProcessIdentity> main_{};
  Instant started_at_{};
  std::vector<std::unique_ptr<Asked>> asked_{};
};

}  // namespace systemcheck
