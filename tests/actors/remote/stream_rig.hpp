// SPDX-License-Identifier: MIT
// Two machines that know each other, for the tests of secure streams.
#pragma once

#include "tests/actors/remote/remote_rig.hpp"

#include <string>

namespace peernet {

struct two_machines {
  machine laptop{"laptop"}, robot{"robot"};
  two_machines() {
    laptop.knows(robot);
    robot.knows(laptop);
  }
};

inline bool says(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

/// Carries a server's handshake to its end.
inline stream_status serve(secure_stream& server) {
  auto status = server.handshake();
  for (; waits(status); status = server.handshake())
    BOOST_REQUIRE(wait_until_ready(server.fd(), events_of(status), soon()));
  return status;
}

} // namespace peernet
