#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

// What a library made for a program of its own (net-snmp) finds around it inside ours: environment,
// descriptors, files. Without net-snmp.

namespace systemcheck {

/// Changes the environment and puts it back: a service that we restart later must not inherit
/// net-snmp's variables, least of all snmpd. Only while no other thread reads the environment.
class ScopedEnvironment {
 public:
  ScopedEnvironment() = default;
  ScopedEnvironment(const ScopedEnvironment&) = delete;
  ScopedEnvironment& operator=(const ScopedEnvironment&) = delete;
  ~ScopedEnvironment();

  /// Nothing: the variable is taken away.
  void set(const std::string& name, const std::optional<std::string>& value);

 private:
  std::vector<std::pair<std::string, std::optional<std::string>>> before_{};
};

/// Empty where there is no /proc.
std::set<int> open_descriptors();
/// Marks close-on-exec what was opened since. Descriptors of other threads among them do not mind.
void keep_from_children(const std::set<int>& open_before);
/// "udp:127.0.0.1:1161", "udp6:[::1]:1161"; empty for what is no socket of the Internet.
std::string address_text(int socket);

/// `state_directory`/snmp, for nobody else to read: keys are kept there.
Result<std::string> make_snmp_directory(const std::string& state_directory);

}  // namespace systemcheck
