// SPDX-License-Identifier: MIT
// What a CRC32C costs: alone in each way this processor has, and as part of a copy beside a bare
// copy. 16 bodies in turn, so that large ones do not stay in the nearest cache.
#include "runtime/core/clock.hpp"
#include "tests/bench/bench_run.hpp"
#include "transports/crc32c.hpp"

#include <fmt/format.h>

#include <cstring>
#include <vector>

namespace {

using namespace peernet;

volatile std::uint32_t kept; ///< or the compiler would leave it all out

/// Nanoseconds of one call: the median of 9 repeats.
template <class Call>
double nanoseconds(std::size_t size, Call call) {
  constexpr std::size_t bodies = 16, bytes_a_repeat = 100'000'000;
  static std::vector<std::byte> from, to;
  from.assign(size * bodies, std::byte{0x5a});
  to.assign(size * bodies, std::byte{});
  const auto n = bytes_a_repeat / size;
  std::vector<double> repeats;
  for (int i = 0; i < 9; ++i) {
    const auto begin = clock::machine_now();
    for (std::size_t k = 0; k < n; ++k) {
      const auto at = k % bodies * size;
      kept = call(to.data() + at, std::span<const std::byte>(from.data() + at, size));
    }
    repeats.push_back(to_seconds(clock::machine_now() - begin) * 1e9 / static_cast<double>(n));
  }
  return bench::median(std::move(repeats));
}

} // namespace

int main() {
  for (const std::size_t size : {100u, 1'400u, 100'000u, 1'000'000u}) {
    for (const auto& way : crc32c_ways()) {
      const auto ns = nanoseconds(size, [&](std::byte*, auto body) { return way.add(0, body); });
      fmt::print("{:8} B  {:15} {:10.1f} ns  {:5.1f} GB/s\n", size, way.name, ns,
                 static_cast<double>(size) / ns);
    }
    const auto copy = nanoseconds(size, [](std::byte* to, auto body) {
      std::memcpy(to, body.data(), body.size());
      return 0u;
    });
    const auto both =
        nanoseconds(size, [](std::byte* to, auto body) { return crc32c_copy(0, to, body); });
    fmt::print("{:8} B  {:15} {:10.1f} ns, with the checksum {:10.1f} ns: {:.2f} x\n", size, "copy",
               copy, both, both / copy);
  }
}
