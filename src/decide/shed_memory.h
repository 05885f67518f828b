#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "decide/shed_memo.h"

namespace systemcheck {

/// What of turning one service off outlives the daemon: whether it is off by our doing, when it may come
/// back, and what was learnt of it. To be written down before the action that it speaks of is begun.
///
/// Times are those of the monotonic clock with the boot they belong to. A rehearsal is not kept.
std::string shed_memory_text(const ShedServiceMemo& memo, std::string_view boot_id);

struct ShedRecall {
  std::optional<ShedServiceMemo> memo{};
  /// It was off when the machine went down, and the boot does not start it: somebody has to know.
  bool is_left_off = false;
};

/// Nothing where the text is no such text or cannot be true. Of another boot only what was left off is known:
/// a boot starts what is enabled.
///
/// An action that was begun, or about to be, is marked `is_recalled`: what is seen next says whether it was
/// done.
ShedRecall recalled_shed_memory(std::string_view text, std::string_view boot_id, const std::string& service,
                                Instant now);

/// Whether both are kept as the same text.
bool is_same_memory(const ShedServiceMemo& one, const ShedServiceMemo& other);

/// All of these together again: what spans them follows from them.
ShedMemo recalled_shed_memo(std::vector<ShedServiceMemo> services);

}  // namespace systemcheck
