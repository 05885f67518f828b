#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/identity.h"
#include "base/result.h"
#include "os/host.h"

namespace systemcheck {

class Metrics;
struct Look;

/// Whether packages are being installed, upgraded or removed just now. Whoever does that stops and starts
/// services himself, and a service started at the same time by somebody else is started twice, or with half
/// of its files. Told by the locks of dpkg, apt and rpm, which are only asked about, never taken.
struct PackageTransaction {
  static constexpr std::string_view name = "package_transaction";

  bool is_under_way = false;
  std::optional<ProcessIdentity> holder{};  ///< nullopt: the kernel does not tell, or it is gone by now
  std::string holder_name{};                ///< "apt-get", as in /proc/PID/stat: raw
  std::string lock{};                       ///< the file that it has locked

  static Result<PackageTransaction> collect(Look& look);
  void describe(Metrics& metrics) const;

  bool operator==(const PackageTransaction&) const = default;
};

/// An error if it cannot be told: a lock file that is there and cannot be opened.
Result<PackageTransaction> read_package_transaction(Host& host);

/// "apt-get (process 4711) is changing packages". Printable.
std::string describe_holder(const PackageTransaction& transaction);

}  // namespace systemcheck
