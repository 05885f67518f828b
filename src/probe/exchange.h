#pragma once

#include <string>
#include <string_view>

#include "collect/pattern.h"
#include "probe/step.h"

namespace systemcheck {

/// Sends something, or nothing, and searches what comes back for an expression. Without an expression
/// a connection is all that is asked for.
class Exchange {
 public:
  Exchange(std::string send, const std::string& expect) : send_(std::move(send)), expect_(expect) {}

  Step begin();
  Step feed(std::string_view bytes);
  Step end();

 private:
  std::string send_;
  Pattern expect_;
  std::string seen_{};
};

}  // namespace systemcheck
