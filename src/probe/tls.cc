#include "probe/tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <cerrno>
#include <ctime>

namespace systemcheck {

struct TlsSession::State {
  gnutls_certificate_credentials_t credentials = nullptr;
  gnutls_session_t session = nullptr;
  int socket = -1;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (session != nullptr) gnutls_deinit(session);
    if (credentials != nullptr) gnutls_certificate_free_credentials(credentials);
  }
};

namespace {

Error tls_error(int code) { return {Error::Kind::failed, std::string("TLS: ") + gnutls_strerror(code)}; }

}  // namespace

TlsSession::TlsSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsSession::~TlsSession() = default;

Result<std::unique_ptr<TlsSession>> TlsSession::make(int socket, const std::string& server_name) {
  auto state = std::make_unique<State>();
  state->socket = socket;
  int code = gnutls_certificate_allocate_credentials(&state->credentials);
  // SIGPIPE would end the daemon.
  if (code >= 0) code = gnutls_init(&state->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
  if (code >= 0) code = gnutls_set_default_priority(state->session);
  if (code >= 0) code = gnutls_credentials_set(state->session, GNUTLS_CRD_CERTIFICATE, state->credentials);
  if (code >= 0 && !server_name.empty()) {
    code = gnutls_server_name_set(state->session, GNUTLS_NAME_DNS, server_name.data(), server_name.size());
  }
  if (code < 0) return tls_error(code);
  gnutls_transport_set_int(state->session, socket);
  gnutls_handshake_set_timeout(state->session, 0);  // The prober has its own deadline.
  return std::unique_ptr<TlsSession>(new TlsSession(std::move(state)));
}

TlsSession::Outcome TlsSession::outcome_of(long code) const {
  using Kind = SocketOutcome::Kind;
  Outcome outcome;
  if (code >= 0) {
    outcome.socket.count = static_cast<std::size_t>(code);
    return outcome;
  }
  const int error = static_cast<int>(code);
  if (error == GNUTLS_E_AGAIN || error == GNUTLS_E_INTERRUPTED || error == GNUTLS_E_WARNING_ALERT_RECEIVED) {
    outcome.socket.kind = Kind::would_wait;
    outcome.wants_to_write = gnutls_record_get_direction(state_->session) == 1;
    return outcome;
  }
  outcome.socket.kind = Kind::failed;
  if (error == GNUTLS_E_PULL_ERROR || error == GNUTLS_E_PUSH_ERROR) outcome.socket.error_number = ECONNRESET;
  // The other side went away without a word of TLS.
  if (error == GNUTLS_E_PREMATURE_TERMINATION) outcome.socket.kind = Kind::closed;
  outcome.problem = tls_error(error).message;
  return outcome;
}

TlsSession::Outcome TlsSession::shake_hands() { return outcome_of(gnutls_handshake(state_->session)); }

TlsSession::Outcome TlsSession::send(std::string_view bytes) {
  return outcome_of(gnutls_record_send(state_->session, bytes.data(), bytes.size()));
}

TlsSession::Outcome TlsSession::take(std::span<char> into) {
  auto outcome = outcome_of(gnutls_record_recv(state_->session, into.data(), into.size()));
  const bool is_end = outcome.socket.kind == SocketOutcome::Kind::done && outcome.socket.count == 0;
  if (is_end) outcome.socket.kind = SocketOutcome::Kind::closed;
  return outcome;
}

std::optional<WallTime> TlsSession::expires_at() const {
  unsigned count = 0;
  const auto* chain = gnutls_certificate_get_peers(state_->session, &count);
  if (chain == nullptr || count == 0) return std::nullopt;
  gnutls_x509_crt_t certificate = nullptr;
  if (gnutls_x509_crt_init(&certificate) < 0) return std::nullopt;
  std::optional<WallTime> expires;
  if (gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) >= 0) {
    const auto seconds = gnutls_x509_crt_get_expiration_time(certificate);
    if (seconds > 0) expires = WallTime{std::chrono::seconds{seconds}};
  }
  gnutls_x509_crt_deinit(certificate);
  return expires;
}

}  // namespace systemcheck
