#pragma once

#include <cstdint>
#include <string>

#include "os/board.h"
#include "publish/view.h"

namespace systemcheck {

/// What one who follows is told, as server-sent events (HTML Living Standard, 9.2). There is no queue: each
/// time it is the newest view, or that the daemon lives.
class FollowedView {
 public:
  explicit FollowedView(const Board<View>& views) : views_(views) {}

  /// "id: 7\nevent: view\ndata: {…}\n\n"; "event: beat" where the view is the one that was told of last: no
  /// comment, of which a page in a browser never hears.
  std::string next();

 private:
  const Board<View>& views_;
  std::uint64_t told_ = 0;
  bool is_begun_ = false;
};

}  // namespace systemcheck
