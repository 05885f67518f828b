#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/units.h"
#include "publish/view.h"

// The SNMP module as a table: which objects there are, in which order, and what they say of one view.
// Pure, and without net-snmp, so that all of it is tested without an agent.

namespace systemcheck {

using OidSpan = std::span<const std::uint32_t>;

/// Where the module stands below `base`. Every other object identifier in this header is relative to
/// `objects`.
struct ModuleRoot {
  explicit ModuleRoot(const Oid& base);

  Oid module{};   ///< systemCheckMIB
  Oid objects{};  ///< scObjects: all that is served
};
/// scRelayClientTable, below scObjects: who may send mail. Only for those who have said who they are; a
/// community is no secret on the machine itself, and behind AgentX nobody knows who asks.
inline constexpr std::array<std::uint32_t, 2> relay_clients_oid{8, 10};

/// What a name may be long to be an index (ScName): with its prefix it stays well below the 128
/// sub-identifiers that an object identifier may have.
inline constexpr std::size_t index_name_bytes_max = 64;
/// SnmpAdminString (RFC 3411).
inline constexpr std::size_t snmp_text_bytes_max = 255;

/// The SMIv2 types that the module uses (RFC 2578, 7.1).
enum class SnmpType { integer, unsigned32, gauge, counter32, counter64, time_ticks, octets };

/// A value ready for a varbind: a number that fits its type, or octets.
struct SnmpValue {
  SnmpType type = SnmpType::integer;
  std::int64_t number = 0;
  std::string octets{};

  bool operator==(const SnmpValue&) const = default;
};

/// What is written after SYNTAX in the module: the name of a type or textual convention, what goes over
/// the wire, and the words of an enumeration.
struct Syntax {
  std::string_view name{};
  SnmpType type = SnmpType::integer;
  std::span<const std::string_view> labels{};
  int first_label = 0;
};

/// One leaf of the module: what the MIB, its tests and every template are compared with.
struct LeafInfo {
  std::string_view name{};  ///< "scLoadAvg1"
  Oid oid{};                ///< without index
  Syntax syntax{};
  std::string_view units{};
  bool is_column = false;
  bool is_writable = false;
};

/// A string as index without IMPLIED: its length, then its bytes (RFC 2578, 7.7). So short names come first.
Oid index_of(std::string_view name);

/// All leaves, in the order of their object identifiers.
std::span<const LeafInfo> leaves();

/// The moment of an answer, for ages and times since the agent's start (sysUpTime).
struct SnmpMoment {
  Instant now{};
  Instant agent_started{};
  std::int32_t set_lock = 0;  ///< what scSetLock is
};

/// All instances that one view has, in lexicographic order. What could not be read has none.
class OidTable {
 public:
  explicit OidTable(std::shared_ptr<const View> view);
  OidTable(OidTable&&) noexcept;
  OidTable& operator=(OidTable&&) noexcept;
  ~OidTable();

  /// Where an instance stands in this table.
  struct Place {
    std::size_t leaf = 0;  ///< into leaves()
    std::size_t instance = 0;

    bool operator==(const Place&) const = default;
  };
  enum class Missing { object, instance };
  enum class Bound { exclusive, inclusive };

  /// GET: the instance with this very name.
  [[nodiscard]] std::variant<Place, Missing> at(OidSpan oid) const;
  /// GETNEXT: the first instance after `oid`, or at it where the bound is inclusive. O(log n).
  [[nodiscard]] std::optional<Place> after(OidSpan oid, Bound bound) const;
  /// The same, cheaper, from an instance already found: each further repetition of GETBULK.
  [[nodiscard]] std::optional<Place> next(Place place) const;

  /// Of what the instance is: for a column of services its place in View::services.
  [[nodiscard]] std::size_t row(Place place) const;
  [[nodiscard]] OidSpan index(Place place) const;  ///< what follows the leaf's own oid
  [[nodiscard]] Oid oid(Place place) const;
  [[nodiscard]] SnmpValue value(Place place, const SnmpMoment& moment) const;
  [[nodiscard]] const std::shared_ptr<const View>& view() const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace systemcheck
