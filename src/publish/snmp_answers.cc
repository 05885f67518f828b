#include "publish/snmp_answers.h"

#include <algorithm>
#include <utility>

namespace systemcheck {
Answers::Answers(const Board<View>& views, const Oid& base)
    : views_(views), root_(base), table_(views.newest()) {}

std::optional<Oid> Answers::below_objects(WholeName name) const {
  const auto& root = root_.objects;
  const auto [ours, rest] = std::mismatch(root.begin(), root.end(), name.begin(), name.end());
  if (ours != root.end()) return std::nullopt;
  Oid below;
  for (auto number = rest; number != name.end(); ++number)
    below.push_back(static_cast<std::uint32_t>(*number));
  return below;
}

void Answers::pin(Instant now) {
  auto newest = views_.newest();
  if (newest != table_.view()) table_ = OidTable(std::move(newest));
  moment_.now = now;
}

std::variant<OidTable::Place, OidTable::Missing> Answers::at(WholeName name) const {
  const auto below = below_objects(name);
  if (!below) return OidTable::Missing::object;
  return table_.at(*below);
}

std::optional<OidTable::Place> Answers::after(WholeName name, OidTable::Bound bound) const {
  if (const auto below = below_objects(name)) return table_.after(*below, bound);
  const bool is_before = std::ranges::lexicographical_compare(name, root_.objects);
  return is_before ? table_.after(Oid{}, OidTable::Bound::inclusive) : std::nullopt;
}

std::size_t Answers::write_name(OidTable::Place place, std::span<unsigned long> name) const {
  auto end = std::ranges::copy(root_.objects, name.begin()).out;
  end = std::ranges::copy(leaves()[place.leaf].oid, end).out;
  end = std::ranges::copy(table_.index(place), end).out;
  return static_cast<std::size_t>(end - name.begin());
}

}  // namespace systemcheck
