#include "offline/relay_scan.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace systemcheck {
namespace {

constexpr std::size_t instances_max = 16;
constexpr std::size_t first_lines = 1000;
constexpr std::size_t output_bytes = std::size_t{64} << 10U;

/// A line in which a Dovecot says that it starts: its tag is its instance_name.
bool is_dovecot_start(const LogLine& line) { return line.message.starts_with("master: Dovecot v"); }

bool is_loopback(const IpAddress& address) {
  static const std::array<IpNetwork, 2> loopback{*IpNetwork::parse("127.0.0.0/8"), *IpNetwork::parse("::1")};
  return std::ranges::any_of(loopback, [&](const auto& it) { return it.contains(address); });
}

/// Nobody who writes to a log can make all of its lines annotated.
Result<LineLayout> layout_of(const std::string& path) {
  // What can be read only once is not looked at beforehand.
  if (std::error_code error; !std::filesystem::is_regular_file(path, error)) return LineLayout::plain;
  auto lines = LineReader::open(path, log_line_bytes_max);
  if (!lines) return lines.error();
  std::size_t seen = 0;
  while (seen < first_lines) {
    const auto line = lines->next();
    if (!line) break;
    if (!parse_log_line(*line, LineLayout::annotated)) return LineLayout::plain;
    ++seen;
  }
  return seen > 0 ? LineLayout::annotated : LineLayout::plain;
}

/// As IpAddress::text(), which asks the C library; a log has many.
void append_address(std::string& text, const IpAddress& address) {
  if (!address.is_ip4()) {
    text += address.text();
    return;
  }
  const auto& bytes = address.bytes();
  for (std::size_t i = bytes.size() - 4; i < bytes.size(); ++i) {
    std::array<char, 3> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bytes.at(i));
    text.append(digits.data(), end.ptr);
    if (i + 1 < bytes.size()) text += '.';
  }
}

/// What is told of the lines of one log.
class Told {
 public:
  Told(const ScanRules& rules, const std::string& prefix, std::FILE* output, ScanCounts& counts)
      : rules_(rules), prefix_(prefix), output_(output), counts_(counts) {}
  Told(const Told&) = delete;
  Told& operator=(const Told&) = delete;
  ~Told() { flush(); }

  void tell(std::uint64_t number, const LineReading& reading) {
    ++counts_.verdicts.at(static_cast<std::size_t>(reading.verdict));
    switch (reading.verdict) {
      case LineVerdict::nothing:
      case LineVerdict::unreadable:
      case LineVerdict::opened:
      case LineVerdict::closed:
        return;
      case LineVerdict::login:
        return add(number, reading, is_never(reading.login->address) ? nullptr : &reading.login->address);
      case LineVerdict::login_without_address:
      case LineVerdict::untrusted:
      case LineVerdict::bad_address:
      case LineVerdict::bad_user:
      case LineVerdict::bad_time:
      case LineVerdict::from_the_future:
        return add(number, reading, nullptr);
    }
  }

 private:
  bool is_never(const IpAddress& address) {
    if (is_loopback(address)) ++counts_.from_loopback;
    const auto contains = [&](const IpNetwork& it) { return it.contains(address); };
    if (std::ranges::none_of(rules_.never, contains)) return false;
    ++counts_.never;
    return true;
  }

  void add(std::uint64_t number, const LineReading& reading, const IpAddress* address) {
    if (!rules_.only.empty() && !rules_.only.contains(std::string(reading.pattern))) return;
    text_ += prefix_;
    std::array<char, 20> digits{};
    text_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
    text_ += '\t';
    if (address == nullptr) text_ += '-';
    if (address != nullptr) append_address(text_, *address);
    text_ += '\t';
    text_ += printable(reading.user);
    text_ += '\n';
    if (text_.size() >= output_bytes) flush();
  }

  void flush() {
    (void)std::fwrite(text_.data(), 1, text_.size(), output_);  // The caller looks at the stream's state.
    text_.clear();
  }

  const ScanRules& rules_;
  const std::string& prefix_;
  std::FILE* output_;
  ScanCounts& counts_;
  std::string text_{};
};

}  // namespace

Result<LoginPatterns> RelayScan::compile() const {
  auto patterns = rules_.patterns;
  if (!counts_.instances.empty())
    patterns.push_back({.name = "dovecot", .tags = {counts_.instances.begin(), counts_.instances.end()}});
  return LoginPatterns::compile(patterns, rules_.scope);
}

Status RelayScan::scan(const std::string& path, const std::string& prefix, std::FILE* output) {
  auto rules = rules_.reader;
  rules.is_of_any_time = true;
  if (rules_.finds_layout) {
    const auto found = layout_of(path);
    if (!found) return found.error();
    rules.layout = *found;
  }
  if (rules.layout == LineLayout::annotated) counts_.annotated.push_back(path);
  auto lines = LineReader::open(path, log_line_bytes_max);
  if (!lines) return lines.error();
  auto patterns = compile();
  if (!patterns) return patterns.error();
  LoginReader reader(*std::move(patterns), rules, rules_.offset_at);
  Told told(rules_, prefix, output, counts_);
  const auto status = scan_lines(*lines, reader, [&](auto number, const auto& it) { told.tell(number, it); });
  counts_.lines += lines->number();
  counts_.too_long += lines->skipped();
  if (!status) return status.error();
  if (lines->error()) return *lines->error();
  return Nothing{};
}

Status RelayScan::scan_lines(LineReader& lines, LoginReader& reader, const Tell& tell) {
  const auto layout = reader.rules().layout;
  while (const auto text = lines.next()) {
    const auto line = parse_log_line(*text, layout);
    if (!line) {
      ++counts_.verdicts[static_cast<std::size_t>(LineVerdict::unreadable)];
    } else if (reader.looks_at(*line)) {
      tell(lines.number(), reader.read(*line, rules_.now));
    } else if (is_dovecot_start(*line) && learn(*line)) {
      auto patterns = compile();
      if (!patterns) return patterns.error();
      reader.use(*std::move(patterns));
    }
  }
  return Nothing{};
}

/// A daemon has to be told what a Dovecot calls itself: anybody could say it of himself. Whoever looks at a
/// log with this is told of it, and can see for himself.
bool RelayScan::learn(const LogLine& line) {
  if (line.tag == "dovecot" || counts_.instances.size() >= instances_max) return false;
  const bool is_stranger =
      line.writer && std::ranges::find(rules_.reader.senders, *line.writer) == rules_.reader.senders.end();
  return !is_stranger && counts_.instances.emplace(line.tag).second;
}

}  // namespace systemcheck
