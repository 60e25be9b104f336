// SPDX-License-Identifier: MIT
// Every random choice of a run comes from the scenario's seed through this generator, and looks the
// same on every platform; the standard distributions promise no such thing.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace peernet {

/// SplitMix64 (Steele, Lea, Flood 2014): 2^64 period, passes BigCrush, one multiplication chain per
/// draw.
class random_source {
public:
  explicit constexpr random_source(std::uint64_t seed) noexcept : state_(seed) {}

  /// An independent stream for one purpose: same seed, name and copy, same draws, on any node.
  static constexpr random_source named(std::uint64_t seed, std::string_view name,
                                       std::uint64_t copy = 0) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325u ^ seed; // FNV-1a over the name
    for (const char c : name)
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    random_source r(hash + copy * 0x9e3779b97f4a7c15u);
    r.next();
    return r;
  }

  constexpr std::uint64_t next() noexcept {
    auto z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, 1).
  constexpr double uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }

  /// Uniform in [low, high], both included. `high` ≥ `low`. Bias below 2^-32 for ranges below 2^32.
  constexpr std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
    const auto range = high - low + 1;
    return range == 0 ? next() : low + next() % range;
  }

  /// Exponential with the given mean: the gaps of a Poisson process.
  double exponential(double mean) noexcept { return -mean * std::log1p(-uniform()); }

  /// Fills with random bytes, 8 at a time.
  void fill(std::span<std::byte> out) noexcept {
    std::size_t i = 0;
    for (; i + 8 <= out.size(); i += 8) {
      const auto word = next();
      std::memcpy(out.data() + i, &word, 8);
    }
    if (i < out.size()) {
      const auto word = next();
      std::memcpy(out.data() + i, &word, out.size() - i);
    }
  }

private:
  std::uint64_t state_;
};

} // namespace peernet
