// SPDX-License-Identifier: MIT
// What a stranger says first on a connection of `tcp`, and what it takes for a proof.
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/row.hpp"
#include "transports/tcp/tcp_greeting.hpp"

#include <algorithm>
#include <cstring>

PEERNET_FUZZ_TARGET(tcp_greeting) {
  using namespace peernet;
  row input(bytes);
  const auto said = input.bytes(tcp_greeting_bytes);
  if (said.size() < tcp_greeting_bytes)
    return;
  for (const auto word : {tcp_word::hello, tcp_word::answer})
    for (const bool sealed : {false, true}) {
      const auto challenge = read_greeting(said.first<tcp_greeting_bytes>(), word, sealed);
      if (!challenge)
        continue;
      must_hold(std::ranges::equal(make_greeting(word, sealed, *challenge), said));
      const tcp_agreement agreed(std::string(32, 'k'), tcp_challenge{}, *challenge);
      must_hold(agreed.proves(agreed.proof(word), word));
      tcp_proof proof{};
      const auto theirs = input.bytes(proof.size());
      std::memcpy(proof.data(), theirs.data(), theirs.size());
      must_hold(!agreed.proves(proof, word));
    }
}
