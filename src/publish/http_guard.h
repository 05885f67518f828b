#pragma once

#include <microhttpd.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "os/board.h"
#include "os/clock.h"
#include "os/inbox.h"
#include "os/worker.h"
#include "publish/http_gate.h"
#include "publish/http_orders.h"
#include "publish/view.h"

namespace systemcheck {

/// What all addresses share.
struct HttpShared {
  Board<HttpWeb> web{};
  const Board<View>& views;
  std::shared_ptr<Inbox<HttpOrder>> orders{};  ///< null: nobody carries any out
  HttpActs acts;
  std::function<Instant()> now{};
  std::function<WallTime()> wall_now{};
};

/// One request, until it is answered.
struct HttpVisit {
  std::string method{};
  std::string path{};
  std::string body{};
  HttpAsker asker{};
  bool is_admitted = false;
  HttpPeer peer{};
  std::shared_ptr<const HttpWeb> web{};
  Credentials said{};
  std::shared_ptr<Awaited<bool>::Call> login{};
  std::shared_ptr<HttpOutcome::Call> outcome{};
  int code = 0;  ///< of the answer, where it is no page's
};

/// What stands between one address and its pages: whoever may not come in, and whoever wants to act, is
/// answered here. A connection that waits for somebody else is suspended meanwhile. Belongs to the thread of
/// its address.
class HttpGuard {
 public:
  /// MHD's own result, of a request that is answered or waits; without a value it goes on.
  using Done = std::optional<MHD_Result>;

  explicit HttpGuard(HttpShared& shared);

  /// The headers are there, and nothing was read of a body yet: what is answered now ends the connection.
  Done begin(MHD_Connection* connection, HttpVisit& visit);
  /// Of what is answered then, what no page is asked for.
  Done answer_early(MHD_Connection* connection, HttpVisit& visit);
  /// The request is complete. Called again when what it waited for has come.
  Done admit(MHD_Connection* connection, HttpVisit& visit);
  /// By the thread that is about to stop the others: nobody waits from now on.
  void close();
  /// Of every answer.
  void add_headers(MHD_Response* response) const;

 private:
  Done compute(MHD_Connection* connection, HttpVisit& visit, HttpGate::Entry entry);
  Done note_login(MHD_Connection* connection, HttpVisit& visit);
  Done act(MHD_Connection* connection, HttpVisit& visit);
  Done answer_order(MHD_Connection* connection, HttpVisit& visit);
  MHD_Result refuse(MHD_Connection* connection, HttpVisit& visit, const HttpProblem& problem) const;
  MHD_Result answer(MHD_Connection* connection, HttpVisit& visit, int code, const std::string& json) const;
  MHD_Result queue(MHD_Connection* connection, HttpVisit& visit, int code, MHD_Response* response) const;

  HttpShared& shared_;
  HttpGate gate_{};
  Awaited<bool> logins_;
  HttpOutcome outcomes_;
  std::optional<Worker> worker_{};  ///< once there is a hash to compute
};

}  // namespace systemcheck
