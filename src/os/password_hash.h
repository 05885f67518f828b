#pragma once

#include <string>

namespace systemcheck {

/// Whether this is the password of that hash, crypt(5). Takes as long as the hash was made to take, tens of
/// milliseconds to seconds: for a worker.
bool is_password_of(const std::string& password, const std::string& hash);

}  // namespace systemcheck
