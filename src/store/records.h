#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/event_words.h"
#include "base/machine_sample.h"
#include "base/units.h"

// What the history is made of: plain data, of words and numbers only. Texts that are too long are cut when
// they are written.

namespace systemcheck {

/// Names one action for as long as this daemon runs; with the run it is unique for ever.
using ActionNumber = std::uint64_t;

/// Written before an action.
struct Intention {
  ActionNumber number = 0;
  WallTime at{};
  std::string service{};
  std::string verb{};      ///< start, stop, restart
  std::string reason{};    ///< why, one line for people
  std::string command{};   ///< what is run; may hold what only administrators may see
  std::string owner{};     ///< of the desired state
  std::string asked_by{};  ///< "systemcheck", or who asked through the control socket
  std::string mode{};      ///< act; or observe: it would have been done, and was not
  std::uint32_t attempt = 0;
  std::string old_identity{};  ///< "PID:start time" of what died; empty when it was never seen
};

/// Written after an action: what came of the order.
struct ActionEnd {
  ActionNumber number = 0;
  WallTime at{};
  std::string kind{};  ///< succeeded, failed, timed_out, refused, lost
  int exit_status = 0;
  std::string detail{};
  std::string output{};  ///< the end of what the command wrote
  Duration took{};
};

/// Written when it is known whether the service came up.
struct ActionVerdict {
  ActionNumber number = 0;
  WallTime at{};
  bool is_verified = false;
  std::string why{};
  std::string new_identity{};
  Duration downtime{};  ///< from the death to this
};

/// The action began before its intention was known to be on disk.
struct LateMark {
  ActionNumber number = 0;
};

/// The state of a service or of the machine has changed, or the daemon itself began, ended or was reloaded.
struct Event {
  WallTime at{};
  std::string service{};  ///< or "load", "memory", a mount point; empty: the daemon
  std::string from{};
  std::string to{};
  std::string owner{};
  std::string reason{};
  EventKind kind = EventKind::state;  ///< for who listens meanwhile; it is not kept
};

/// What was known when something was decided, and what was decided: the words are not the store's matter.
struct Situation {
  WallTime at{};
  Instant instant{};        ///< of this boot
  std::uint64_t round = 0;  ///< those of one look at all services have the same; 0: of no such look
  std::string service{};    ///< empty: of all
  std::string text{};
};

/// A text that replaces the one that was kept under the same key.
struct Memo {
  std::string key{};
  std::string text{};
};

/// Who may send mail for a while. What is known besides is not the store's matter.
struct RelayGrant {
  std::string network{};
  WallTime until{};
  std::string text{};
};

/// Somebody could send mail from then on, or no longer.
struct RelayChange {
  WallTime at{};
  std::string network{};
  std::string to{};  ///< granted, expired, removed, refused …
  std::string user{};
  std::string reason{};
};

/// What has become of a while of reading logs. All of it is written, or nothing: a grant without the place of
/// its line would be given twice, and the place without the grant never.
struct RelayNotes {
  std::vector<RelayGrant> granted{};                          ///< each replaces what was kept for its network
  std::vector<std::string> ended{};                           ///< networks
  std::vector<std::pair<std::string, std::string>> places{};  ///< log and place, replaced as well
  std::vector<RelayChange> changes{};
};

using Record = std::variant<Intention, ActionEnd, ActionVerdict, LateMark, Event, Memo, Situation, RelayNotes,
                            MachineSample>;

/// What an earlier daemon had granted, and how far it had read.
struct RelayState {
  std::vector<RelayGrant> grants{};
  std::map<std::string, std::string, std::less<>> places{};
};

/// An action as it is read back: what is known of it so far.
struct ActionRow {
  Intention intention{};
  std::string boot_id{};
  bool is_late = false;
  bool is_of_this_run = false;
  std::optional<ActionEnd> end{};
  std::optional<ActionVerdict> verdict{};
};

struct HistoryQuery {
  bool is_of_relay = false;  ///< the changes of the relay, and nothing else
  std::string service{};     ///< or network; empty: of all
  std::optional<WallTime> since{};
  std::size_t limit = 50;
};

/// The newest first.
struct HistoryPage {
  std::vector<ActionRow> actions{};
  std::vector<Event> events{};
  std::vector<RelayChange> relay_changes{};
};

struct SituationRow {
  std::int64_t id = 0;
  std::int64_t run = 0;
  std::string boot_id{};
  Situation situation{};
};

/// "unfinished": the daemon ended before it knew. Pure.
std::string result_word(const ActionRow& row);

/// How much is kept, and for how long.
struct StoreLimits {
  Duration keep = std::chrono::hours{24 * 90};
  std::uint64_t max_size_bytes = std::uint64_t{64} << 20;
  /// Of the log beside the file, which grows while somebody reads and cannot be emptied.
  std::uint64_t max_log_bytes = std::uint64_t{16} << 20;
};

inline constexpr std::size_t name_limit = 128;
inline constexpr std::size_t line_limit = 1024;
inline constexpr std::size_t output_limit = 4096;
inline constexpr std::size_t memo_limit = std::size_t{16} << 10;
inline constexpr std::size_t situation_limit = std::size_t{8} << 10;
inline constexpr std::size_t memos_max = 4096;
inline constexpr std::size_t grants_max = std::size_t{1} << 20;
inline constexpr std::size_t page_limit = 1000;

}  // namespace systemcheck
