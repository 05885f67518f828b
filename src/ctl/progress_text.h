#pragma once

#include <string>
#include <string_view>

#include "base/units.h"
#include "ctl/answer.h"

namespace systemcheck {

/// What is told while an order is carried out (contrib/doc/control-protocol.md), a line at a time. Pure: the
/// time is told to it.
class Progress {
 public:
  explicit Progress(std::string command) : command_(std::move(command)) {}

  /// A line of the protocol; what is to be said at once and stays: a result, else empty.
  std::string note(std::string_view line, Instant now);
  /// "httpd: restarting … 0.4 s"; empty while nothing is being done.
  [[nodiscard]] std::string now_line(Instant now) const;
  /// The same without the time: it is new when this is.
  [[nodiscard]] std::string now_words() const;

 private:
  std::string command_;
  std::string service_{};
  std::string step_{};
  Instant since_{};
};

}  // namespace systemcheck
