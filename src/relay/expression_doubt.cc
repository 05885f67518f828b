#include <algorithm>

#include "base/text.h"
#include "relay/expression.h"

namespace systemcheck {
namespace {

using Places = std::vector<std::size_t>;

/// From which something of `wanted` can be reached, those among them.
std::vector<bool> that_reach(const Expression& expression, std::vector<bool> wanted) {
  Places open;
  for (std::size_t place = 0; place < wanted.size(); ++place) {
    if (wanted[place]) open.push_back(place);
  }
  while (!open.empty()) {
    const auto place = open.back();
    open.pop_back();
    for (const auto before : expression.places[place].before) {
      if (wanted[before]) continue;
      wanted[before] = true;
      open.push_back(before);
    }
  }
  return wanted;
}

std::string in_words(const std::bitset<256>& bytes) {
  if (bytes._Find_first() >= bytes.size()) return "nothing";
  return "'" + printable(std::string(1, static_cast<char>(bytes._Find_first()))) + "'";
}

/// Two of these places take the same byte.
std::string clash_among(const Expression& expression, const Places& places) {
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (std::size_t j = i + 1; j < places.size(); ++j) {
      const auto both = expression.places[places[i]].bytes & expression.places[places[j]].bytes;
      if (both.any()) return in_words(both);
    }
  }
  return {};
}

std::string doubt_about_place(const Expression& expression) {
  const auto clash = [](const std::string& byte) {
    return "before the end of the address it is not clear how to go on at " + byte +
           ": what has no fixed length there must not be able to contain what comes next";
  };
  std::vector<bool> address(expression.places.size());
  for (std::size_t i = 0; i < address.size(); ++i)
    address[i] = expression.places[i].is_address;
  const auto leads_there = that_reach(expression, address);
  if (const auto byte = clash_among(expression, expression.first); !byte.empty()) return clash(byte);
  for (std::size_t i = 0; i < address.size(); ++i) {
    if (!leads_there[i]) continue;
    if (const auto byte = clash_among(expression, expression.places[i].next); !byte.empty())
      return clash(byte);
  }
  return {};
}

bool is_literal(const ExpressionPlace& place) { return place.bytes.count() == 1; }

bool is_repeated(const Expression& expression, std::size_t place) {
  // From left to right, the only way back is a repetition.
  return std::ranges::any_of(expression.places[place].before, [&](std::size_t it) { return it >= place; });
}

/// The message may begin there.
bool is_first(const Expression& expression, std::size_t place) {
  return std::ranges::find(expression.first, place) != expression.first.end();
}

/// The one place that all ways to the address go through at last, over literal text that may be absent.
std::vector<std::size_t> last_common(const Expression& expression, Places places) {
  while (places.size() > 1) {
    const auto last = std::ranges::max_element(places);
    const auto place = *last;
    if (!is_literal(expression.places[place]) || is_repeated(expression, place)) return {};
    if (is_first(expression, place)) return {};
    places.erase(last);
    for (const auto before : expression.places[place].before) {
      if (std::ranges::find(places, before) == places.end()) places.push_back(before);
    }
  }
  return places;
}

/// The literal text that stands before the address whatever else does.
std::string lead_to(const Expression& expression, const Places& at_address) {
  Places before;
  for (const auto place : at_address) {
    for (const auto it : expression.places[place].before) {
      if (!expression.places[it].is_address && std::ranges::find(before, it) == before.end())
        before.push_back(it);
    }
  }
  auto common = last_common(expression, before);
  std::string lead;
  while (common.size() == 1) {
    const auto& place = expression.places[common.front()];
    if (!is_literal(place) || is_repeated(expression, common.front())) break;
    lead.insert(lead.begin(), static_cast<char>(place.bytes._Find_first()));
    if (is_first(expression, common.front())) break;
    common = place.before;
  }
  return lead;
}

/// Whether what goes along these places can contain the text.
bool can_contain(const Expression& expression, const std::vector<bool>& among, std::string_view text) {
  auto here = among;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::vector<bool> next(among.size());
    bool is_possible = false;
    for (std::size_t place = 0; place < here.size(); ++place) {
      if (!here[place] || !expression.places[place].bytes.test(static_cast<unsigned char>(text[i]))) continue;
      is_possible = true;
      for (const auto it : expression.places[place].next)
        next[it] = among[it];
    }
    if (!is_possible) return false;
    here = std::move(next);
  }
  return true;
}

std::string doubt_about_rest(const Expression& expression) {
  const auto size = expression.places.size();
  std::vector<bool> address(size);
  Places at_address;
  std::bitset<256> address_bytes;
  for (std::size_t i = 0; i < size; ++i) {
    address[i] = expression.places[i].is_address;
    if (!address[i]) continue;
    at_address.push_back(i);
    address_bytes |= expression.places[i].bytes;
  }
  const auto leads_there = that_reach(expression, address);
  std::vector<bool> behind(size);
  bool is_variable = false;
  for (std::size_t i = 0; i < size; ++i) {
    behind[i] = !leads_there[i];
    const bool is_before = leads_there[i] && !address[i];
    is_variable =
        is_variable || (is_before && (!is_literal(expression.places[i]) || is_repeated(expression, i)));
  }
  if (!is_variable) return {};
  // What an address can contain may be taken for the end of a false one.
  auto lead = lead_to(expression, at_address);
  while (!lead.empty() && address_bytes.test(static_cast<unsigned char>(lead.front())))
    lead.erase(lead.begin());
  if (lead.empty())
    return "no literal text that cannot be part of an address stands directly before the address";
  if (!can_contain(expression, behind, lead)) return {};
  return "what stands behind the address can contain '" + printable(lead) +
         "', which leads to it: a client could write an address of his own before the real one";
}

std::string doubt_about_address(const Expression& expression) {
  constexpr std::string_view allowed = "0123456789abcdefABCDEF.:";
  for (const auto& place : expression.places) {
    if (!place.is_address) continue;
    for (std::size_t byte = 0; byte < place.bytes.size(); ++byte) {
      if (place.bytes.test(byte) && allowed.find(static_cast<char>(byte)) == std::string_view::npos)
        return "the group 'ip' may contain " + in_words(std::bitset<256>{}.set(byte)) +
               ": an address is made of [0-9A-Fa-f.:]";
    }
  }
  return {};
}

}  // namespace

std::string doubt_about(const Expression& expression) {
  if (!expression.has_address) return {};
  for (const auto check : {doubt_about_address, doubt_about_place, doubt_about_rest}) {
    if (auto doubt = check(expression); !doubt.empty()) return doubt;
  }
  return {};
}

}  // namespace systemcheck
