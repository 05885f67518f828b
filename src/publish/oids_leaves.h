#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "collect/user_totals.h"
#include "publish/oids.h"

// Between the leaves of the module (oids_leaves.cc and others) and the table that orders them (oids.cc).

namespace systemcheck {

/// The instances that a leaf has: those of all leaves of one kind come and go together.
enum class Instances {
  always,
  sample,  ///< once there is a snapshot
  load,
  cpu,
  memory,
  processes,
  disks,
  disk_usages,  ///< those whose statvfs(3) answered
  disk_inodes,  ///< those with a fixed number of inodes
  services,
  readable_services,  ///< those whose processes could be told
  shedding,           ///< where memory is watched
  shed_memory,        ///< and could be read
  shed_forecast,      ///< and falls
  shed_services,
  relay,  ///< where it is on
  relay_logs,
  relay_sockets,
  relay_maps,
  events,
  relay_clients,  ///< where there is somebody who may see them
  users,
  pressure,  ///< where the kernel measures it
};
inline constexpr std::size_t instance_kinds = 23;

/// Processes by what they are doing and by whose they are, counted once a view.
struct ProcessCounts {
  std::uint64_t total = 0;
  std::uint64_t running = 0;
  std::uint64_t blocked = 0;  ///< in uninterruptible sleep
  std::uint64_t zombie = 0;
  std::uint64_t threads = 0;
  std::vector<UserTotals> users{};
};

/// Everything that one value can be made from.
struct Sight {
  const View& view;
  const ProcessCounts& processes;
  const SnmpMoment& moment;
  /// Into View::services, View::file_systems or the users, or into the rows of shedding or the relay, or
  /// events.
  std::size_t row = 0;
};

struct Leaf {
  LeafInfo info{};
  Instances instances = Instances::always;
  SnmpValue (*value)(const Sight&) = nullptr;
};

// Parts of the roster that have a file of their own.
std::vector<Leaf> lock_leaves();
std::vector<Leaf> order_leaves();
std::vector<Leaf> process_leaves();
std::vector<Leaf> pressure_leaves();
std::vector<Leaf> shedding_leaves();
std::vector<Leaf> relay_leaves();
std::vector<Leaf> event_leaves();

/// By ascending oid.
std::span<const Leaf> leaf_roster();

}  // namespace systemcheck
