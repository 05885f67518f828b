#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/units.h"
#include "os/descriptor.h"

namespace systemcheck {

/// How long one waits for an answer that is known already, and for one that must come about first: the daemon
/// gives up earlier.
inline constexpr Duration answer_patience = std::chrono::seconds{5};
inline constexpr Duration result_patience = std::chrono::hours{25};

/// A question asked, and what comes of it. The end of it hangs up: what was ordered is done all the same.
class Conversation {
 public:
  struct Heard {
    enum class Kind {
      nothing,   ///< in that time
      progress,  ///< a line that tells how it goes
      answer,    ///< the whole of it; nothing comes after it
    };
    Kind kind = Kind::nothing;
    std::string text{};
  };

  /// As ask_daemon().
  static Result<Conversation> begin(const std::string& socket, std::string_view question);
  /// The next thing that is said, if it is said within this time.
  Result<Heard> hear(Duration at_most);
  /// Readable when there may be something to hear: for a loop that waits for more than this.
  [[nodiscard]] int descriptor() const { return connection_.number(); }

 private:
  Conversation(std::string socket, Descriptor connection)
      : socket_(std::move(socket)), connection_(std::move(connection)) {}
  std::optional<Heard> take_progress();
  Result<bool> read_some();

  std::string socket_;
  Descriptor connection_;
  std::string unread_{};
  std::size_t searched_bytes_ = 0;  ///< of unread_: no line ends there
};

/// Asks the daemon at `socket` one question, a line of its control protocol, and returns the whole
/// answer. An error of kind not_found or refused: no daemon there.
Result<std::string> ask_daemon(const std::string& socket, std::string_view question,
                               Duration patience = answer_patience);

}  // namespace systemcheck
