#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "publish/view.h"

namespace systemcheck {

/// Sub-identifiers of an object identifier, each 32 bits (RFC 2578, 3.5).
using Oid = std::vector<std::uint32_t>;

/// The SMIv2 types that the MIB uses (RFC 2578, 7.1).
enum class SnmpType { integer, unsigned32, gauge, counter32, counter64, time_ticks, octets };

/// A value ready for a varbind: a number of one of the types above, or octets.
struct SnmpValue {
  SnmpType type = SnmpType::integer;
  std::int64_t number = 0;
  std::uint64_t counter64 = 0;
  std::string octets{};

  bool operator==(const SnmpValue&) const = default;
};

/// What an answer is made from: one view and the moment of the answer (for ages and sysUpTime).
struct SnmpMoment {
  std::shared_ptr<const View> view{};
  WallTime wall_now{};
  Instant now{};
  Instant agent_started{};
};

/// The whole module below scObjects for one view, in lexicographic order. Pure; no net-snmp in here.
class OidTable {
 public:
  explicit OidTable(std::shared_ptr<const View> view);

  struct Entry {
    Oid oid{};  ///< below scObjects (module root .1)
    SnmpValue value{};
  };

  enum class Missing { object, instance };
  /// GET.
  [[nodiscard]] std::variant<SnmpValue, Missing> at(std::span<const std::uint32_t> oid,
                                                    const SnmpMoment& moment) const;
  /// GETNEXT: the first entry after `oid` (or at it, with `inclusive`); nothing at the end.
  [[nodiscard]] std::optional<Entry> after(std::span<const std::uint32_t> oid, bool inclusive,
                                           const SnmpMoment& moment) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

/// One leaf of the module: what the MIB, its tests and every template are compared with.
struct LeafInfo {
  std::string_view name{};  ///< "scLoadAvg1"
  Oid oid{};                ///< below scObjects, without index
  SnmpType type = SnmpType::integer;
  bool is_column = false;
};
std::span<const LeafInfo> leaves();

}  // namespace systemcheck
