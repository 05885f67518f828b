#include "os/output_tail.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

namespace systemcheck {
namespace {

constexpr std::size_t piece_bytes = std::size_t{16} << 10;
// A pipe holds 64 KiB, or 1 MiB if somebody asked for more, pipe(7).
constexpr int pieces_max = 64;

}  // namespace

Result<std::unique_ptr<OutputTail>> OutputTail::follow(EventLoop& loop, Descriptor pipe) {
  std::unique_ptr<OutputTail> tail(new OutputTail(std::move(pipe)));
  auto watch = loop.when_ready(tail->pipe_.number(), Ready::readable, Priority::idle,
                               [raw = tail.get()] { raw->read_once(); });
  if (!watch) return watch.error();
  tail->readable_ = *std::move(watch);
  return tail;
}

void OutputTail::catch_up() {
  for (int i = 0; i < pieces_max && read_once();)
    ++i;
}

/// False when there is nothing more for now.
bool OutputTail::read_once() {
  if (has_ended()) return false;
  std::array<char, piece_bytes> piece{};
  const auto size = ::read(pipe_.number(), piece.data(), piece.size());
  if (size > 0) keep({piece.data(), static_cast<std::size_t>(size)});
  if (size > 0 || (size < 0 && errno == EINTR)) return true;
  if (size < 0 && errno == EAGAIN) return false;
  readable_.cancel();
  pipe_.reset();
  return false;
}

void OutputTail::keep(std::string_view piece) {
  text_.append(piece);
  if (text_.size() > limit_bytes) text_.erase(0, text_.size() - limit_bytes);
}

}  // namespace systemcheck
