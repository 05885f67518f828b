// Any expression for a pattern, made of what expressions are made of. One that is found sound keeps its
// promise: a client does not have an address of his own found before the real one, whatever he is called.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "support/bent_expressions.h"

namespace systemcheck::test {
namespace {

constexpr std::size_t pieces_max = 6;

std::size_t take_byte(std::string_view& data) {
  if (data.empty()) return 255;
  const auto byte = static_cast<unsigned char>(data.front());
  data.remove_prefix(1);
  return byte;
}

std::string take_pieces(std::string_view& data) {
  std::string text;
  for (std::size_t count = 0; count < pieces_max; ++count) {
    const auto piece = take_byte(data) % 64;
    if (piece >= pieces.size()) break;
    text += pieces.at(piece);
  }
  return text;
}

std::string take_expression(std::string_view& data) {
  const auto before = take_pieces(data);
  const auto lead = leads.at(take_byte(data) % leads.size());
  const auto address = addresses.at(take_byte(data) % addresses.size());
  return bent_expression(before, lead, address, take_pieces(data));
}

void check(std::string_view data) {
  const auto text = take_expression(data);
  if (is_sound(text) && can_be_bent(text, std::string(data))) std::abort();
}

}  // namespace
}  // namespace systemcheck::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  systemcheck::test::check(bytes);
  // And any text at all.
  (void)systemcheck::test::is_sound(std::string(bytes));
  return 0;
}
