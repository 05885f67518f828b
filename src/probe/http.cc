#include "probe/http.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace systemcheck {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// "HTTP/1.1 200 OK": 200, or 0 for what is no status line.
std::uint32_t parse_status_line(std::string_view line) {
  const bool is_http = line.starts_with("HTTP/1.") && line.size() >= 12 && line[8] == ' ';
  if (!is_http || (line.size() > 12 && line[12] != ' ')) return 0;
  const auto status = parse_number<std::uint32_t>(line.substr(9, 3));
  return status && *status >= 100 ? *status : 0;
}

bool is_right(const HttpQuestion& question, std::uint32_t status) {
  const auto& right = question.status;
  if (right.empty()) return status >= 200 && status <= 399;
  return std::find(right.begin(), right.end(), status) != right.end();
}

std::string status_words(std::uint32_t status) { return "status " + std::to_string(status); }

/// Where the body begins, or 0: lines may end in LF alone (RFC 9112, 2.2).
std::size_t find_body(std::string_view seen) {
  const auto plain = seen.find("\n\n");
  const auto usual = seen.find("\n\r\n");
  if (plain == std::string_view::npos && usual == std::string_view::npos) return 0;
  return plain < usual ? plain + 2 : usual + 3;
}

}  // namespace

Step HttpGet::begin() const {
  return say("GET " + question_.path + " HTTP/1.1\r\nHost: " + question_.host +
             "\r\nUser-Agent: systemcheck\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

Step HttpGet::feed(std::string_view bytes) {
  seen_ += bytes.substr(0, answer_max - seen_.size());
  constexpr std::string_view start = "HTTP/1.";
  const auto length = std::min(seen_.size(), start.size());
  if (seen_.compare(0, length, start.substr(0, length)) != 0) {
    return conclude(ProbeClass::bad_banner, "not HTTP: " + printable(seen_, 64));
  }
  if (body_at_ == 0) {
    body_at_ = find_body(seen_);
    if (body_at_ == 0 && seen_.size() >= answer_max)
      return conclude(ProbeClass::bad_banner, "headers without an end");
    if (body_at_ == 0) return wait_for_more();
    auto step = judge_head();
    if (step.verdict || body_at_ == 0) return step;
  }
  return judge_body(seen_.size() >= answer_max || has_whole_body());
}

Step HttpGet::judge_head() {
  std::string_view head = std::string_view(seen_).substr(0, body_at_);
  status_ = parse_status_line(without_return(take_line(head)));
  if (status_ == 0) return conclude(ProbeClass::bad_banner, "not HTTP: " + printable(seen_, 64));
  if (status_ < 200) {  // An interim response (RFC 9110, 15.2): the real one follows.
    seen_.erase(0, body_at_);
    body_at_ = 0;
    return seen_.empty() ? wait_for_more() : feed({});
  }
  // 503 is what health pages say when they are not well, so only 429 is taken for "too busy".
  if (status_ == 429 && !is_right(question_, status_))
    return conclude(ProbeClass::busy, status_words(status_));
  if (!is_right(question_, status_)) return conclude(ProbeClass::bad_banner, status_words(status_));
  if (question_.contains.empty()) return conclude(ProbeClass::ok, status_words(status_));
  while (!head.empty()) {
    const auto line = lowered(without_return(take_line(head)));
    std::string_view value = std::string_view(line).substr(std::min(line.find(':') + 1, line.size()));
    const auto first = take_word(value);
    if (line.starts_with("content-length:")) length_ = parse_number<std::size_t>(first);
    if (line.starts_with("transfer-encoding:")) is_chunked_ = line.ends_with("chunked");
  }
  return wait_for_more();
}

bool HttpGet::has_whole_body() const {
  if (is_chunked_) return parse_chunks(std::string_view(seen_).substr(body_at_)).is_whole;
  return length_ && seen_.size() - body_at_ >= *length_;
}

Step HttpGet::judge_body(bool is_complete) {
  const auto raw = std::string_view(seen_).substr(body_at_);
  const auto chunks = is_chunked_ ? parse_chunks(raw) : ChunkedBody{.text = std::string(raw)};
  if (chunks.text.find(question_.contains) != std::string::npos)
    return conclude(ProbeClass::ok, status_words(status_));
  if (chunks.is_broken) return conclude(ProbeClass::bad_banner, "a body with broken chunks");
  if (!is_complete) return wait_for_more();
  return conclude(ProbeClass::bad_banner, status_words(status_) + ", but the body does not contain '" +
                                              printable(question_.contains, 64) + "'");
}

Step HttpGet::end() {
  if (seen_.empty()) return conclude(ProbeClass::reset, "it closed the connection without a word");
  if (body_at_ == 0) return conclude(ProbeClass::reset, "it closed the connection within the headers");
  return judge_body(true);
}

ChunkedBody parse_chunks(std::string_view raw) {
  ChunkedBody body;
  while (true) {
    const auto end = raw.find('\n');
    body.is_broken = end == std::string_view::npos && raw.size() > line_max;
    if (end == std::string_view::npos) return body;
    std::size_t size = 0;
    const auto [stop, error] = std::from_chars(raw.data(), raw.data() + end, size, 16);
    body.is_broken = error != std::errc{} || size > answer_max;
    if (body.is_broken) return body;
    body.is_whole = size == 0;
    if (body.is_whole) return body;
    raw.remove_prefix(end + 1);
    body.text += raw.substr(0, size);
    if (raw.size() <= size) return body;
    raw.remove_prefix(size);
    const auto line_end = raw.find('\n');
    body.is_broken = line_end > 1 && (line_end != std::string_view::npos || raw.size() > 1);
    if (line_end > 1) return body;
    raw.remove_prefix(line_end + 1);
  }
}

}  // namespace systemcheck
