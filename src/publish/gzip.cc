#include "publish/gzip.h"

#include <zlib.h>

#include <limits>

namespace systemcheck {
namespace {

// Metrics repeat themselves: a higher level costs several times as much and saves little.
constexpr int level = 3;
constexpr int gzip_window_bits = 15 + 16;  // deflateInit2(): 16 more asks for a gzip header
constexpr int memory_level = 8;

}  // namespace

Result<std::string> gzip(std::string_view text) {
  if (text.size() > std::numeric_limits<uInt>::max() / 2)
    return Error{Error::Kind::refused, "gzip: the text is too long"};
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, gzip_window_bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK)
    return Error{Error::Kind::failed, "gzip: no memory"};
  std::string packed(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  // zlib 1.2 takes a pointer to non-const and writes nothing there.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const bool is_done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (!is_done) return Error{Error::Kind::failed, "gzip: zlib did not finish"};
  return packed;
}

}  // namespace systemcheck
