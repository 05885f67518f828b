#include "os/peer.h"

#include <grp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace systemcheck {
namespace {

constexpr std::size_t names_bytes_max = 65536;
constexpr std::size_t groups_max = 1024;

bool is_member(int connection, const ucred& who, gid_t group) {
  if (who.gid == group) return true;
  static_assert(groups_max * sizeof(gid_t) <= 8192, "it is on the stack");
  std::array<gid_t, groups_max> groups{};
  socklen_t size = sizeof groups;
  // ERANGE for somebody in more groups than that: not trusted then.
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return false;
  const auto* const end = groups.data() + size / sizeof(gid_t);
  return std::find(static_cast<const gid_t*>(groups.data()), end, group) != end;
}

}  // namespace

std::optional<gid_t> find_group(const std::string& name) {
  std::string names(names_bytes_max, '\0');
  group entry{};
  group* found = nullptr;
  if (::getgrnam_r(name.c_str(), &entry, names.data(), names.size(), &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  return entry.gr_gid;
}

Peer read_peer(const Descriptor& connection, std::optional<gid_t> group) {
  constexpr uid_t nobody = 65534;
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(connection.number(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return {.user = nobody};
  const bool is_ours = who.uid == 0 || who.uid == ::geteuid();
  return {.user = who.uid, .is_trusted = is_ours || (group && is_member(connection.number(), who, *group))};
}

std::string peer_words(const Peer& peer) {
  return peer.user == 0 ? std::string("root") : "uid " + std::to_string(peer.user);
}

}  // namespace systemcheck
