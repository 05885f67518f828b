#pragma once

#include <optional>
#include <string>

#include "base/units.h"
#include "base/vocabulary.h"

namespace systemcheck {

/// What came of one question.
struct Verdict {
  ProbeClass result = ProbeClass::unknown;
  std::string detail{};  ///< one line, printable
  Duration took{};
  std::optional<WallTime> expires_at{};  ///< of the certificate that was shown
};

/// The verdict on a system call of ours that failed with this errno(3), and what was tried.
Verdict verdict_of_errno(int error_number, const std::string& tried);

}  // namespace systemcheck
