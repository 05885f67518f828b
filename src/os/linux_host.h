#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "os/descriptor.h"
#include "os/host.h"
#include "os/mount_prober.h"

namespace systemcheck {

inline constexpr std::size_t directory_entries_max = std::size_t{1} << 22;  // pid_max's own limit
inline constexpr std::size_t user_names_max = 4096;
inline constexpr Duration user_names_valid_for = std::chrono::minutes{10};

/// The machine below one directory: "/", or a tree of fixtures, or another machine's root mounted
/// somewhere. Nothing outside of that directory is ever opened; a root that cannot be opened makes
/// every look an error. Belongs to one thread (the collector's).
class LinuxHost : public Host {
 public:
  explicit LinuxHost(std::string root = "/");

  Result<std::string> read_file(std::string_view path, std::size_t limit_bytes) override;
  Result<OwnFile> read_own_file(std::string_view path, std::size_t limit_bytes) override;
  Result<std::size_t> read_into(const char* path, std::span<char> buffer) override;
  Result<std::vector<std::string>> list(std::string_view path) override;
  Result<std::vector<std::string>> list_own(std::string_view path) override;
  Result<std::vector<NumberedEntry>> list_numbers(std::string_view path) override;
  Result<FileStatus> status(const char* path) override;
  Result<std::string> read_link(const char* path) override;
  Result<std::optional<pid_t>> lock_holder(const char* path) override;
  Result<FileSystemUsage> file_system_usage(std::string_view mount_point) override;
  std::string user_name(uid_t user) override;
  HostConstants constants() override;
  Instant now() override;
  WallTime wall_now() override;
  void finish_looking() override { mounts_.rest(); }

 private:
  [[nodiscard]] Descriptor open_below(const char* path, int flags) const;
  template <typename Visit>
  Status visit_names(std::string_view path, Visit visit);
  template <typename Visit>
  Status visit_names_in(const Descriptor& directory, std::string_view path, Visit visit);
  void forget_old_names();
  std::string look_up_name(uid_t user);

  std::string root_;  ///< without a trailing slash: "" for "/"
  Descriptor root_directory_;
  MountProber mounts_;
  std::vector<char> directory_buffer_;
  std::unordered_map<uid_t, std::string> names_;
  Instant names_since_{};
};

}  // namespace systemcheck
