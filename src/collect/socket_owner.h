#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/identity.h"
#include "base/ip_address.h"
#include "config/probe.h"
#include "os/host.h"

namespace systemcheck {

/// Somebody who listens where a service should, and is not part of it.
struct PortStranger {
  std::uint16_t port = 0;
  pid_t pid = 0;
  std::string name{};  ///< as the kernel calls it, printable

  bool operator==(const PortStranger&) const = default;
};

/// Who listens on a port. What cannot be read is unknown, and nothing follows from that.
struct PortOwner {
  enum class Kind {
    unknown,
    nobody,
    service,   ///< a process of it: also where others share the port with it, SO_REUSEPORT
    starter,   ///< process 1, which hands it over: systemd.socket(5)
    stranger,  ///< `stranger` tells which
  };
  Kind kind = Kind::unknown;
  std::optional<PortStranger> stranger{};
};

/// A TCP port that is asked by a probe.
struct PortAsked {
  IpAddress address{};
  std::uint16_t port = 0;

  bool operator==(const PortAsked&) const = default;
};

/// Those of TCP: UDP and sockets with a path are not told apart here. Each once, in the order of the probes.
std::vector<PortAsked> ports_asked(std::span<const Probe> probes);

/// Whose ports are looked at.
struct PortQuestion {
  std::size_t service = 0;           ///< its place in the configuration
  std::vector<std::uint16_t> own{};  ///< what it was seen to have itself
};

struct PortSight {
  std::vector<std::uint16_t> own{};        ///< what it has now
  std::optional<PortStranger> stranger{};  ///< on the first of those that it has had
};

/// On a port that the service was never seen to have itself nobody is a stranger: a probe may go by a proxy,
/// which passes it on. Dear where there is one, who is then looked for among all processes.
PortOwner find_port_owner(Host& host, const PortAsked& asked, std::span<const ProcessIdentity> members,
                          const PortQuestion& question);
PortSight look_at_ports(Host& host, std::span<const Probe> probes, std::span<const ProcessIdentity> members,
                        const PortQuestion& question);

/// So many descriptors are looked at for one port. What has more is not told.
inline constexpr std::size_t descriptors_looked_at_max = 200'000;

}  // namespace systemcheck
