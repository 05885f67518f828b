#include "publish/http_users.h"

namespace systemcheck {
namespace {

/// More are made room for by forgetting all: it only costs to compute them again.
constexpr std::size_t known_max = 256;
/// More places than this at once share one account.
constexpr std::size_t places_max = 1024;

}  // namespace

const std::string& HttpUsers::hash_for(const Hashes& users, const std::string& name) {
  const auto found = users.find(name);
  if (found != users.end()) return found->second;
  // As expensive as somebody's: how long it takes does not say whose name is known. Computed with his salt,
  // and wrong all the same: a name that is nobody's is never let in, whatever comes of it.
  static const std::string usual = "$2y$10$abcdefghijklmnopqrstuuXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX";
  return users.empty() ? usual : users.begin()->second;
}

/// The hash is in it: a password that was changed is no longer known.
std::string HttpUsers::digest(const Hashes& users, const Credentials& said) const {
  return keyed_digest(key_, {said.user, hash_for(users, said.user), said.password});
}

HttpUsers::Attempts& HttpUsers::attempts_of(const std::string& from, Instant now) {
  std::erase_if(attempts_, [now](const auto& it) { return now - it.second.since >= wrong_passwords_time; });
  const bool is_crowded = attempts_.size() >= places_max && !attempts_.contains(from);
  auto& attempts = attempts_[is_crowded ? std::string("everywhere else") : from];
  if (attempts.count == 0) attempts.since = now;
  return attempts;
}

HttpLogin HttpUsers::look_up(const Hashes& users, const Credentials& said, const std::string& from,
                             Instant now) {
  const auto known = known_.find(digest(users, said));
  if (known != known_.end()) return known->second ? HttpLogin::good : HttpLogin::wrong;
  auto& attempts = attempts_of(from, now);
  if (attempts.count >= wrong_passwords_max) return HttpLogin::too_often;
  ++attempts.count;
  return HttpLogin::unknown;
}

void HttpUsers::learn(const Hashes& users, const Credentials& said, const std::string& from, bool is_good) {
  if (known_.size() >= known_max) forget();
  const auto key = digest(users, said);
  if (key.empty()) return;
  known_[key] = is_good && users.contains(said.user);
  const auto attempts = attempts_.find(from);
  if (known_[key] && attempts != attempts_.end() && attempts->second.count > 0) --attempts->second.count;
}

}  // namespace systemcheck
