#include "daemon/configuration.h"

namespace systemcheck {

// FNV-1a, folded to 48 bits.
std::uint64_t config_hash(const Config& config) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char letter : config_yaml(config)) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 1099511628211ULL;
  }
  return (hash ^ (hash >> 48)) & 0xffffffffffffULL;
}

}  // namespace systemcheck
