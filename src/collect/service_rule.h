#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "collect/pattern.h"
#include "collect/processes.h"
#include "config/config.h"

namespace systemcheck {

/// How the processes of one service are told from all others: its Match, made ready.
class ServiceRule {
 public:
  explicit ServiceRule(const Service& service);

  [[nodiscard]] const Service& service() const { return service_; }
  [[nodiscard]] const Match& match() const { return service_.match; }

  /// Whether anything is said of how its processes look, besides the control group they are in.
  [[nodiscard]] bool has_looks() const;
  /// Executable and command line, where they are given; nothing fits where neither is.
  [[nodiscard]] bool has_looks_of(const ProcessText& text) const;
  /// The same, but true of any process where neither is given.
  [[nodiscard]] bool may_look_like(const ProcessText& text) const;
  /// What only the main process has: its user and its command line.
  [[nodiscard]] bool fits_main(const Process& process, const Processes& table) const;
  /// One of the candidates, or the real name of the installed one.
  [[nodiscard]] bool lists_unit(std::string_view unit) const;
  [[nodiscard]] const std::string& installed_unit() const { return installed_unit_; }
  void use_unit(std::string installed) { installed_unit_ = std::move(installed); }
  /// A process that left its parent's session and does not even look like the main one: a login
  /// session of sshd, which must outlive the service.
  [[nodiscard]] bool is_session(const Process& process) const;

 private:
  Service service_;
  std::string installed_unit_{};
  Pattern cmdline_;
  Pattern main_cmdline_;
};

}  // namespace systemcheck
