#include "probe/dns.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr std::size_t header_size = 12;
constexpr std::array<std::string_view, 6> rcode_words{"NOERROR",  "FORMERR", "SERVFAIL",
                                                      "NXDOMAIN", "NOTIMP",  "REFUSED"};

char byte(unsigned value) { return static_cast<char>(static_cast<unsigned char>(value & 0xffU)); }
unsigned value(char c) { return static_cast<unsigned char>(c); }
std::string two_bytes(unsigned number) { return {byte(number >> 8U), byte(number)}; }

std::string rcode_word(unsigned rcode) {
  return rcode < rcode_words.size() ? std::string(rcode_words.at(rcode)) : "RCODE " + std::to_string(rcode);
}

/// "a.bc." as the labels "\1a\2bc\0".
std::string labels(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    const auto label = name.substr(0, name.find('.'));
    if (label.empty()) break;
    text += byte(static_cast<unsigned>(label.size())) + std::string(label);
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  return text + '\0';
}

}  // namespace

std::string DnsQuery::question() const { return labels(name_) + two_bytes(1) + two_bytes(1); }

Step DnsQuery::begin() {
  constexpr unsigned recursion_desired = 0x0100;
  const auto message =
      two_bytes(id_) + two_bytes(recursion_desired) + two_bytes(1) + std::string(6, '\0') + question();
  if (transport_ == DnsTransport::udp) return say(message);
  return say(two_bytes(static_cast<unsigned>(message.size())) + message);
}

Step DnsQuery::feed(std::string_view bytes) {
  seen_ += bytes.size();
  if (seen_ > answer_max) return conclude(ProbeClass::bad_banner, "nothing but answers to other queries");
  if (transport_ == DnsTransport::udp) return judge(bytes);
  rest_ += bytes;
  if (rest_.size() < 2) return wait_for_more();
  const std::size_t length = value(rest_[0]) * 256 + value(rest_[1]);
  if (rest_.size() - 2 < length) return wait_for_more();
  auto step = judge(std::string_view(rest_).substr(2, length));
  if (!step.verdict) return conclude(ProbeClass::bad_banner, "an answer to another query");
  return step;
}

Step DnsQuery::judge(std::string_view message) {
  if (message.size() < header_size || message.substr(0, 2) != two_bytes(id_)) return wait_for_more();
  const bool is_answer = (value(message[2]) & 0x80U) != 0;
  if (!is_answer) return wait_for_more();
  const unsigned rcode = value(message[3]) & 0x0fU;
  const auto asked = question();
  // An error may leave the question out; names come back in the same letters.
  const bool is_echoed = message.substr(header_size, asked.size()) == asked;
  if (!is_echoed && (rcode == 0 || rcode == 3)) return wait_for_more();
  const bool is_right = rcode == 0 || rcode == 3;
  return conclude(is_right ? ProbeClass::ok : ProbeClass::bad_banner, rcode_word(rcode));
}

Step DnsQuery::end() const {
  return conclude(ProbeClass::reset, seen_ == 0 ? "it closed the connection without a word"
                                                : "it closed the connection within its answer");
}

}  // namespace systemcheck
