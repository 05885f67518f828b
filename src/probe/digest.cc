#include "probe/digest.h"

#include <gnutls/crypto.h>

#include <array>

namespace systemcheck {

struct Sha256::State {
  gnutls_hash_hd_t hash = nullptr;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (gnutls_hash_init(&state_->hash, GNUTLS_DIG_SHA256) < 0) state_->hash = nullptr;
}

Sha256::~Sha256() {
  if (state_->hash != nullptr) gnutls_hash_deinit(state_->hash, nullptr);
}

void Sha256::add(std::string_view piece) {
  if (state_->hash != nullptr) (void)gnutls_hash(state_->hash, piece.data(), piece.size());
}

std::string Sha256::hex() {
  constexpr std::string_view digits = "0123456789abcdef";
  if (state_->hash == nullptr) return {};  // Out of memory: fits no checksum.
  std::array<unsigned char, 32> bytes{};
  gnutls_hash_output(state_->hash, bytes.data());
  std::string text;
  for (const unsigned value : bytes) {
    text += digits[value / 16];
    text += digits[value % 16];
  }
  return text;
}

}  // namespace systemcheck
