#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "daemon/control.h"
#include "os/board.h"
#include "publish/view.h"

namespace systemcheck {

/// By what the processes are put in order: what uses most first, else ascending.
enum class ProcessOrder { pid, cpu, memory, start, user, name };
template <>
struct Words<ProcessOrder> {
  static constexpr int first = 0;
  static constexpr std::array<std::string_view, 6> all{"pid", "cpu", "memory", "start", "user", "name"};
};

inline constexpr std::size_t processes_told_max = 65536;

/// Which processes are asked for.
struct ProcessQuery {
  ProcessOrder order = ProcessOrder::pid;
  std::size_t limit = processes_told_max;
  std::string user{};              ///< a name or a number; empty: of all users
  std::string service{};           ///< empty: of all, and of none
  std::string filter{};            ///< a part of the command; empty: any
  std::optional<uid_t> only_of{};  ///< who asks may see no other user's
};

/// "ps [--sort WORD] [--limit N] [--user NAME|UID] [--service NAME] [--filter TEXT]" without its first word;
/// the text is the rest of the line.
Result<ProcessQuery> parse_process_query(std::string_view words);

/// The last picture of the process table, and an earlier one: by both is told what was used in between.
struct ProcessPictures {
  std::shared_ptr<const View> view{};
  std::shared_ptr<const Snapshot> before{};  ///< null: none, what was used is told of whole lives
};

/// A line of JSON a process (contrib/doc/control-protocol.md). An error where the table could not be read.
Result<std::string> processes_json(const ProcessPictures& pictures, const ProcessQuery& query);

/// What the control socket answers to "ps": made aside, as there may be many processes. Pictures are kept
/// only while somebody looks.
Inquiry ps_inquiry(const Board<View>& views, EventLoop& loop);

}  // namespace systemcheck
