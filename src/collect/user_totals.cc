#include "collect/user_totals.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr std::string_view other_users = "_other";

}  // namespace

std::vector<UserTotals> totals_by_user(const Processes& table) {
  std::map<uid_t, UserTotals> by_number;
  for (const auto& process : table.all) {
    auto& totals = by_number[process.user];
    ++totals.processes;
    totals.resident_bytes += process.resident_bytes;
  }
  std::map<std::string, UserTotals> by_name;
  for (const auto& [number, totals] : by_number) {
    const auto name = printable(table.user_name(number));
    auto& sum = by_name[name];
    sum.name = name;
    sum.processes += totals.processes;
    sum.resident_bytes += totals.resident_bytes;
  }
  UserTotals rest = by_name[std::string(other_users)];  // somebody may be called that
  rest.name = other_users;
  by_name.erase(rest.name);
  std::vector<UserTotals> shown;
  shown.reserve(by_name.size() + 1);
  for (auto& [name, totals] : by_name)
    shown.push_back(std::move(totals));
  std::ranges::stable_sort(shown, std::greater{}, &UserTotals::resident_bytes);
  for (; shown.size() > user_series_max; shown.pop_back()) {
    rest.processes += shown.back().processes;
    rest.resident_bytes += shown.back().resident_bytes;
  }
  shown.push_back(std::move(rest));
  return shown;
}

}  // namespace systemcheck
