#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "os/descriptor.h"

// SNMP v2c by hand (BER, X.690; RFC 3416), so that a test can also send what no library would.

namespace systemcheck::test {

namespace ber {

inline std::string tlv(unsigned char tag, const std::string& content) {
  std::string all(1, static_cast<char>(tag));
  if (content.size() < 128) {
    all.push_back(static_cast<char>(content.size()));
  } else {
    all.push_back('\x82');
    all.push_back(static_cast<char>(content.size() >> 8));
    all.push_back(static_cast<char>(content.size() & 0xff));
  }
  return all + content;
}

inline std::string integer(std::int32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>((number >> shift) & 0xff));
  return tlv(0x02, bytes);
}

inline std::string oid(std::span<const std::uint32_t> numbers) {
  std::string bytes(1, static_cast<char>(numbers[0] * 40 + numbers[1]));
  for (const auto number : numbers.subspan(2)) {
    std::string part(1, static_cast<char>(number & 0x7f));
    for (auto rest = number >> 7; rest > 0; rest >>= 7)
      part.insert(0, 1, static_cast<char>(0x80 | (rest & 0x7f)));
    bytes += part;
  }
  return tlv(0x06, bytes);
}

/// Takes one element off the front; empty when there is none.
inline std::string_view take(std::string_view& text) {
  if (text.size() < 2) return {};
  std::size_t size = static_cast<unsigned char>(text[1]);
  std::size_t header = 2;
  if (size >= 128) {
    const auto more = size & 0x7f;
    size = 0;
    for (; header < 2 + more && header < text.size(); ++header) {
      size = size << 8 | static_cast<unsigned char>(text[header]);
    }
  }
  const auto content = text.substr(std::min(header, text.size()), size);
  text.remove_prefix(std::min(header + size, text.size()));
  return content;
}

}  // namespace ber

enum class Pdu : unsigned char { get = 0xa0, get_next = 0xa1, get_bulk = 0xa5 };

struct SnmpQuestion {
  Pdu pdu = Pdu::get;
  std::string community{};
  std::int32_t id = 1;
  std::int32_t non_repeaters = 0;  ///< GETBULK only: else it must be 0
  std::int32_t repetitions = 0;    ///< the same
  std::vector<std::vector<std::uint32_t>> oids{};
};

inline std::string encode(const SnmpQuestion& question) {
  std::string varbinds;
  for (const auto& oid : question.oids)
    varbinds += ber::tlv(0x30, ber::oid(oid) + ber::tlv(0x05, ""));
  const auto body = ber::integer(question.id) + ber::integer(question.non_repeaters) +
                    ber::integer(question.repetitions) + ber::tlv(0x30, varbinds);
  constexpr std::int32_t version_2c = 1;
  return ber::tlv(0x30, ber::integer(version_2c) + ber::tlv(0x04, question.community) +
                            ber::tlv(static_cast<unsigned char>(question.pdu), body));
}

/// The request-id of an answer: which question it is for. 0: not understood.
inline std::int32_t id_of(std::string_view packet) {
  auto message = ber::take(packet);
  ber::take(message);  // version
  ber::take(message);  // community
  auto pdu = ber::take(message);
  std::int32_t id = 0;
  for (const char byte : ber::take(pdu))
    id = id << 8 | static_cast<unsigned char>(byte);
  return id;
}

class SnmpClient {
 public:
  explicit SnmpClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in agent{};
    agent.sin_family = AF_INET;
    agent.sin_port = htons(port);
    agent.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&agent), sizeof agent);
  }

  void send(const std::string& packet) const {
    (void)!::send(socket_.number(), packet.data(), packet.size(), 0);
  }
  /// The next answer; empty if none came in half a minute.
  [[nodiscard]] std::string receive() const {
    pollfd waiting{.fd = socket_.number(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 30'000) <= 0) return {};
    std::string packet(65'536, '\0');
    const auto size = ::recv(socket_.number(), packet.data(), packet.size(), 0);
    packet.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return packet;
  }
  [[nodiscard]] std::string ask(const SnmpQuestion& question) const {
    send(encode(question));
    return receive();
  }

 private:
  Descriptor socket_;
};

}  // namespace systemcheck::test
