// SPDX-License-Identifier: MIT
// A hosts file for a scenario that is right: what comes of both together.
#include "runtime/config/reader.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/runtime/config/base_text.hpp"

#include <string>
#include <sys/mman.h>
#include <unistd.h>

PEERNET_FUZZ_TARGET(hosts_file) {
  using namespace peernet;
  const int file = ::memfd_create("hosts", MFD_CLOEXEC);
  must_hold(file >= 0 && ::write(file, bytes.data(), bytes.size()) == ssize_t(bytes.size()));
  const reading_options with{.hosts = "/proc/self/fd/" + std::to_string(file),
                             .look_for_files = false};
  const auto r = read_scenario_text(base_text, "fuzz.toml", "/", {}, catalogue::builtin(), with);
  ::close(file);
  must_hold(!r.ok() || read_scenario_text(r.resolved, "fuzz.toml", "/", {}, catalogue::builtin(),
                                          {.hosts = "", .look_for_files = false})
                           .ok());
}
