// SPDX-License-Identifier: MIT
#include "actors/remote/pairing.hpp"

#include "actors/remote/invitation.hpp"
#include "actors/remote/messages.hpp"
#include "runtime/core/address.hpp"
#include "runtime/core/clock.hpp"

namespace peernet {

namespace {

result<pairing> hear_pairing(framed_stream& stream, stamp deadline) {
  auto frame = stream.receive(deadline);
  if (!frame)
    return std::move(frame).error();
  auto m = frame->type == frame_type::message
               ? decode(frame->body)
               : result<remote_message>{error{errc::corrupt, "it sent no message"}};
  if (!m)
    return std::move(m).error();
  if (const auto* no = std::get_if<refusal>(&*m))
    return error{errc::refused, no->why};
  if (auto* p = std::get_if<pairing>(&*m))
    return std::move(*p);
  return error{errc::corrupt, "it sent something else than was due"};
}

} // namespace

result<trusted_peer> pair_with(const std::string& host, std::uint16_t port,
                               const std::string& token, const identity& self,
                               const std::filesystem::path& folder, duration patience) {
  const auto where = bracketed(host) + ":" + std::to_string(port);
  const auto about = [&](error e) {
    return error{e.code, "cannot pair with " + where + ": " + e.message};
  };
  const auto deadline = clock::machine_now() + patience;
  const stream_security anybody{.self = &self, .welcome = [](const fingerprint&) { return true; }};
  auto connected = framed_stream::connect(host, port, anybody, deadline);
  if (!connected)
    return about(std::move(connected).error());
  auto& stream = *connected;
  const auto theirs = stream.stream().peer();
  if (!theirs)
    return about({errc::refused, "it shows no certificate"});
  const pairing claim{.claim = pairing_claim(token, "coordinator", self.print(), *theirs),
                      .name = self.name()};
  if (auto done = stream.send(frame_type::message, encode(claim), deadline); !done)
    return about(std::move(done).error());
  auto answer = hear_pairing(stream, deadline);
  if (!answer)
    return about(std::move(answer).error());
  if (!same_claim(answer->claim, pairing_claim(token, "node", self.print(), *theirs)))
    return about({errc::refused, "it does not know the token itself: somebody may be in between"});
  const trusted_peer peer{.role = peer_role::node, .print = *theirs, .name = answer->name};
  if (auto done = trust(folder).add(peer); !done)
    return std::move(done).error();
  return peer;
}

result<trusted_peer> answer_pairing(framed_stream& stream, const identity& self,
                                    const std::filesystem::path& folder, duration patience) {
  const auto deadline = clock::machine_now() + patience;
  const auto claim = hear_pairing(stream, deadline);
  if (claim)
    return answer_pairing(stream, *claim, self, folder, deadline - clock::machine_now());
  (void)stream.send(frame_type::message, encode(refusal{claim.error().message}), deadline);
  return claim.error();
}

result<trusted_peer> answer_pairing(framed_stream& stream, const pairing& claim,
                                    const identity& self, const std::filesystem::path& folder,
                                    duration patience) {
  const auto deadline = clock::machine_now() + patience;
  const auto refuse = [&](error e) {
    (void)stream.send(frame_type::message, encode(refusal{e.message}), deadline);
    return e;
  };
  const auto theirs = stream.stream().peer();
  if (!theirs)
    return refuse({errc::refused, "no certificate was shown"});
  auto answer = redeem_invitation(folder, claim.claim, *theirs, self.print());
  if (!answer)
    return refuse(std::move(answer).error());
  const trusted_peer peer{.role = peer_role::coordinator, .print = *theirs, .name = claim.name};
  if (auto done = trust(folder).add(peer); !done)
    return refuse(std::move(done).error());
  if (auto done = stream.send(frame_type::message, encode(pairing{*answer, self.name()}), deadline);
      !done)
    return std::move(done).error();
  return peer;
}

} // namespace peernet
