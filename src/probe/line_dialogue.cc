#include "probe/line_dialogue.h"

#include "base/text.h"

namespace systemcheck {

Step LineDialogue::feed(std::string_view bytes) {
  std::string to_send;
  seen_ += bytes.size();
  if (seen_ > answer_max) return conclude(ProbeClass::bad_banner, "it does not stop talking");
  rest_ += bytes;
  for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
    std::string line = rest_.substr(0, end);
    rest_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    if (line.size() > line_max) break;
    auto step = judge_(stage_, line);
    if (step.verdict) return step;
    to_send += step.send;
  }
  if (rest_.size() > line_max) {
    return conclude(ProbeClass::bad_banner, "a line without an end: " + printable(rest_, 64));
  }
  return say(std::move(to_send));
}

Step LineDialogue::end() const {
  if (seen_ == 0) return conclude(ProbeClass::reset, "it closed the connection without a word");
  return conclude(ProbeClass::reset, "it closed the connection in the middle of the conversation");
}

}  // namespace systemcheck
