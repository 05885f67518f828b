#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "daemon/reply.h"
#include "os/board.h"
#include "os/event_loop.h"
#include "os/peer.h"
#include "publish/view.h"

namespace systemcheck {

/// What is answered besides the status; false: not known.
using Inquiry = std::function<bool(std::string_view request, const Peer& peer, const Reply& reply)>;

/// Answers on the control socket. A request is one line; the answer is one JSON document, then the end:
///   status   the view (contrib/doc/status-json.md)
/// and what the Inquiry knows. What cannot be answered gets {"error": "…"}. Everybody on the machine may ask
/// for states. Whoever is trusted may wait for his answer: what he ordered takes its time; where he has asked
/// to be told how it goes, a JSON object a line that begins with "progress" comes before it.
class Control {
 public:
  static Result<std::unique_ptr<Control>> listen(const std::string& path, EventLoop& loop,
                                                 const Board<View>& views, Inquiry inquiry = {});
  virtual ~Control() = default;
};

}  // namespace systemcheck
