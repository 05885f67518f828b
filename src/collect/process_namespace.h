#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/identity.h"
#include "collect/processes.h"
#include "os/host.h"

namespace systemcheck {

/// Tells our own processes from those that live in a process table of their own: in a container, whatever its
/// control group is called (systemd-nspawn --keep-unit). A process never leaves the process namespace that it
/// was born in, so each is asked once, and only those that look like a service's.
class ProcessNamespaces {
 public:
  /// False too where it cannot be told.
  bool is_elsewhere(Host& host, const Process& process);
  /// Forgets those that have ended.
  void sweep(const Processes& table);
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  std::string own_{};  ///< "pid:[4026531836]", pid_namespaces(7)
  std::map<ProcessIdentity, bool> known_{};
};

}  // namespace systemcheck
