// SPDX-License-Identifier: MIT
// What a fuzz target is: a function that takes any bytes. libFuzzer calls it in a program of its
// own (PEERNET_LIBFUZZER), and corpus_test.cpp with what the corpora hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

namespace peernet {

inline std::string_view text_of(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Ends the program, so that the input is kept: what was read does not hold together.
inline void must_hold(bool holds) noexcept {
  if (!holds)
    std::abort();
}

/// All parsers of this program.
struct fuzz_target {
  const char* name;
  void (*run)(std::span<const std::byte>);

  static std::vector<fuzz_target>& all() {
    static std::vector<fuzz_target> list;
    return list;
  }
};

} // namespace peernet

/// PEERNET_FUZZ_TARGET(x) { … bytes … } in x_fuzz.cpp.
#define PEERNET_FUZZ_TARGET(target)                                                                \
  static void fuzz_##target(std::span<const std::byte> bytes);                                     \
  PEERNET_FUZZ_ENTRY(target)                                                                       \
  static void fuzz_##target([[maybe_unused]] std::span<const std::byte> bytes)

#ifdef PEERNET_LIBFUZZER
#define PEERNET_FUZZ_ENTRY(target)                                                                 \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {              \
    fuzz_##target(std::as_bytes(std::span(data, size)));                                           \
    return 0;                                                                                      \
  }
#else
#define PEERNET_FUZZ_ENTRY(target)                                                                 \
  [[maybe_unused]] static const auto entered_##target =                                            \
      (peernet::fuzz_target::all().push_back({#target, fuzz_##target}), 0);
#endif
