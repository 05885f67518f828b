#include "probe/exchange.h"

#include "base/text.h"

namespace systemcheck {

Step Exchange::begin() {
  if (expect_.is_empty()) return conclude(ProbeClass::ok, "connected", send_);
  return say(send_);
}

Step Exchange::feed(std::string_view bytes) {
  seen_ += bytes.substr(0, answer_max - seen_.size());
  if (expect_.fits(seen_)) return conclude(ProbeClass::ok, "as expected");
  if (seen_.size() < answer_max) return wait_for_more();
  return conclude(ProbeClass::bad_banner, "not what is expected: " + printable(seen_, 64));
}

Step Exchange::end() {
  if (seen_.empty()) return conclude(ProbeClass::reset, "it closed the connection without a word");
  return conclude(ProbeClass::bad_banner, "not what is expected: " + printable(seen_, 64));
}

}  // namespace systemcheck
