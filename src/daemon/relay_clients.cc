#include "daemon/relay_clients.h"

#include "daemon/relay_grants.h"

namespace systemcheck {

std::vector<RelayClientRow> client_rows(const std::vector<Grant>& grants, Instant now, WallTime wall_now) {
  std::vector<RelayClientRow> rows;
  rows.reserve(grants.size());
  for (const auto& grant : grants) {
    const auto left = std::chrono::duration_cast<Duration>(grant.expires_on - wall_now);
    rows.push_back({.network = grant.network.text(),
                    .user = users_words(grant),
                    .ends = now + left,
                    .logins = grant.logins});
  }
  return rows;
}

}  // namespace systemcheck
