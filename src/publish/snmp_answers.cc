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

Oid Answers::whole_oid(OidTable::Place place) const {
  Oid whole = root_.objects;
  const auto append = [&whole](OidSpan part) { whole.insert(whole.end(), part.begin(), part.end()); };
  append(leaves()[place.leaf].oid);
  append(table_.index(place));
  return whole;
}

}  // namespace systemcheck
