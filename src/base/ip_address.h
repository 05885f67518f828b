#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace systemcheck {

/// An IPv4 or IPv6 address. ::ffff:192.0.2.1 is the IPv4 address that it stands for, RFC 4291 2.5.5.2: the
/// same client, whichever way a server writes it.
class IpAddress {
 public:
  IpAddress() = default;

  /// As inet_pton(3) reads it: no names, no scope, no port, no brackets, no blanks.
  static std::optional<IpAddress> parse(std::string_view text);
  static IpAddress from_bytes(const std::array<std::uint8_t, 16>& network_order) {
    return IpAddress(network_order);
  }

  [[nodiscard]] bool is_ip4() const;
  /// "192.0.2.1", "2001:db8::5": RFC 5952.
  [[nodiscard]] std::string text() const;
  /// In network order; an IPv4 address as ::ffff:a.b.c.d.
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  auto operator<=>(const IpAddress&) const = default;

 private:
  explicit IpAddress(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}

  std::array<std::uint8_t, 16> bytes_{};
};

/// All addresses that begin alike.
class IpNetwork {
 public:
  IpNetwork() = default;
  /// Of so many bits, of 32 for an IPv4 address and 128 otherwise; the others are cleared.
  IpNetwork(const IpAddress& address, unsigned bits);

  /// "192.0.2.0/28", "2001:db8::/32", or one address. Bits behind the mask are refused: they are a slip.
  static std::optional<IpNetwork> parse(std::string_view text);

  /// An address of the other kind never is in it.
  [[nodiscard]] bool contains(const IpAddress& address) const;
  /// As parse() reads it; one address is written without its bits.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] const IpAddress& address() const { return address_; }
  /// As given.
  [[nodiscard]] unsigned bits() const {
    return address_.is_ip4() ? mask_bits_ - ip4_offset_bits : mask_bits_;
  }

  auto operator<=>(const IpNetwork&) const = default;

 private:
  static constexpr unsigned ip4_offset_bits = 96;

  IpAddress address_{};
  unsigned mask_bits_ = 128;  ///< of all 16 bytes
};

}  // namespace systemcheck
