#include "os/password_hash.h"

#include <crypt.h>

#include <memory>

namespace systemcheck {

bool is_password_of(const std::string& password, const std::string& hash) {
  if (password.find('\0') != std::string::npos) return false;  // crypt(3) would see what is before it.
  const auto scratch = std::make_unique<crypt_data>();         // 32 KiB.
  const char* computed = ::crypt_r(password.c_str(), hash.c_str(), scratch.get());
  // An impossible hash is answered with one that begins with '*'. How much of two hashes is the same says
  // nothing of the password.
  return computed != nullptr && hash == computed;
}

}  // namespace systemcheck
