#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "probe/step.h"

namespace systemcheck {

/// One line of an answer, without its end, judged at a stage of the conversation; moves on to another
/// stage by itself. Pure.
using JudgeLine = Step (*)(int& stage, std::string_view line);

/// The protocols in which the server speaks first, line by line.
class LineDialogue {
 public:
  explicit LineDialogue(JudgeLine judge) : judge_(judge) {}

  Step begin() { return wait_for_more(); }
  Step feed(std::string_view bytes);
  [[nodiscard]] Step end() const;

 private:
  JudgeLine judge_;
  int stage_ = 0;
  std::size_t seen_ = 0;
  std::string rest_{};  ///< of a line that is not complete
};

Step judge_smtp_line(int& stage, std::string_view line);  ///< RFC 5321: 220, EHLO, 250, QUIT
Step judge_pop3_line(int& stage, std::string_view line);  ///< RFC 1939
Step judge_imap_line(int& stage, std::string_view line);  ///< RFC 9051
Step judge_ftp_line(int& stage, std::string_view line);   ///< RFC 959
Step judge_ssh_line(int& stage, std::string_view line);   ///< RFC 4253, 4.2

}  // namespace systemcheck
