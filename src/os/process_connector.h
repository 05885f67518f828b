#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "os/connector_socket.h"
#include "os/process_ends.h"

namespace systemcheck {

/// Ends as the kernel's process connector tells them: in the first process, user and network namespaces of
/// the machine, to those with CAP_NET_ADMIN (to all since Linux 6.6). Elsewhere it says nothing, and
/// everything works without it.
///
/// The kernel puts an exit into the socket before it wakes those who watch the pidfd of the process. So
/// whoever learns of the end that way and asks here takes what is in the socket, and need not wait. The
/// socket only lets through what concerns the processes that are followed: a storm of forks does not even
/// wake us.
class ProcessConnector final : public ProcessEnds {
 public:
  /// Taken in one turn of the loop; then it rests, so that whatever comes comes in heaps.
  static constexpr std::size_t turn_max = 256;
  static constexpr Duration rest = std::chrono::milliseconds{20};
  /// Taken at once when somebody asks: more than the kernel's buffer holds.
  static constexpr std::size_t question_max = 4096;
  /// A process that lives on for longer has only lost its first thread: what was said was not its end.
  static constexpr Duration believed_for = std::chrono::seconds{1};

  /// Never fails: without a socket, or without an answer, status() says why. The loop outlives it.
  ProcessConnector(EventLoop& loop, Result<std::unique_ptr<ConnectorSocket>> socket);
  ProcessConnector(const ProcessConnector&) = delete;
  ProcessConnector& operator=(const ProcessConnector&) = delete;
  ~ProcessConnector() override;

  Watch follow(ProcessIdentity process, Callback on_hint) override;
  std::optional<ProcessEnd> take_end(ProcessIdentity process) override;
  [[nodiscard]] const ProcessEndsStatus& status() const override { return status_; }

 private:
  struct Followed;
  struct Registered;
  using Key = std::pair<pid_t, std::uint64_t>;
  using AllFollowed = std::map<Key, Followed>;

  void begin();
  void wait_for_more();
  void take_turn();
  std::size_t take(std::size_t limit);
  void note(const Datagram& datagram);
  void note_exit(const ExitNotice& notice);
  void note_answer(const ConnectorAnswer& answer);
  void note_loss();
  void settle_doubts();
  void change_filter();
  void tell_hints();
  void give_up(std::string problem);

  EventLoop& loop_;
  std::unique_ptr<ConnectorSocket> socket_{};  ///< null: there is none, or no more
  ProcessEndsStatus status_{};
  std::uint32_t request_ = 0;
  bool is_in_doubt_ = false;  ///< something was lost, and who lives on is not seen yet
  std::shared_ptr<AllFollowed> followed_;
  std::uint64_t last_id_ = 0;
  bool is_filter_old_ = false;  ///< it does not name all of them yet
  Watch readable_{};            // After the socket: it leaves the loop before that is closed.
  Watch next_turn_{};
  Watch filter_change_{};
  Watch hints_{};
};

}  // namespace systemcheck
