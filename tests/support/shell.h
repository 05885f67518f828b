#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

// Other people's programs as witnesses: what they print is what counts.

namespace systemcheck::test {

/// Everything that a command prints, on both streams.
inline std::string shell(const std::string& command) {
  const std::string whole = "{ " + command + "\n} 2>&1";
  std::FILE* pipe = ::popen(whole.c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  std::string output;
  std::array<char, 4096> part{};
  for (std::size_t size = 0; (size = std::fread(part.data(), 1, part.size(), pipe)) > 0;) {
    output.append(part.data(), size);
  }
  ::pclose(pipe);
  return output;
}

inline bool has_program(const std::string& name) { return !shell("command -v " + name).empty(); }

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

/// A directory that goes with its owner.
class OwnDirectory {
 public:
  OwnDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "systemcheck.XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  OwnDirectory(const OwnDirectory&) = delete;
  OwnDirectory& operator=(const OwnDirectory&) = delete;
  ~OwnDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_{};
};

/// For net-snmp's programs: they read and write nothing of this machine's.
class OwnNetSnmp {
 public:
  OwnNetSnmp() { std::filesystem::create_directory(directory_.path() + "/cert_indexes"); }  // Or they say so.
  [[nodiscard]] std::string environment() const {
    return "SNMPCONFPATH=" + directory_.path() + " SNMP_PERSISTENT_DIR=" + directory_.path();
  }

 private:
  OwnDirectory directory_{};
};

}  // namespace systemcheck::test
