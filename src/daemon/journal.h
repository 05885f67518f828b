#pragma once

#include <memory>
#include <string_view>

namespace systemcheck {

/// Severities of syslog(3) that the daemon uses.
enum class Severity { error, warning, notice, info };

/// The only place that logs. write() never blocks: when the reader is slower than the daemon, old
/// lines are dropped. Any thread may call it.
class Journal {
 public:
  virtual ~Journal() = default;
  virtual void write(Severity severity, std::string_view line) = 0;
};

/// To standard error; with sd-daemon(3) prefixes where that is the journal's stream. Lines are made
/// printable first: process names and log lines of others are hostile.
std::unique_ptr<Journal> stderr_journal();

}  // namespace systemcheck
