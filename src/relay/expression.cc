#include "relay/expression.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace systemcheck {
namespace {

using Bytes = std::bitset<256>;
using Places = std::vector<std::size_t>;

constexpr std::size_t length_max = 1024;
constexpr int depth_max = 16;
constexpr std::size_t repeats_max = 1000;

/// A piece of an expression, as its places stand to what is around it.
struct Piece {
  Places first{};
  Places last{};
  bool may_be_absent = true;
  bool has_address = false;
};

void add(Places& to, const Places& places) {
  for (const auto place : places) {
    if (std::ranges::find(to, place) == to.end()) to.push_back(place);
  }
}

Bytes range(unsigned char low, unsigned char high) {
  Bytes bytes;
  for (unsigned c = low; c <= high; ++c)
    bytes.set(c);
  return bytes;
}

Bytes of(std::string_view text) {
  Bytes bytes;
  for (const char c : text)
    bytes.set(static_cast<unsigned char>(c));
  return bytes;
}

/// \d and its like, as RE2 means them.
std::optional<Bytes> class_of(char letter) {
  const auto word = range('0', '9') | range('A', 'Z') | range('a', 'z') | of("_");
  switch (letter) {
    case 'd':
      return range('0', '9');
    case 'D':
      return ~range('0', '9');
    case 's':
      return of(" \t\n\f\r");
    case 'S':
      return ~of(" \t\n\f\r");
    case 'w':
      return word;
    case 'W':
      return ~word;
    case 't':
      return of("\t");
    default:
      return std::nullopt;
  }
}

bool is_punctuation(char c) {
  constexpr std::string_view all = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ";
  return all.find(c) != std::string_view::npos;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<Expression> parse() {
    const auto whole = parse_choice(0);
    if (problem_.empty() && !rest_.empty()) fail("has a ')' too many");
    if (!problem_.empty()) return Error{Error::Kind::malformed, problem_};
    expression_.first = whole.first;
    for (std::size_t place = 0; place < expression_.places.size(); ++place) {
      for (const auto next : expression_.places[place].next)
        expression_.places[next].before.push_back(place);
    }
    return std::move(expression_);
  }

 private:
  void fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
    rest_ = {};
  }

  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  Piece parse_choice(int depth) {
    if (depth > depth_max) {
      fail("is nested more than " + std::to_string(depth_max) + " deep");
      return {};
    }
    auto piece = parse_sequence(depth);
    while (take("|")) {
      const auto other = parse_sequence(depth);
      add(piece.first, other.first);
      add(piece.last, other.last);
      piece.may_be_absent = piece.may_be_absent || other.may_be_absent;
      piece.has_address = piece.has_address || other.has_address;
    }
    return piece;
  }

  Piece parse_sequence(int depth) {
    Piece piece;
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')')
      join(piece, parse_repeated(depth));
    return piece;
  }

  void join(Piece& piece, const Piece& next) {
    for (const auto place : piece.last)
      add(expression_.places[place].next, next.first);
    if (piece.may_be_absent) add(piece.first, next.first);
    if (!next.may_be_absent) piece.last.clear();
    add(piece.last, next.last);
    piece.may_be_absent = piece.may_be_absent && next.may_be_absent;
    piece.has_address = piece.has_address || next.has_address;
  }

  Piece parse_repeated(int depth) {
    auto piece = parse_atom(depth);
    if (take("?")) {
      piece.may_be_absent = true;
    } else if (take("*")) {
      repeat(piece);
      piece.may_be_absent = true;
    } else if (take("+")) {
      repeat(piece);
    } else if (take("{")) {
      repeat_counted(piece);
    }
    if (!rest_.empty() && std::string_view("?*+{").find(rest_.front()) != std::string_view::npos)
      fail("repeats what is repeated: one of ? * + {n,m} is enough");
    return piece;
  }

  void repeat(Piece& piece) {
    if (piece.has_address) fail("repeats the group 'ip'");
    for (const auto place : piece.last)
      add(expression_.places[place].next, piece.first);
  }

  /// "{3}", "{1,}", "{1,255}".
  void repeat_counted(Piece& piece) {
    const auto end = rest_.find('}');
    const auto inside = rest_.substr(0, end);
    const auto comma = inside.find(',');
    const auto low = parse_number<std::size_t>(inside.substr(0, comma));
    const bool is_open = comma != std::string_view::npos && comma + 1 == inside.size();
    const auto high =
        comma == std::string_view::npos ? low : parse_number<std::size_t>(inside.substr(comma + 1));
    if (end == std::string_view::npos || !low || *low > repeats_max || (!is_open && (!high || *high < *low)))
      return fail("has a '{' that is no {n}, {n,} or {n,m}: write \\{ for the character");
    rest_.remove_prefix(end + 1);
    if (is_open || *high > 1) repeat(piece);
    if (*low == 0) piece.may_be_absent = true;
  }

  Piece parse_atom(int depth) {
    if (take("(")) return parse_group(depth);
    if (take("[")) return place_of(parse_class());
    if (take(".")) return place_of(~of("\n"));
    if (take("\\")) return place_of(parse_escape());
    const char c = rest_.front();
    if (c == '^' || c == '$') {
      fail("has a '" + std::string(1, c) + "': it has to fit the whole message anyway");
      return {};
    }
    if (std::string_view("?*+{").find(c) != std::string_view::npos) {
      fail(std::string("has a '") + c + "' that repeats nothing: write \\" + c + " for the character");
      return {};
    }
    rest_.remove_prefix(1);
    return place_of(of(std::string_view(&c, 1)));
  }

  Piece place_of(const Bytes& bytes) {
    expression_.places.push_back({.bytes = bytes, .is_address = is_in_address_});
    const auto place = expression_.places.size() - 1;
    return {.first = {place}, .last = {place}, .may_be_absent = false, .has_address = false};
  }

  Piece parse_group(int depth) {
    Piece piece;
    if (take("?:")) {
      piece = parse_choice(depth + 1);
    } else if (take("?P<ip>")) {
      if (std::exchange(expression_.has_address, true)) fail("has two groups 'ip'");
      is_in_address_ = true;
      piece = parse_choice(depth + 1);
      is_in_address_ = false;
      if (piece.may_be_absent) fail("has a group 'ip' that may be empty");
      piece.has_address = true;
    } else if (take("?P<user>")) {
      if (std::exchange(expression_.has_user, true)) fail("has two groups 'user'");
      piece = parse_choice(depth + 1);
    } else {
      fail("has a group that is none of (?:…), (?P<ip>…), (?P<user>…)");
    }
    if (!take(")")) fail("has a '(' without its ')'");
    return piece;
  }

  Bytes parse_escape() {
    if (rest_.empty()) {
      fail("ends in a '\\'");
      return {};
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (const auto bytes = class_of(c)) return *bytes;
    if (!is_punctuation(c)) fail(std::string("has a '\\") + c + "', which is not known here");
    return of(std::string_view(&c, 1));
  }

  /// Behind its '['.
  Bytes parse_class() {
    const bool is_negated = take("^");
    Bytes bytes;
    bool is_first = true;
    while (!rest_.empty() && (is_first || rest_.front() != ']')) {
      is_first = false;
      if (rest_.starts_with("[:")) fail("has a class like [:alpha:]: write its characters");
      bytes |= parse_class_item();
    }
    if (!take("]")) fail("has a '[' without its ']'");
    return is_negated ? ~bytes : bytes;
  }

  /// One character, \d and the like, or a range.
  Bytes parse_class_item() {
    auto low = take_class_byte();
    const bool is_range = low.count() == 1 && rest_.size() > 1 && rest_.front() == '-' && rest_[1] != ']';
    if (!is_range) return low;
    rest_.remove_prefix(1);
    const auto high = take_class_byte();
    const auto from = low._Find_first();
    const auto to = high._Find_first();
    if (high.count() != 1 || to < from) fail("has a range that is none");
    return range(static_cast<unsigned char>(from), static_cast<unsigned char>(to));
  }

  Bytes take_class_byte() {
    if (rest_.empty()) return {};
    if (take("\\")) return parse_escape();
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return of(std::string_view(&c, 1));
  }

  std::string_view rest_;
  std::string problem_{};
  Expression expression_{};
  bool is_in_address_ = false;
};

}  // namespace

Result<Expression> parse_expression(std::string_view text) {
  const auto refused = [](std::string why) { return Error{Error::Kind::malformed, std::move(why)}; };
  if (text.empty()) return refused("is empty");
  if (text.size() > length_max) return refused("is longer than " + std::to_string(length_max) + " bytes");
  const bool is_plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  if (!is_plain) return refused("has characters in it that are not printable ASCII");
  return Parser(text).parse();
}

}  // namespace systemcheck
