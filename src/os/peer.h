#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "os/descriptor.h"

namespace systemcheck {

/// The number of a group, by the machine's name services: may block, so it is asked at start only.
std::optional<gid_t> find_group(const std::string& name);

/// Whether the other end of a local connection was opened by root, by the user we run as, or by a member of
/// the group, as the kernel noted it then: SO_PEERCRED and SO_PEERGROUPS, unix(7), socket(7).
bool is_trusted_peer(const Descriptor& connection, std::optional<gid_t> group);

}  // namespace systemcheck
