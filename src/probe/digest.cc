#include "probe/digest.h"

#include <gnutls/crypto.h>

#include <array>

#include "base/hex.h"

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
  if (state_->hash == nullptr) return {};  // Out of memory: fits no checksum.
  std::array<char, 32> bytes{};
  gnutls_hash_output(state_->hash, bytes.data());
  return systemcheck::hex({bytes.data(), bytes.size()});
}

}  // namespace systemcheck
