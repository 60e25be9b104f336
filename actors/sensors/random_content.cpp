// SPDX-License-Identifier: MIT
// The sensors "bytes" and "text". Sensing must not cost more than a camera's driver would, so large
// payloads are copied out of one block of random content that is made once: beginning at a random
// place in it and wrapping around, at the speed of memcpy. Their first bytes are drawn afresh, so
// no two samples are alike. Compressors with a window as large as the block would see the wrap.
#include "actors/sensors/builtin.hpp"
#include "runtime/core/random.hpp"

#include <algorithm>
#include <cstring>

namespace peernet {

namespace {

/// Up to here drawing afresh takes a few microseconds at most, and no block is kept.
constexpr std::size_t fresh_bytes = 16u << 10;
/// Stays in a second-level cache. Payloads above are this block again and again.
constexpr std::size_t block_bytes = 1u << 20;

/// Random bytes become ' ' to '~', each of the 95 within 1/256 of equally often.
void make_printable(std::span<std::byte> bytes) noexcept {
  for (auto& b : bytes)
    b = static_cast<std::byte>(' ' + ((std::to_integer<unsigned>(b) * 95) >> 8));
}

class random_content final : public sensor {
public:
  random_content(content kind, int_range size, random_source random)
      : kind_(kind), size_(size), random_(random) {
    const auto largest = static_cast<std::size_t>(size.max);
    if (largest > fresh_bytes) {
      block_.resize(std::min(largest, block_bytes));
      draw(block_);
    }
  }

  result<std::optional<payload>> sample() override {
    const auto size = static_cast<std::size_t>(random_.between(
        static_cast<std::uint64_t>(size_.min), static_cast<std::uint64_t>(size_.max)));
    auto memory = buffer::acquire(size);
    fill(memory.bytes());
    return std::optional{payload(format{.kind = kind_}, std::move(memory))};
  }

private:
  void draw(std::span<std::byte> out) noexcept {
    random_.fill(out);
    if (kind_ == content::text)
      make_printable(out);
  }

  void fill(std::span<std::byte> out) noexcept {
    if (out.size() <= fresh_bytes)
      return draw(out);
    draw(out.first(sizeof(std::uint64_t)));
    out = out.subspan(sizeof(std::uint64_t));
    auto from = static_cast<std::size_t>(random_.between(0, block_.size() - 1));
    while (!out.empty()) {
      const auto n = std::min(out.size(), block_.size() - from);
      std::memcpy(out.data(), block_.data() + from, n);
      out = out.subspan(n);
      from = 0;
    }
  }

  const content kind_;
  const int_range size_;
  random_source random_;
  std::vector<std::byte> block_;
};

std::unique_ptr<sensor> make(content kind, const options& settings, const environment& where) {
  return std::make_unique<random_content>(
      kind, settings.get<int_range>("size"),
      random_source::named(where.seed, where.stage, where.copy));
}

} // namespace

result<std::unique_ptr<sensor>> make_bytes_sensor(const options& settings,
                                                  const environment& where) {
  return make(content::bytes, settings, where);
}

result<std::unique_ptr<sensor>> make_text_sensor(const options& settings,
                                                 const environment& where) {
  return make(content::text, settings, where);
}

} // namespace peernet
