#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <vector>

#include "support/prober_fixture.h"

// DNS over real sockets, with a name server of the test's own on loopback.

namespace systemcheck::test {
namespace {

constexpr char no_error = 0;
constexpr char server_failure = 2;
constexpr char no_such_name = 3;

/// The answer to a query: its own bytes, marked as a response with this code.
std::string answer_to(std::string query, char rcode) {
  query[2] = static_cast<char>(static_cast<unsigned char>(query[2]) | 0x80U);
  query[3] = static_cast<char>(static_cast<unsigned char>(query[3]) | static_cast<unsigned char>(rcode));
  return query;
}
std::string to_another_query(std::string answer) {
  answer[1] = static_cast<char>(static_cast<unsigned char>(answer[1]) ^ 1U);
  return answer;
}
std::string with_length(const std::string& message) {
  return std::string{static_cast<char>(message.size() / 256), static_cast<char>(message.size() % 256)} +
         message;
}

class DnsSockets : public LoopProberTest {
 protected:
  static Probe dns_probe(const std::string& address, DnsTransport transport) {
    auto probe = probe_of(ProbeKind::dns, address);
    probe.query = "www.example.org";
    probe.transport = transport;
    return probe;
  }

  /// What is asked over UDP, and what comes of these datagrams as the answer.
  Verdict over_udp(const std::function<std::vector<std::string>(const std::string& query)>& answers,
                   Duration timeout = patience) {
    Server server(SOCK_DGRAM);
    const auto watch = loop().when_ready(server.number(), Ready::readable, Priority::normal, [&] {
      std::array<char, 512> buffer{};
      sockaddr_in peer{};
      socklen_t size = sizeof(peer);
      auto* name = reinterpret_cast<sockaddr*>(&peer);
      const auto count = ::recvfrom(server.number(), buffer.data(), buffer.size(), 0, name, &size);
      if (count <= 0) return;
      for (const auto& answer : answers({buffer.data(), static_cast<std::size_t>(count)}))
        EXPECT_EQ(::sendto(server.number(), answer.data(), answer.size(), 0, name, size),
                  static_cast<ssize_t>(answer.size()));
    });
    auto probe = dns_probe(server.address(), DnsTransport::udp);
    probe.timeout = timeout;
    return verdict_on(probe);
  }

  /// The same over TCP; the pieces are sent one by one, then the connection is closed.
  Verdict over_tcp(const std::function<std::vector<std::string>(const std::string& query)>& pieces) {
    Server server;
    server.listen();
    Descriptor peer;
    Watch query;
    const auto connection = loop().when_ready(server.number(), Ready::readable, Priority::normal, [&] {
      peer = server.accept();
      auto asked = loop().when_ready(peer.number(), Ready::readable, Priority::normal, [&] {
        answer(peer.number(), pieces);
        query.cancel();
        peer.reset();
      });
      ASSERT_TRUE(asked);
      query = *std::move(asked);
    });
    return verdict_on(dns_probe(server.address(), DnsTransport::tcp));
  }

 private:
  static void answer(int peer, const std::function<std::vector<std::string>(const std::string&)>& pieces) {
    std::array<char, 512> buffer{};
    const auto count = ::recv(peer, buffer.data(), buffer.size(), 0);
    ASSERT_GT(count, 2);
    for (const auto& piece : pieces({buffer.data() + 2, static_cast<std::size_t>(count) - 2}))
      EXPECT_EQ(::send(peer, piece.data(), piece.size(), MSG_NOSIGNAL), static_cast<ssize_t>(piece.size()));
  }
};

TEST_F(DnsSockets, AnAnswerOverUdpIsRightWhetherOrNotThereIsSuchAName) {
  for (const char rcode : {no_error, no_such_name}) {
    const auto verdict = over_udp([rcode](const std::string& query) {
      EXPECT_NE(query.find("\3www\7example\3org"), std::string::npos);
      return std::vector{answer_to(query, rcode)};
    });
    EXPECT_EQ(verdict.result, ProbeClass::ok) << verdict.detail;
  }
}
TEST_F(DnsSockets, AServerThatFailsAnswersWrongly) {
  const auto fails = [](const std::string& query) { return std::vector{answer_to(query, server_failure)}; };
  const auto verdict = over_udp(fails);
  EXPECT_EQ(verdict.result, ProbeClass::bad_banner);
  EXPECT_EQ(verdict.detail, "SERVFAIL");
}
TEST_F(DnsSockets, WhatIsNoAnswerToThisQueryIsPassedOver) {
  const auto verdict = over_udp([](const std::string& query) {
    const auto right = answer_to(query, no_error);
    return std::vector<std::string>{to_another_query(right), "", "short", query, right};
  });
  EXPECT_EQ(verdict.result, ProbeClass::ok) << verdict.detail;
}
TEST_F(DnsSockets, NothingButStrangeAnswersIsSilence) {
  const auto strange = [](const std::string& query) {
    return std::vector{to_another_query(answer_to(query, no_error))};
  };
  EXPECT_EQ(over_udp(strange, std::chrono::milliseconds{50}).result, ProbeClass::timeout);
}
TEST_F(DnsSockets, APortWhereNobodyListensIsRefusedOverBoth) {
  // Bound for the other protocol, so that nobody else takes the port meanwhile.
  const Server for_tcp;
  EXPECT_EQ(verdict_on(dns_probe(for_tcp.address(), DnsTransport::udp)).result, ProbeClass::refused);
  const Server for_udp(SOCK_DGRAM);
  EXPECT_EQ(verdict_on(dns_probe(for_udp.address(), DnsTransport::tcp)).result, ProbeClass::refused);
}
TEST_F(DnsSockets, AnAnswerOverTcpMayComeInPieces) {
  const auto verdict = over_tcp([](const std::string& query) {
    const auto whole = with_length(answer_to(query, no_error));
    return std::vector{whole.substr(0, 1), whole.substr(1, 7), whole.substr(8)};
  });
  EXPECT_EQ(verdict.result, ProbeClass::ok) << verdict.detail;
}
TEST_F(DnsSockets, AnAnswerToAnotherQueryOverTcpIsWrong) {
  const auto verdict = over_tcp([](const std::string& query) {
    return std::vector{with_length(to_another_query(answer_to(query, no_error)))};
  });
  EXPECT_EQ(verdict.result, ProbeClass::bad_banner);
}
TEST_F(DnsSockets, AConnectionThatEndsWithinTheAnswerIsBrokenOff) {
  const auto verdict = over_tcp([](const std::string& query) {
    return std::vector{with_length(answer_to(query, no_error)).substr(0, 20)};
  });
  EXPECT_EQ(verdict.result, ProbeClass::reset);
  EXPECT_EQ(over_tcp([](const std::string&) { return std::vector<std::string>{}; }).result,
            ProbeClass::reset);
}

}  // namespace
}  // namespace systemcheck::test
