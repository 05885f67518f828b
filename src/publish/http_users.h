#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "base/units.h"
#include "publish/http_secrets.h"

namespace systemcheck {

/// What is known of credentials without computing the hash, which takes as long as the hash was made to take.
enum class HttpLogin { good, wrong, unknown, too_often };

/// Wrong passwords from one place within a minute: then it has to wait, and nobody else.
inline constexpr unsigned wrong_passwords_max = 10;
inline constexpr Duration wrong_passwords_time = std::chrono::minutes{1};

/// Who has logged in at one address, so that a scrape computes no hash. Keeps no password: only a digest of
/// it, under a key that ends with the daemon. Belongs to one thread.
class HttpUsers {
 public:
  using Hashes = std::map<std::string, std::string>;

  /// What is known of these credentials; `from` is where they come from, without a port. When it is unknown,
  /// the attempt is counted until learn() says that it was right.
  HttpLogin look_up(const Hashes& users, const Credentials& said, const std::string& from, Instant now);
  /// What came of computing.
  void learn(const Hashes& users, const Credentials& said, const std::string& from, bool is_good);
  /// Everything but who has tried too often.
  void forget() { known_.clear(); }

  /// The hash to compute: for a name that is nobody's one that nothing fits, and that takes as long.
  static const std::string& hash_for(const Hashes& users, const std::string& name);

 private:
  struct Attempts {
    unsigned count = 0;
    Instant since{};
  };

  [[nodiscard]] std::string digest(const Hashes& users, const Credentials& said) const;
  Attempts& attempts_of(const std::string& from, Instant now);

  std::string key_ = random_key();
  std::unordered_map<std::string, bool> known_{};
  std::unordered_map<std::string, Attempts> attempts_{};
};

}  // namespace systemcheck
