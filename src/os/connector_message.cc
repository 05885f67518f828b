#include "os/connector_message.h"

#include <arpa/inet.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>

#include <cstring>
#include <optional>

namespace systemcheck {
namespace {

// A datagram: nlmsghdr, cn_msg, proc_event, one behind the other.
constexpr std::size_t connector_offset = NLMSG_HDRLEN;
constexpr std::size_t event_offset = connector_offset + sizeof(cn_msg);
constexpr std::size_t detail_offset = event_offset + offsetof(proc_event, event_data);
constexpr std::size_t what_offset = event_offset + offsetof(proc_event, what);
constexpr std::size_t pid_offset = event_offset + offsetof(proc_event, event_data.exit.process_pid);
constexpr std::size_t tgid_offset = event_offset + offsetof(proc_event, event_data.exit.process_tgid);
// An exit had no parent in it once: what matters are its first four numbers.
constexpr std::size_t exit_size = 4 * sizeof(std::uint32_t);

constexpr std::uint32_t what_answer = 0;          // PROC_EVENT_NONE
constexpr std::uint32_t what_exit = 0x80000000U;  // PROC_EVENT_EXIT

/// The number at this place, in the byte order of the machine. The caller has seen that it is there.
template <typename Number>
Number number_at(std::string_view datagram, std::size_t offset) {
  Number number{};
  std::memcpy(&number, datagram.data() + offset, sizeof number);
  return number;
}

template <typename Header>
Header header_at(std::string_view datagram, std::size_t offset) {
  return number_at<Header>(datagram, offset);
}

/// cn_msg ends in an array without a size: its fixed part, by hand.
struct ConnectorHeader {
  std::uint32_t index = 0;
  std::uint32_t value = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  std::uint16_t size = 0;
  std::uint16_t flags = 0;
};
static_assert(sizeof(ConnectorHeader) == sizeof(cn_msg));

/// The datagram cut to what its headers say; nothing where that is more than there is.
std::optional<std::string_view> event_of(std::string_view datagram) {
  if (datagram.size() < event_offset) return std::nullopt;
  const auto outer = header_at<nlmsghdr>(datagram, 0);
  if (outer.nlmsg_type != NLMSG_DONE || outer.nlmsg_len > datagram.size()) return std::nullopt;
  const auto inner = header_at<ConnectorHeader>(datagram, connector_offset);
  if (inner.index != CN_IDX_PROC || inner.value != CN_VAL_PROC) return std::nullopt;
  const std::size_t end = event_offset + inner.size;
  if (end > outer.nlmsg_len) return std::nullopt;
  return datagram.substr(0, end);
}

ConnectorMessage parse_exit(std::string_view event) {
  if (event.size() < detail_offset + exit_size) return NoNotice{};
  const auto pid = number_at<std::int32_t>(event, pid_offset);
  if (pid <= 0 || pid != number_at<std::int32_t>(event, tgid_offset)) return NoNotice{};
  constexpr std::size_t code_offset = event_offset + offsetof(proc_event, event_data.exit.exit_code);
  return ExitNotice{.pid = pid, .end = parse_wait_status(number_at<std::uint32_t>(event, code_offset))};
}

ConnectorMessage parse_answer(std::string_view event) {
  if (event.size() < detail_offset + sizeof(std::uint32_t)) return NoNotice{};
  const auto inner = header_at<ConnectorHeader>(event, connector_offset);
  // The kernel adds one to the number that the request bore.
  return ConnectorAnswer{.request = inner.acknowledged - 1,
                         .error_number = number_at<std::int32_t>(event, detail_offset)};
}

template <typename Header>
void append(std::string& text, const Header& header) {
  text.append(reinterpret_cast<const char*>(&header), sizeof header);
}

sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
/// Loads are in network byte order; so is what they are compared with.
sock_filter skip_unless(std::uint32_t value, std::uint8_t instructions) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(value), 0, instructions);
}
sock_filter skip_if(std::uint32_t value, std::uint8_t instructions) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(value), instructions, 0);
}
sock_filter pass() { return BPF_STMT(BPF_RET | BPF_K, ~0U); }
sock_filter drop() { return BPF_STMT(BPF_RET | BPF_K, 0); }

}  // namespace

ConnectorMessage parse_connector_message(std::string_view datagram) {
  const auto event = event_of(datagram);
  if (!event || event->size() < detail_offset) return NoNotice{};
  switch (number_at<std::uint32_t>(*event, what_offset)) {
    case what_answer:
      return parse_answer(*event);
    case what_exit:
      return parse_exit(*event);
    default:
      return NoNotice{};
  }
}

std::string connector_request(Listening listening, std::uint32_t number, pid_t sender) {
  const std::uint32_t operation = listening == Listening::begin ? PROC_CN_MCAST_LISTEN : PROC_CN_MCAST_IGNORE;
  nlmsghdr outer{};
  outer.nlmsg_len = static_cast<std::uint32_t>(event_offset + sizeof operation);
  outer.nlmsg_type = NLMSG_DONE;
  outer.nlmsg_pid = static_cast<std::uint32_t>(sender);
  const ConnectorHeader inner{.index = CN_IDX_PROC,
                              .value = CN_VAL_PROC,
                              .sequence = number,
                              .acknowledged = number,
                              .size = sizeof operation};
  std::string request;
  append(request, outer);
  append(request, inner);
  append(request, operation);
  return request;
}

std::vector<sock_filter> exit_filter(std::span<const pid_t> processes) {
  std::vector<sock_filter> program{
      load(what_offset),
      skip_unless(what_answer, 1),
      pass(),
      skip_if(what_exit, 1),
      drop(),
      load(pid_offset),
      BPF_STMT(BPF_MISC | BPF_TAX, 0),
      load(tgid_offset),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0),
      drop(),
  };
  if (processes.size() > filtered_processes_max) {
    program.push_back(pass());
    return program;
  }
  // A jump reaches 255 instructions far: so each number has its own way out.
  for (const auto pid : processes) {
    program.push_back(skip_unless(static_cast<std::uint32_t>(pid), 1));
    program.push_back(pass());
  }
  program.push_back(drop());
  return program;
}

}  // namespace systemcheck
