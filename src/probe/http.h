#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probe/step.h"

namespace systemcheck {

struct HttpQuestion {
  std::string host{};  ///< for the Host header
  std::string path = "/";
  std::vector<std::uint32_t> status{};  ///< empty: 200 to 399
  std::string contains{};
};

/// One GET of RFC 9112. Reads no further than the headers, unless the body matters.
class HttpGet {
 public:
  explicit HttpGet(HttpQuestion question) : question_(std::move(question)) {}

  [[nodiscard]] Step begin() const;
  Step feed(std::string_view bytes);
  Step end();

 private:
  Step judge_head();
  Step judge_body(bool is_complete);
  [[nodiscard]] bool has_whole_body() const;

  HttpQuestion question_;
  std::string seen_{};  ///< at most answer_max
  std::size_t body_at_ = 0;
  std::uint32_t status_ = 0;
  std::optional<std::size_t> length_{};
  bool is_chunked_ = false;
};

/// A body in chunks (RFC 9112, 7.1), as far as it has come; is_whole when its last one has.
struct ChunkedBody {
  std::string text{};
  bool is_whole = false;
  bool is_broken = false;
};
ChunkedBody parse_chunks(std::string_view raw);

}  // namespace systemcheck
