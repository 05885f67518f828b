#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"
#include "os/descriptor.h"

namespace systemcheck {

/// A listening stream socket at `path`, non-blocking. A socket that nobody listens on any more is
/// replaced; one that somebody does is an error of kind refused. Its directory is made (0755) if missing.
Result<Descriptor> listen_locally(const std::string& path, mode_t mode);

/// A blocking connection to the socket at `path`, whose reads and writes give up after five seconds.
Result<Descriptor> connect_locally(const std::string& path);

/// The next connection of a listening socket, non-blocking; an error when there is none.
Result<Descriptor> accept_connection(const Descriptor& listener);

}  // namespace systemcheck
