#pragma once

#include <string>

#include "base/result.h"
#include "os/descriptor.h"

namespace systemcheck {

/// A listening socket for programs of this machine, non-blocking: "unix:/run/systemcheck/relay.sock", to
/// which root and the members of `group` may connect ("": only root), or "127.0.0.1:10061", "[::1]:10061", to
/// which everybody on the machine may. Any other address is refused.
Result<Descriptor> listen_for_services(const std::string& place, const std::string& group);

/// The port of a listening TCP socket: the kernel picks one for "127.0.0.1:0". 0 for a local socket.
int port_of(const Descriptor& listener);

}  // namespace systemcheck
