#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "os/descriptor.h"

namespace systemcheck {

/// The number of a group, by the machine's name services: may block, so it is asked at start only.
std::optional<gid_t> find_group(const std::string& name);

/// Who opened the other end of a local connection, as the kernel noted it then: SO_PEERCRED and
/// SO_PEERGROUPS, unix(7), socket(7).
struct Peer {
  uid_t user = 0;
  bool is_trusted = false;  ///< root, the user we run as, or a member of the group
};
Peer read_peer(const Descriptor& connection, std::optional<gid_t> group);

/// "root", "uid 1000": names would have to be asked for, and that may block.
std::string peer_words(const Peer& peer);

}  // namespace systemcheck
