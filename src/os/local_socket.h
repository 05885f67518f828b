#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <string>

#include "base/result.h"
#include "os/descriptor.h"

namespace systemcheck {

/// Where a local socket is, unix(7): an error of kind malformed for a path that is too long for that.
Result<sockaddr_un> local_address(const std::string& path);
/// As bind(2) and connect(2) want it.
inline const sockaddr* plain(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

/// A listening stream socket at `path`, non-blocking. A socket that nobody listens on any more is
/// replaced; one that somebody does is an error of kind refused. Its directory is made (0755) if missing.
Result<Descriptor> listen_locally(const std::string& path, mode_t mode);

/// A blocking connection to the socket at `path`, whose reads and writes give up after five seconds.
Result<Descriptor> connect_locally(const std::string& path);

/// The next connection of a listening socket, non-blocking; an error when there is none.
Result<Descriptor> accept_connection(const Descriptor& listener);

}  // namespace systemcheck
