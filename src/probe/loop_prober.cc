#include "probe/loop_prober.h"

#include <array>
#include <memory>

#include "config/probes.h"
#include "os/child.h"
#include "os/file_look.h"
#include "os/socket.h"
#include "probe/dialogue.h"
#include "probe/digest.h"
#include "probe/file.h"
#include "probe/question.h"
#include "probe/tls.h"

namespace systemcheck {
namespace {

bool is_udp(const Probe& probe) {
  return probe.kind == ProbeKind::dns && probe.transport == DnsTransport::udp;
}

SocketKind socket_kind(const Probe& probe) {
  if (probe.kind == ProbeKind::unix_socket) return SocketKind::local;
  return is_udp(probe) ? SocketKind::udp : SocketKind::tcp;
}

std::string address_of(const Probe& probe) {
  if (probe.kind != ProbeKind::http) return probe.target;
  const auto url = parse_http_url(probe.target);
  return url ? url->address : std::string{};
}

class Conversation final : public Question {
 public:
  Conversation(EventLoop& loop, const Probe& asked, OnVerdict on_verdict)
      : Question(loop, asked, std::move(on_verdict)), dialogue_(asked, draw_id()) {
    auto connection = begin_connection(socket_kind(asked), address_of(asked));
    socket_ = std::move(connection.socket);
    if (connection.outcome.kind == SocketOutcome::Kind::failed) {
      give_later(verdict_of_errno(connection.outcome.error_number, "connecting"));
      return;
    }
    wait_for(Ready::writable, [this] { note_connected(); });
  }

 private:
  /// So many readings in a row, then it is the turn of others.
  static constexpr int readings_max = 8;

  void let_go() override {
    ready_.cancel();
    again_.cancel();
    tls_.reset();
    socket_.reset();
  }
  [[nodiscard]] std::string what_is_missing() const override {
    return (is_connected_ ? "no answer within " : "no connection within ") + duration_text(probe().timeout);
  }

  void wait_for(Ready ready, Callback callback) {
    ready_.cancel();
    auto watch = loop().when_ready(socket_.number(), ready, Priority::normal, std::move(callback));
    if (!watch) return give_later({.result = ProbeClass::unknown, .detail = watch.error().message});
    ready_ = std::move(*watch);
  }
  void note_connected() {
    const auto outcome = take_connection_outcome(socket_.number());
    if (outcome.kind != SocketOutcome::Kind::done) {
      return give(verdict_of_errno(outcome.error_number, "connecting"));
    }
    is_connected_ = true;
    if (!probe().is_tls) return follow(dialogue_.begin());
    auto tls = TlsSession::make(socket_.number(), probe().host);
    if (!tls) return give({.result = ProbeClass::unknown, .detail = tls.error().message});
    tls_ = std::move(*tls);
    shake_hands();
  }
  void shake_hands() {
    const auto outcome = tls_->shake_hands();
    if (outcome.socket.kind == SocketOutcome::Kind::would_wait) {
      const auto ready = outcome.wants_to_write ? Ready::writable : Ready::readable;
      return wait_for(ready, [this] { shake_hands(); });
    }
    if (outcome.socket.kind != SocketOutcome::Kind::done) return give(failure_of(outcome));
    expires_at_ = tls_->expires_at();
    follow(dialogue_.begin());
  }
  static Verdict failure_of(const TlsSession::Outcome& outcome) {
    if (outcome.socket.kind == SocketOutcome::Kind::closed)
      return {.result = ProbeClass::reset, .detail = "it closed the connection: " + outcome.problem};
    if (outcome.socket.error_number != 0) return verdict_of_errno(outcome.socket.error_number, "talking");
    return {.result = ProbeClass::bad_banner, .detail = outcome.problem};
  }

  void follow(const Step& step) {
    to_send_ += step.send;
    if (step.verdict) return part(*step.verdict);
    listen();
  }
  /// The farewell is sent if it can be at once; the verdict stands anyway.
  void part(Verdict verdict) {
    if (!to_send_.empty()) (void)send_some();
    verdict.expires_at = expires_at_;
    give(std::move(verdict));
  }
  void listen() {
    if (to_send_.empty()) return wait_for(Ready::readable, [this] { hear(); });
    wait_for(Ready::writable, [this] { speak(); });
  }
  TlsSession::Outcome send_some() {
    return tls_ ? tls_->send(to_send_)
                : TlsSession::Outcome{.socket = send_bytes(socket_.number(), to_send_)};
  }
  void speak() {
    const auto outcome = send_some();
    if (outcome.socket.kind == SocketOutcome::Kind::failed) return give(failure_of(outcome));
    to_send_.erase(0, outcome.socket.count);
    listen();
  }
  void hear() {
    std::array<char, 4096> buffer{};
    // TLS holds bytes back that no readiness tells of, so it is read until it would wait.
    for (int i = 0; i < readings_max; ++i) {
      const auto outcome =
          tls_ ? tls_->take(buffer) : TlsSession::Outcome{.socket = take_bytes(socket_.number(), buffer)};
      if (outcome.socket.kind == SocketOutcome::Kind::would_wait) return listen();
      if (outcome.socket.kind == SocketOutcome::Kind::failed) return give(failure_of(outcome));
      if (outcome.socket.kind == SocketOutcome::Kind::closed) {
        if (is_udp(probe())) continue;  // An empty datagram ends nothing.
        return part_at_end();
      }
      const auto step = dialogue_.feed({buffer.data(), outcome.socket.count});
      to_send_ += step.send;
      if (step.verdict) return part(*step.verdict);
    }
    again_ = loop().at(loop().now(), [this] { hear(); });
  }
  void part_at_end() {
    const auto step = dialogue_.end();
    part(step.verdict ? *step.verdict
                      : Verdict{.result = ProbeClass::reset, .detail = "it closed the connection"});
  }

  Dialogue dialogue_;
  Descriptor socket_{};
  std::unique_ptr<TlsSession> tls_{};
  bool is_connected_ = false;
  std::optional<WallTime> expires_at_{};
  std::string to_send_{};
  Watch ready_{};
  Watch again_{};
};

class CommandRun final : public Question {
 public:
  CommandRun(EventLoop& loop, const Probe& asked, OnVerdict on_verdict)
      : Question(loop, asked, std::move(on_verdict)) {
    // Our own deadline comes first; the child is killed with this question.
    const Command command{.argv = asked.command, .deadline = 2 * asked.timeout};
    auto child = Child::start(loop, command, [this](const CommandEnd& end) { give(verdict_of(end)); });
    if (child) child_ = std::move(*child);
    if (!child) give_later({.result = ProbeClass::unknown, .detail = child.error().message});
  }

 private:
  static Verdict verdict_of(const CommandEnd& end) {
    if (end.kind == CommandEnd::Kind::could_not_start)
      return {.result = ProbeClass::unknown, .detail = end.problem};
    if (end.kind == CommandEnd::Kind::ended_by_us)
      return {.result = ProbeClass::timeout, .detail = "ended by us"};
    const auto output = end.output.empty() ? std::string{} : ": " + printable(end.output, 128);
    if (end.exit_code == 0) return {.result = ProbeClass::ok, .detail = "exit code 0" + output};
    const auto words = end.exit_code < 0 ? "ended by signal " + std::to_string(-end.exit_code)
                                         : "exit code " + std::to_string(end.exit_code);
    return {.result = ProbeClass::bad_banner, .detail = words + output};
  }
  void let_go() override { child_.reset(); }

  std::unique_ptr<Child> child_{};
};

class FileLook final : public Question {
 public:
  FileLook(EventLoop& loop, const Probe& asked, OnVerdict on_verdict)
      : Question(loop, asked, std::move(on_verdict)) {
    auto job = loop.aside([this, probe = asked, wall_now = loop.wall_now()]() -> Callback {
      auto verdict = look(probe, wall_now);
      return [this, verdict = std::move(verdict)] { give(verdict); };
    });
    if (job) job_ = std::move(*job);
    if (!job) give_later({.result = ProbeClass::unknown, .detail = job.error().message});
  }

 private:
  /// On the worker thread: touches nothing of the question.
  static Verdict look(const Probe& probe, WallTime wall_now) {
    if (probe.sha256.empty()) return judge_file(probe, look_at_file(probe.target), std::string{}, wall_now);
    Sha256 digest;
    const auto read = read_file_pieces(probe.target, [&](std::string_view piece) { digest.add(piece); });
    if (!read) return judge_file(probe, look_at_file(probe.target), read.error(), wall_now);
    return judge_file(probe, look_at_file(probe.target), digest.hex(), wall_now);
  }
  void let_go() override { job_.cancel(); }

  Watch job_{};
};

}  // namespace

Watch LoopProber::ask(const Probe& probe, OnVerdict on_verdict) {
  if (probe.kind == ProbeKind::command)
    return Watch(std::make_unique<CommandRun>(loop_, probe, std::move(on_verdict)));
  if (probe.kind == ProbeKind::file)
    return Watch(std::make_unique<FileLook>(loop_, probe, std::move(on_verdict)));
  return Watch(std::make_unique<Conversation>(loop_, probe, std::move(on_verdict)));
}

}  // namespace systemcheck
