#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace systemcheck {

/// SHA-256 (FIPS 180-4), piece by piece.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void add(std::string_view piece);
  /// In 64 small hexadecimal digits; once.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace systemcheck
