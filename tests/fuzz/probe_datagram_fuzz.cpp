// SPDX-License-Identifier: MIT
// Clock probes: nothing that was not made with the secret is believed.
#include "tests/fuzz/fuzz_target.hpp"
#include "transports/probes/probe_datagram.hpp"

#include <cstring>
#include <string>

PEERNET_FUZZ_TARGET(probe_datagram) {
  using namespace peernet;
  static const probe_wire wire(std::string(run_secret_bytes, 's'));
  (void)wire.open(bytes);
  // The same with a right seal: what is in it is anybody's who knows the secret.
  if (bytes.size() < sizeof(probe_datagram))
    return;
  struct probe_datagram d;
  std::memcpy(&d, bytes.data(), sizeof d);
  wire.seal(d);
  const auto opened = wire.open(std::as_bytes(std::span(&d, 1)));
  must_hold(!opened || opened->sequence == d.sequence);
}
