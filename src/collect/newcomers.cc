#include "collect/newcomers.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "collect/key_values.h"

namespace systemcheck {

std::optional<NumbersGiven> read_numbers_given(Host& host, std::uint64_t births) {
  const auto text = host.read_file("/proc/sys/kernel/ns_last_pid", pseudo_file_limit_bytes);
  if (!text) return std::nullopt;
  std::string_view words = *text;
  const auto last = parse_number<pid_t>(take_word(words));
  if (!last || *last <= 0) return std::nullopt;
  return NumbersGiven{.last = *last, .births = births};
}

std::optional<NumberRange> numbers_of_newcomers(const NumbersGiven& before, const NumbersGiven& now) {
  if (now.last < before.last || now.births < before.births) return std::nullopt;
  const auto births = now.births - before.births;
  const auto given = now.last - before.last;
  // With so few births the numbers cannot have gone round unseen: nearly all would have to be in use.
  if (births > std::uint64_t{newcomers_max} || given > newcomers_max) return std::nullopt;
  if (births == 0 && given > 0) return std::nullopt;
  return NumberRange{.first = std::max(1, before.last - numbers_in_the_making + 1), .last = now.last};
}

bool is_process(Host& host, pid_t number) {
  const auto text = host.read_file("/proc/" + std::to_string(number) + "/status", pseudo_file_limit_bytes);
  return text && number_behind("Tgid:", *text) == static_cast<std::uint64_t>(number);
}

}  // namespace systemcheck
