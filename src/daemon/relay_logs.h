#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/relay_means.h"
#include "daemon/world.h"
#include "publish/relay_row.h"
#include "relay/login_patterns.h"
#include "relay/login_reader.h"

namespace systemcheck {

/// The logs of mail servers, and the logins in them. Main thread.
class RelayLogs {
 public:
  struct Hooks {
    /// `line` is what the log has, for people.
    std::function<void(const Login& login, const LinePosition& place, std::string_view line)> on_login{};
    /// After what came of a batch: so far it has been read. The place is empty of a log that cannot be read
    /// again.
    std::function<void(const std::string& log, std::string_view place)> on_batch{};
    std::function<void()> on_change{};  ///< something that is published
  };
  struct Setup {
    RelayRules rules{};
    LoginPatterns patterns;
    std::vector<uid_t> senders{};
    std::map<std::string, std::string, std::less<>> places{};
  };

  RelayLogs(World& world, const RelayMeans& means, Setup setup, Hooks hooks);
  RelayLogs(const RelayLogs&) = delete;
  RelayLogs& operator=(const RelayLogs&) = delete;

  /// What could not be opened may be there by now: the journal is, once the machine has started.
  void try_again();
  /// What was written before now has been read, of all logs that can be read.
  [[nodiscard]] bool are_caught_up() const;
  [[nodiscard]] std::vector<RelayLogRow> rows() const;

 private:
  struct Log {
    Log(RelayLog of, std::string called, LoginReader reads)
        : rules(std::move(of)), name(std::move(called)), reader(std::move(reads)) {}

    RelayLog rules;
    std::string name;
    LoginReader reader;
    std::unique_ptr<LogSource> source{};
    std::string place{};    ///< where to begin in it
    std::string problem{};  ///< why there is no source
    bool is_want_of_address_told = false;
    bool is_want_of_trust_told = false;
  };

  void open(Log& log);
  void take(Log& log, const LogBatch& batch);
  void note(Log& log, const LineReading& reading, const LogBatch& batch, std::size_t index);
  [[nodiscard]] IsOld is_old(const Log& log) const;
  void tell_distrust(const Log& log) const;
  [[nodiscard]] bool is_trusted(const RelayLog& log) const;

  World& world_;
  const RelayMeans& means_;
  RelayRules rules_;
  Hooks hooks_;
  std::vector<std::unique_ptr<Log>> logs_{};
};

/// "/var/log/maillog", "journal", "unix:/run/…": under this name its place is kept.
std::string log_name(const RelayLog& log);

}  // namespace systemcheck
