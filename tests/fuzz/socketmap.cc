#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "relay/socketmap.h"

// Whatever a client sends: the same questions however it arrives in pieces, none longer than allowed, and
// what is taken for an address is one.

namespace {

using systemcheck::IpAddress;
using systemcheck::SocketmapRequest;

struct Understood {
  std::vector<std::string> requests{};
  bool is_malformed = false;

  bool operator==(const Understood&) const = default;
};

void insist(bool is_true) {
  if (!is_true) std::abort();
}

void take_all(std::string& waiting, Understood& into) {
  std::string_view rest = waiting;
  while (true) {
    const auto request = systemcheck::take_socketmap_request(rest);
    into.is_malformed = request.kind == SocketmapRequest::Kind::malformed;
    if (request.kind != SocketmapRequest::Kind::complete) break;
    insist(request.text.size() <= systemcheck::socketmap_request_bytes_max);
    into.requests.emplace_back(request.text);
  }
  waiting = std::string(rest);
}

Understood understand(std::string_view sent, std::size_t piece_bytes) {
  Understood understood;
  std::string waiting;
  for (std::size_t place = 0; place < sent.size() && !understood.is_malformed; place += piece_bytes) {
    waiting += sent.substr(place, piece_bytes);
    take_all(waiting, understood);
    insist(understood.is_malformed || waiting.size() <= systemcheck::socketmap_request_bytes_max + 8);
  }
  return understood;
}

void check_address(std::string_view request) {
  const auto address = systemcheck::parse_socketmap_key(request);
  if (address) insist(IpAddress::parse(address->text()) == address);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string sent(reinterpret_cast<const char*>(data), size);
  const auto whole = understand(sent, sent.size() + 1);
  insist(whole == understand(sent, 1));
  insist(whole == understand(sent, 7));
  for (const auto& request : whole.requests)
    check_address(request);
  check_address(sent);
  return 0;
}
