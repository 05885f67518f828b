#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "publish/oids.h"
#include "support/view_builder.h"

// What the SNMP module says of a view, by the names of its objects.

namespace systemcheck::test {

inline const SnmpMoment noon{.now = view_instant + std::chrono::seconds{5},
                             .agent_started = view_instant - std::chrono::hours{3}};

inline OidTable table_of(const View& view) { return OidTable(std::make_shared<const View>(view)); }

inline const LeafInfo& leaf(std::string_view name) {
  const auto found = std::ranges::find(leaves(), name, &LeafInfo::name);
  EXPECT_NE(found, leaves().end()) << name;
  return *found;
}

inline Oid below(std::string_view name, const Oid& index) {
  Oid oid = leaf(name).oid;
  oid.insert(oid.end(), index.begin(), index.end());
  return oid;
}

inline Oid scalar(std::string_view name) { return below(name, {0}); }

inline Oid cell(std::string_view column, std::string_view row) {
  Oid index{static_cast<std::uint32_t>(row.size())};
  for (const char letter : row)
    index.push_back(static_cast<unsigned char>(letter));
  return below(column, index);
}

inline std::optional<SnmpValue> value_at(const OidTable& table, const Oid& oid) {
  const auto found = table.at(oid);
  if (const auto* place = std::get_if<OidTable::Place>(&found)) return table.value(*place, noon);
  return std::nullopt;
}

inline bool is_there(const View& view, const Oid& oid) { return value_at(table_of(view), oid).has_value(); }

inline std::int64_t number_at(const View& view, const Oid& oid) {
  const auto value = value_at(table_of(view), oid);
  EXPECT_TRUE(value) << "no such instance";
  return value ? value->number : -1;
}

inline std::string octets_at(const View& view, const Oid& oid) {
  const auto value = value_at(table_of(view), oid);
  EXPECT_TRUE(value) << "no such instance";
  return value ? value->octets : "";
}

}  // namespace systemcheck::test
