#include "publish/mib_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace systemcheck {
namespace {

constexpr std::string_view shipped_root =
    "scRoot               OBJECT IDENTIFIER ::= { netSnmpPlaypen 2001 }\n";
constexpr std::string_view shipped_import = "\n    netSnmpPlaypen\n        FROM NET-SNMP-MIB;";
constexpr std::string_view first_import = "    MODULE-IDENTITY,";

void replace(std::string& text, std::string_view what, std::string_view with) {
  const auto place = text.find(what);
  if (place != std::string::npos) text.replace(place, what.size(), with);
}

/// What SNMPv2-SMI calls the beginning of an object identifier, and how much that is.
struct Beginning {
  std::string_view name{};
  std::size_t numbers = 0;
};

Beginning beginning_of(const Oid& base) {
  const Oid enterprises{1, 3, 6, 1, 4, 1};
  const bool is_enterprise = std::ranges::mismatch(enterprises, base).in1 == enterprises.end();
  return is_enterprise ? Beginning{"enterprises", enterprises.size()} : Beginning{"internet", 4};
}

/// A node for each number: more than one behind a name is an error for some readers.
std::string nodes_to(const Oid& base, const Beginning& beginning) {
  std::string text;
  std::string parent(beginning.name);
  for (auto place = beginning.numbers; place < base.size(); ++place) {
    const bool is_last = place + 1 == base.size();
    const auto name =
        is_last ? std::string("scRoot") : fmt::format("scBase{}", place + 1 - beginning.numbers);
    text += fmt::format("{:<20} OBJECT IDENTIFIER ::= {{ {} {} }}\n", name, parent, base[place]);
    parent = name;
  }
  return text;
}

}  // namespace

std::string mib_text(const Oid& base) {
  std::string text(mib_as_shipped());
  if (base == SnmpConfig{}.base_oid) return text;
  const auto beginning = beginning_of(base);
  replace(text, shipped_import, ";");
  replace(text, first_import, fmt::format("    {},{}", beginning.name, first_import.substr(3)));
  replace(text, shipped_root, nodes_to(base, beginning));
  return text;
}

}  // namespace systemcheck
