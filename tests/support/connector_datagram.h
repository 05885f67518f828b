#pragma once

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <sys/types.h>

#include <cstdint>
#include <cstring>
#include <string>

namespace systemcheck::test {

/// What the kernel's process connector would send, made field by field; each of them can be spoilt.
struct ConnectorDatagram {
  std::uint32_t length_added = 0;  ///< to what the netlink header says
  std::uint16_t type = NLMSG_DONE;
  std::uint32_t index = CN_IDX_PROC;
  std::uint32_t value = CN_VAL_PROC;
  std::uint32_t acknowledged = 0;
  std::uint16_t size = 40;
  std::uint32_t what = 0x80000000U;  // PROC_EVENT_EXIT
  std::uint32_t first = 0;           ///< the thread, or errno of an answer
  std::uint32_t process = 0;
  std::uint32_t status = 0;  ///< as wait(2) gives it

  static ConnectorDatagram exit(pid_t pid, std::uint32_t status) {
    return {.first = static_cast<std::uint32_t>(pid),
            .process = static_cast<std::uint32_t>(pid),
            .status = status};
  }
  static ConnectorDatagram answer(std::uint32_t request, int error_number) {
    return {.acknowledged = request + 1, .what = 0, .first = static_cast<std::uint32_t>(error_number)};
  }

  [[nodiscard]] std::string bytes() const {
    std::string text;
    const auto put = [&text](auto number) {
      std::string piece(sizeof number, '\0');
      std::memcpy(piece.data(), &number, sizeof number);
      text += piece;
    };
    put(std::uint32_t{16 + 20 + 40} + length_added);
    put(type);
    put(std::uint16_t{0});
    put(std::uint32_t{1});  // sequence
    put(std::uint32_t{0});  // sender
    for (const auto number : {index, value, std::uint32_t{7}, acknowledged})
      put(number);
    put(size);
    put(std::uint16_t{0});
    put(what);
    put(std::uint32_t{1});          // processor
    put(std::uint64_t{1'000'000});  // time
    for (const auto number : {first, process, status, std::uint32_t{17}, std::uint32_t{1}, std::uint32_t{1}})
      put(number);
    return text;
  }
};

}  // namespace systemcheck::test
