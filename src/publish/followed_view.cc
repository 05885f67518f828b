#include "publish/followed_view.h"

#include <fmt/core.h>

namespace systemcheck {

std::string FollowedView::next() {
  const auto view = views_.newest();
  if (is_begun_ && view->sequence == told_) return "event: beat\ndata: {}\n\n";
  // Whoever loses the daemon asks for it again this soon.
  const std::string begin = is_begun_ ? "" : "retry: 1000\n";
  is_begun_ = true;
  told_ = view->sequence;
  return fmt::format("{}id: {}\nevent: view\ndata: {{\"sequence\":{},\"status\":\"{}\",\"time\":\"{}\"}}\n\n",
                     begin, view->sequence, view->sequence, word(view->status),
                     wall_time_text(view->posted_at));
}

}  // namespace systemcheck
