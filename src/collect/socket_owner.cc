#include "collect/socket_owner.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>

#include "base/hex.h"
#include "base/text.h"
#include "config/probes.h"

namespace systemcheck {
namespace {

using Kind = PortOwner::Kind;
using Inodes = std::set<std::uint64_t>;

constexpr std::size_t name_limit_bytes = 64;

// Which ports are asked.

std::optional<PortAsked> parse_asked(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!address || !port) return std::nullopt;
  return PortAsked{.address = *address, .port = *port};
}

std::string address_asked(const Probe& probe) {
  switch (probe.kind) {
    case ProbeKind::tcp:
    case ProbeKind::smtp:
    case ProbeKind::pop3:
    case ProbeKind::imap:
    case ProbeKind::ftp:
    case ProbeKind::ssh:
      return probe.target;
    case ProbeKind::dns:
      return probe.transport == DnsTransport::tcp ? probe.target : std::string();
    case ProbeKind::http: {
      const auto url = parse_http_url(probe.target);
      return url ? url->address : std::string();
    }
    case ProbeKind::unix_socket:
    case ProbeKind::command:
    case ProbeKind::file:
      break;
  }
  return {};
}

// Which addresses are ours.

bool is_any(const IpAddress& address) {
  return address == IpAddress::parse("0.0.0.0") || address == IpAddress::parse("::");
}

bool is_loopback(const IpAddress& address) {
  constexpr std::size_t first_of_ip4 = 12;
  if (address.is_ip4()) return address.bytes().at(first_of_ip4) == 127;
  return address == IpAddress::parse("::1");
}

/// "           |-- 192.0.2.1", and behind it "              /32 host LOCAL".
bool is_in_routes(std::string_view text, const IpAddress& address) {
  bool is_it = false;
  while (!text.empty()) {
    auto line = take_line(text);
    const auto word = take_word(line);
    if (word == "|--" || word == "+--") is_it = IpAddress::parse(take_word(line)) == address;
    if (is_it && word == "/32" && take_word(line) == "host" && take_word(line) == "LOCAL") return true;
  }
  return false;
}

std::optional<std::uint32_t> parse_hex(std::string_view text) {
  std::uint32_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, 16);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

/// "20010db8000000000000000000000001 02 40 00 80 eth0"
bool is_in_interfaces(std::string_view text, const IpAddress& address) {
  const auto& bytes = address.bytes();
  const auto wanted = hex(std::string(bytes.begin(), bytes.end()));
  while (!text.empty()) {
    auto line = take_line(text);
    if (take_word(line) == wanted) return true;
  }
  return false;
}

/// What goes to "any" address goes to loopback, ip(7).
bool is_own(Host& host, const IpAddress& address) {
  if (is_any(address) || is_loopback(address)) return true;
  const bool is_ip4 = address.is_ip4();
  const auto text =
      host.read_file(is_ip4 ? "/proc/net/fib_trie" : "/proc/net/if_inet6", pseudo_file_limit_bytes);
  return text && (is_ip4 ? is_in_routes(*text, address) : is_in_interfaces(*text, address));
}

// Who listens: /proc/net/tcp and tcp6, proc(5).

/// Each word of four bytes is written as a number of this machine.
std::optional<IpAddress> parse_local_address(std::string_view text) {
  constexpr std::size_t digits_of_word = 8;
  std::array<std::uint8_t, 16> bytes{};
  const bool is_ip4 = text.size() == digits_of_word;
  if (!is_ip4 && text.size() != 4 * digits_of_word) return std::nullopt;
  auto* into = bytes.data() + (is_ip4 ? 12 : 0);
  if (is_ip4) bytes[10] = bytes[11] = 0xff;
  for (; !text.empty(); text.remove_prefix(digits_of_word)) {
    const auto word = parse_hex(text.substr(0, digits_of_word));
    if (!word) return std::nullopt;
    std::memcpy(into, &*word, sizeof *word);
    into += sizeof *word;
  }
  return IpAddress::from_bytes(bytes);
}

/// Whether what is sent to `asked` comes to a socket that is bound to `local`. Whether one of "::" takes
/// IPv4, too, is not told: nearly all do.
bool reaches(const IpAddress& asked, const IpAddress& local) {
  if (local == IpAddress::parse("::")) return true;
  if (local == IpAddress::parse("0.0.0.0")) return asked.is_ip4() || is_any(asked);
  if (asked == local) return true;
  return is_any(asked) && is_loopback(local) && asked.is_ip4() == local.is_ip4();
}

/// Of one line, where it is a listener that is asked for: "0: 0100007F:0050 00000000:0000 0A … inode".
std::optional<std::uint64_t> listener_in(std::string_view line, const PortAsked& asked) {
  (void)take_word(line);  // its number
  const auto local = take_word(line);
  const auto colon = local.find(':');
  (void)take_word(line);  // the other end
  if (colon == std::string_view::npos || take_word(line) != "0A") return std::nullopt;
  const auto address = parse_local_address(local.substr(0, colon));
  if (!address || parse_hex(local.substr(colon + 1)) != asked.port || !reaches(asked.address, *address))
    return std::nullopt;
  for (int i = 0; i < 5; ++i)  // queues, timer, retransmissions, user, timeout
    (void)take_word(line);
  return parse_number<std::uint64_t>(take_word(line));
}

void add_listeners(std::string_view text, const PortAsked& asked, Inodes& inodes) {
  while (!text.empty()) {
    const auto inode = listener_in(take_line(text), asked);
    if (inode && *inode != 0) inodes.insert(*inode);
  }
}

/// Listeners come first in these files, so that the end of a long one is not missed. Nullopt: unreadable. A
/// kernel without IPv6 has only one of them.
std::optional<Inodes> read_listeners(Host& host, const PortAsked& asked) {
  Inodes inodes;
  const auto ip4 = host.read_file("/proc/net/tcp", pseudo_file_limit_bytes);
  const auto ip6 = host.read_file("/proc/net/tcp6", pseudo_file_limit_bytes);
  const bool is_ip6_unread = !ip6 && ip6.error().kind != Error::Kind::not_found;
  if (!ip4 || is_ip6_unread) return std::nullopt;
  add_listeners(*ip4, asked, inodes);
  if (ip6) add_listeners(*ip6, asked, inodes);
  return inodes;
}

// Whose they are.

/// Looks through the descriptors of processes, up to a bound.
class HolderSearch {
 public:
  HolderSearch(Host& host, const Inodes& inodes) : host_(host) {
    for (const auto inode : inodes)
      links_.insert("socket:[" + std::to_string(inode) + "]");
  }

  /// Of a process that has ended, no.
  bool holds(pid_t pid) {
    const auto directory = "/proc/" + std::to_string(pid) + "/fd";
    const auto entries = host_.list_numbers(directory);
    if (!entries) {
      note(entries.error());
      return false;
    }
    return std::ranges::any_of(*entries, [&](const NumberedEntry& entry) {
      if (++looked_at_ > descriptors_looked_at_max) return false;
      const auto path = directory + "/" + std::to_string(entry.number);
      const auto link = host_.read_link(path.c_str());
      if (!link) note(link.error());
      return link && links_.contains(*link);
    });
  }
  /// Everything could be read that was looked at.
  [[nodiscard]] bool is_whole() const { return !has_failed_ && looked_at_ <= descriptors_looked_at_max; }

 private:
  void note(const Error& error) {
    if (error.kind != Error::Kind::not_found) has_failed_ = true;
  }

  Host& host_;
  std::set<std::string, std::less<>> links_{};
  std::size_t looked_at_ = 0;
  bool has_failed_ = false;
};

/// A service with a network of its own (PrivateNetwork=) listens there, and not here.
bool has_other_network(Host& host, const ProcessIdentity& process) {
  const auto path = "/proc/" + std::to_string(process.pid) + "/ns/net";
  const auto own = host.read_link("/proc/self/ns/net");
  const auto its = host.read_link(path.c_str());
  return own && its && *own != *its;
}

PortOwner find_stranger(Host& host, const PortAsked& asked, HolderSearch& search) {
  const auto all = host.list_numbers("/proc");
  if (!all) return {};
  const auto found =
      std::ranges::find_if(*all, [&](const auto& entry) { return search.holds(entry.number); });
  if (found == all->end()) return {};
  const auto pid = found->number;
  const auto name = host.read_file("/proc/" + std::to_string(pid) + "/comm", name_limit_bytes);
  if (!name) return {};  // It has just ended.
  auto text = std::string_view(*name);
  return {.kind = Kind::stranger,
          .stranger = PortStranger{
              .port = asked.port, .pid = pid, .name = printable(take_line(text), name_limit_bytes)}};
}

}  // namespace

std::vector<PortAsked> ports_asked(std::span<const Probe> probes) {
  std::vector<PortAsked> ports;
  for (const auto& probe : probes) {
    const auto asked = parse_asked(address_asked(probe));
    if (asked && std::ranges::find(ports, *asked) == ports.end()) ports.push_back(*asked);
  }
  return ports;
}

/// Where several share a port (SO_REUSEPORT) the kernel deals connections out among them: the service has
/// its share, and of the other one it is not for us to judge.
PortOwner find_port_owner(Host& host, const PortAsked& asked, std::span<const ProcessIdentity> members,
                          const PortQuestion& question) {
  if (!is_own(host, asked.address)) return {};
  const auto inodes = read_listeners(host, asked);
  if (!inodes) return {};
  if (inodes->empty()) return {.kind = Kind::nobody};
  HolderSearch search(host, *inodes);
  const auto holds = [&search](const ProcessIdentity& process) { return search.holds(process.pid); };
  if (std::ranges::any_of(members, holds)) return {.kind = Kind::service};
  if (search.holds(1)) return {.kind = Kind::starter};
  const bool has_had_it = std::ranges::find(question.own, asked.port) != question.own.end();
  if (!has_had_it || !search.is_whole()) return {};
  const auto is_elsewhere = [&host](const ProcessIdentity& it) { return has_other_network(host, it); };
  if (std::ranges::any_of(members, is_elsewhere)) return {};
  return find_stranger(host, asked, search);
}

PortSight look_at_ports(Host& host, std::span<const Probe> probes, std::span<const ProcessIdentity> members,
                        const PortQuestion& question) {
  PortSight sight;
  if (members.empty()) return sight;  // Nobody is there whose they could be.
  for (const auto& asked : ports_asked(probes)) {
    auto owner = find_port_owner(host, asked, members, question);
    if (owner.kind == Kind::service) sight.own.push_back(asked.port);
    if (!sight.stranger) sight.stranger = std::move(owner.stranger);
  }
  return sight;
}

}  // namespace systemcheck
