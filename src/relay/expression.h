#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace systemcheck {

/// One place of an expression that takes one byte of a message.
struct ExpressionPlace {
  std::bitset<256> bytes{};
  bool is_address = false;          ///< inside of (?P<ip>…)
  std::vector<std::size_t> next{};  ///< the places that may take the byte behind this one's
  std::vector<std::size_t> before{};
};

/// An expression as the places that it consists of, from left to right: what it can match is every way along
/// `next` from one of `first`. How often something is repeated is forgotten: it may come any number of times.
struct Expression {
  std::vector<ExpressionPlace> places{};
  std::vector<std::size_t> first{};
  bool has_address = false;
  bool has_user = false;
};

/// Of RE2 what a pattern of a login may be made of: literal text, classes, (?:…), |, ? * + {n,m}, and the
/// named groups ip and user, once each. All else is refused, in words: it could not be judged.
Result<Expression> parse_expression(std::string_view text);

/// Why the address that such an expression finds may not be the one that the server wrote; empty if it is.
/// What stands in a message besides the server's own words, names for one, is chosen by clients, so:
///
/// 1. Up to the end of the address the next byte always tells how to go on. So everything of variable length
///    ends at the first byte that it cannot contain, and there is only one address that can be meant.
/// 2. Where something variable stands before the address, a client may end it early and write an address of
/// his
///    own. Then the rest, with the server's words before the real one in it, is left for what stands behind
///    the address. That must not be able to contain the literal text before the address.
std::string doubt_about(const Expression& expression);

}  // namespace systemcheck
