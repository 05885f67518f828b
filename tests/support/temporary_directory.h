#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace systemcheck::test {

/// A directory of the test's own, gone with it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() : path_((std::filesystem::temp_directory_path() / "systemcheck-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string make_directory(const std::string& name, mode_t mode = 0755) const {
    std::filesystem::create_directories(path(name));
    ::chmod(path(name).c_str(), mode);
    return path(name);
  }
  std::string write_file(const std::string& name, const std::string& content, mode_t mode = 0644) const {
    std::ofstream(path(name)) << content;
    ::chmod(path(name).c_str(), mode);
    return path(name);
  }
  /// A program for /bin/sh.
  std::string write_script(const std::string& name, const std::string& body) const {
    return write_file(name, "#!/bin/sh\n" + body + "\n", 0755);
  }

 private:
  std::string path_;
};

}  // namespace systemcheck::test
