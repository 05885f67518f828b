#pragma once

#include <string>

#include "base/result.h"

namespace systemcheck {

/// Resolves the path of a program, and refuses it if anybody but root (or the user we run as) could put
/// another one in its place: writable for group or others, or owned by somebody else, be it the file, a
/// directory on the way or a symbolic link. A directory with the sticky bit lets others add, not replace.
/// Says which one it is. The answer stays true: nobody else can change it afterwards.
Result<std::string> read_trusted_path(const std::string& path);

/// The same of a directory, in which nobody else may make files either: a sticky bit is not enough there.
Result<std::string> read_trusted_directory(const std::string& path);

}  // namespace systemcheck
