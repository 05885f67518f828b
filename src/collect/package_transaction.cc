#include "collect/package_transaction.h"

#include <array>

#include "base/metrics.h"
#include "base/text.h"
#include "collect/facts.h"
#include "os/pidfd.h"

namespace systemcheck {
namespace {

/// apt and dpkg hold the first one throughout, and dpkg the second one beside it; an older dpkg has but
/// the second. rpm and dnf hold theirs for writing during a transaction, and for reading during a query.
constexpr std::array<const char*, 4> locks{"/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock",
                                           "/var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/.rpm.lock"};

/// "4711 (apt-get) S 1 …"; the name itself may contain brackets.
std::string_view name_in(std::string_view stat) {
  const auto begin = stat.find('(');
  const auto end = stat.rfind(')');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return {};
  return stat.substr(begin + 1, end - begin - 1);
}

/// The process may be gone by now: then the lock is free again, which the next look will find.
void add_holder(Host& host, pid_t pid, PackageTransaction& transaction) {
  if (pid == 0) return;
  const auto stat = host.read_file("/proc/" + std::to_string(pid) + "/stat", pseudo_file_limit_bytes);
  if (!stat) return;
  const auto start_ticks = parse_start_ticks(*stat);
  if (!start_ticks) return;
  transaction.holder = ProcessIdentity{.pid = pid, .start_ticks = *start_ticks};
  transaction.holder_name = name_in(*stat);
}

}  // namespace

Result<PackageTransaction> PackageTransaction::collect(Look& look) {
  return read_package_transaction(look.host);
}

Result<PackageTransaction> read_package_transaction(Host& host) {
  PackageTransaction transaction;
  for (const char* lock : locks) {
    const auto holder = host.lock_holder(lock);
    if (!holder && holder.error().kind == Error::Kind::not_found) continue;
    if (!holder) return holder.error();
    if (!*holder) continue;
    transaction.is_under_way = true;
    transaction.lock = lock;
    add_holder(host, **holder, transaction);
    return transaction;
  }
  return transaction;
}

std::string describe_holder(const PackageTransaction& transaction) {
  if (!transaction.holder) return "packages are being changed (" + transaction.lock + " is held)";
  return printable(transaction.holder_name, 64) + " (process " + std::to_string(transaction.holder->pid) +
         ") is changing packages";
}

void PackageTransaction::describe(Metrics& metrics) const {
  metrics.gauge("systemcheck_package_transaction",
                "Whether packages are being installed, upgraded or removed (1 = yes): services that are gone "
                "are left to that for up to 30 minutes.",
                is_under_way ? 1 : 0);
}

}  // namespace systemcheck
