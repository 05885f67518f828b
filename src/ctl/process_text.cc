#include "ctl/process_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr std::size_t commands_shown_max = 16384;
constexpr std::size_t filter_limit_bytes = 512;  // The daemon takes no longer line than 1 KiB.
constexpr std::size_t user_width_max = 16;

bool is_word(std::string_view text) {
  return !text.starts_with('-') && text.find_first_of(" \t\r\n") == std::string_view::npos;
}

std::string user_of(const Json& process, const ProcessWords& words) {
  const auto user = text_of(process, "user");
  const auto number = static_cast<uid_t>(std::clamp(number_of(process, "uid"), 0.0, 4294967295.0));
  const bool is_number = user.empty() || user == std::to_string(number);
  const auto known = is_number && words.user_name ? words.user_name(number) : std::string();
  return known.empty() ? (user.empty() ? std::to_string(number) : user) : printable(known);
}

/// As ps(1): the time today, else the day, else the year.
std::string start_of(const Json& process, WallTime now, const ProcessWords& words) {
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto start = time_of(process, "start");
  if (!start) return "-";
  const auto local = [&](WallTime time) {
    return time + (words.utc_offset ? words.utc_offset(time) : Duration{});
  };
  const auto then = local(*start);
  const auto day = std::chrono::floor<std::chrono::days>(then);
  const std::chrono::year_month_day date{day};
  if (day == std::chrono::floor<std::chrono::days>(local(now))) {
    const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::minutes>(then - day)};
    return fmt::format("{:02}:{:02}", time.hours().count(), time.minutes().count());
  }
  if (date.year() != std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(local(now))}.year())
    return fmt::format("{}", static_cast<int>(date.year()));
  return fmt::format("{}{:02}", months.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<unsigned>(date.day()));
}

std::string cpu_time_of(const Json& process) {
  const auto seconds =
      static_cast<std::uint64_t>(std::clamp(number_of(process, "cpu_seconds_total"), 0.0, 1e15));
  return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

std::uint64_t kibibytes(const Json& process, const char* key) {
  return static_cast<std::uint64_t>(std::clamp(number_of(process, key), 0.0, 1e18)) / 1024;
}

std::string cut(const std::string& line, std::size_t width) {
  if (width == 0 || shown_width(line) <= width) return line;
  std::size_t end = 0;
  for (std::size_t columns = 0; end < line.size(); ++end) {
    const bool begins_letter = (static_cast<unsigned char>(line[end]) & 0xc0U) != 0x80U;
    if (begins_letter && columns++ == width - 1) break;
  }
  return line.substr(0, end) + "…";
}

}  // namespace

std::string picture_line(const Json& processes, WallTime now) {
  const auto over = number_of(processes, "cpu_over_seconds");
  return "picture of " + age_of(processes, "collected", now) + " ago, %CPU over " +
         (over > 0 ? "the " + seconds_words(over) + " before it" : std::string("the life of each"));
}

std::vector<std::string> ps_lines(const Json& processes, std::size_t width, WallTime now,
                                  const ProcessWords& words) {
  const auto& all = list_of(processes, "processes");
  std::vector<std::string> users;
  std::size_t user_width = 4;
  std::size_t service_width = 7;
  for (const auto& process : all) {
    users.push_back(user_of(process, words));
    user_width = std::max(user_width, std::min(shown_width(users.back()), user_width_max));
    service_width = std::max(service_width, shown_width(text_of(process, "service")));
  }
  std::vector<std::string> lines;
  const auto add = [&](const auto&... cells) {
    lines.push_back(
        cut(fmt::format("{:<{}} {:>7} {:>5} {:>4} {:>8} {:>7} {:<7} {:<4} {:>5} {:>6} {:<{}} {}", cells...),
            width));
  };
  add("USER", user_width, "PID", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT", "START", "TIME", "SERVICE",
      service_width, "COMMAND");
  for (std::size_t i = 0; i < users.size(); ++i) {
    const auto& process = all[i];
    const auto service = text_of(process, "service");
    const auto found = process.find("command");
    const bool has_command = found != process.end() && found->is_string();
    add(users[i], user_width, static_cast<std::uint64_t>(std::max(0.0, number_of(process, "pid"))),
        fmt::format("{:.1f}", 100 * number_of(process, "cpu_ratio")),
        fmt::format("{:.1f}", 100 * number_of(process, "memory_ratio")), kibibytes(process, "virtual_bytes"),
        kibibytes(process, "resident_bytes"), text_of(process, "tty"), text_of(process, "state"),
        start_of(process, now, words), cpu_time_of(process), service.empty() ? "-" : service, service_width,
        has_command ? shown(found->get_ref<const std::string&>(), commands_shown_max) : std::string("-"));
  }
  return lines;
}

Result<std::string> ps_question(const ProcessWishes& wishes) {
  for (const auto& word : {wishes.order, wishes.user, wishes.service}) {
    if (!is_word(word)) return Error{Error::Kind::malformed, "'" + printable(word, 64) + "' is not one word"};
  }
  const bool is_line = wishes.filter.find_first_of("\r\n") == std::string::npos;
  if (!is_line || wishes.filter.size() > filter_limit_bytes)
    return Error{Error::Kind::malformed, "the text to filter by is not one short line"};
  auto question = "ps --sort " + wishes.order;
  if (wishes.limit > 0) question += " --limit " + std::to_string(wishes.limit);
  if (!wishes.user.empty()) question += " --user " + wishes.user;
  if (!wishes.service.empty()) question += " --service " + wishes.service;
  if (!wishes.filter.empty()) question += " --filter " + wishes.filter;
  return question;
}

}  // namespace systemcheck
