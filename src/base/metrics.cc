#include "base/metrics.h"

#include <algorithm>

namespace systemcheck {

// Samples of one family come in a row nearly always, so the search starts at the end.
void Metrics::add(Family::Kind kind, std::string_view name, std::string_view help, Sample sample) {
  const auto found = std::find_if(families_.rbegin(), families_.rend(),
                                  [&](const Family& family) { return family.name == name; });
  if (found != families_.rend()) {
    found->samples.push_back(std::move(sample));
    return;
  }
  families_.push_back(Family{
      .name = std::string(name), .help = std::string(help), .kind = kind, .samples = {std::move(sample)}});
}

}  // namespace systemcheck
