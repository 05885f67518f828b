#include "publish/snmp_complaints.h"

#include <utility>

namespace systemcheck {

Complaints::Complaints(std::function<void(std::string_view)> on_complaint)
    : on_complaint_(std::move(on_complaint)) {}

void Complaints::add(std::string line, Instant now) {
  if (!is_started_) {
    if (of_startup_.size() < startup_lines_max) of_startup_.push_back(std::move(line));
    return;
  }
  if (told_ == 0 || now - minute_began_ >= std::chrono::minutes{1}) {
    if (left_out_ > 0) tell(std::to_string(left_out_) + " more complaints were left out");
    minute_began_ = now;
    told_ = 0;
    left_out_ = 0;
  }
  if (told_ == lines_a_minute_max) {
    ++left_out_;
    return;
  }
  ++told_;
  tell(line);
}

void Complaints::tell(std::string_view line) const {
  if (on_complaint_) on_complaint_(line);
}

}  // namespace systemcheck
