#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/descriptor.h"

namespace systemcheck {

/// A small pseudo-file that is read again and again, also when memory is all but gone: it stays open and is
/// read into memory that is there since the first time, because opening needs memory of the kernel and may
/// wait for it.
class KeptFile {
 public:
  /// Not opened yet. What is longer than `limit_bytes` is cut.
  KeptFile(std::string path, std::size_t limit_bytes) : path_(std::move(path)), limit_bytes_(limit_bytes) {}

  /// Its content now; valid until the next read. After an error it is opened anew the next time.
  Result<std::string_view> read();

 private:
  std::string path_;
  std::size_t limit_bytes_;
  std::vector<char> buffer_{};  ///< with as much again as was ever needed, for what grows
  Descriptor file_{};
};

}  // namespace systemcheck
