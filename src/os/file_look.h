#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

// Both may hang with the disk they look at: for a worker, never for the main thread.

namespace systemcheck {

struct FileFacts {
  std::uint64_t size = 0;
  std::uint32_t mode = 0;  ///< the permissions, 07777
  WallTime modified{};
};

/// More than this is not read of a file.
inline constexpr std::uint64_t file_read_max = std::uint64_t{256} << 20;

Result<FileFacts> look_at_file(const std::string& path);
/// All of a regular file, in pieces.
Status read_file_pieces(const std::string& path, const std::function<void(std::string_view)>& take);

}  // namespace systemcheck
