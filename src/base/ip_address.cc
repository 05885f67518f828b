#include "base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr std::array<std::uint8_t, 12> ip4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

unsigned bits_max(const IpAddress& address) { return address.is_ip4() ? 32 : 128; }

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::ranges::copy(text, terminated.begin());
  IpAddress address;
  if (inet_pton(AF_INET6, terminated.data(), address.bytes_.data()) == 1) return address;
  std::ranges::copy(ip4_prefix, address.bytes_.begin());
  if (inet_pton(AF_INET, terminated.data(), address.bytes_.data() + ip4_prefix.size()) == 1) return address;
  return std::nullopt;
}

bool IpAddress::is_ip4() const {
  return std::memcmp(bytes_.data(), ip4_prefix.data(), ip4_prefix.size()) == 0;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = is_ip4() ? AF_INET : AF_INET6;
  const auto* first = bytes_.data() + (is_ip4() ? ip4_prefix.size() : 0);
  // It has room for the longest: it cannot fail.
  return inet_ntop(family, first, text.data(), text.size());
}

IpNetwork::IpNetwork(const IpAddress& address, unsigned bits)
    : mask_bits_(std::min(bits, bits_max(address)) + (address.is_ip4() ? ip4_offset_bits : 0)) {
  auto bytes = address.bytes();
  for (unsigned bit = mask_bits_; bit < 128; ++bit) {
    auto& byte = bytes.at(bit / 8);
    byte = static_cast<std::uint8_t>(byte & ~(0x80U >> bit % 8));
  }
  address_ = IpAddress::from_bytes(bytes);
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return IpNetwork(*address, bits_max(*address));
  const auto bits = parse_number<unsigned>(text.substr(slash + 1));
  if (!bits || *bits > bits_max(*address)) return std::nullopt;
  const IpNetwork network(*address, *bits);
  if (network.address() != *address) return std::nullopt;
  return network;
}

bool IpNetwork::contains(const IpAddress& address) const {
  if (address.is_ip4() != address_.is_ip4()) return false;
  const auto& ours = address_.bytes();
  const auto& theirs = address.bytes();
  const auto whole = mask_bits_ / 8;
  if (std::memcmp(ours.data(), theirs.data(), whole) != 0) return false;
  if (mask_bits_ % 8 == 0) return true;
  const auto mask = 0xff00U >> mask_bits_ % 8;
  return ((static_cast<unsigned>(ours.at(whole)) ^ theirs.at(whole)) & mask & 0xffU) == 0;
}

std::string IpNetwork::text() const {
  if (mask_bits_ == 128) return address_.text();
  return address_.text() + "/" + std::to_string(bits());
}

}  // namespace systemcheck
