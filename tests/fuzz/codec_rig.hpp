// SPDX-License-Identifier: MIT
// Codecs out of their plugins, for targets that decode: the libraries behind them are the system's,
// without sanitizers of their own, but what they do with memory of ours is seen.
#pragma once

#include "runtime/plugin/registry.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace peernet {

inline std::unique_ptr<codec> fuzzed_codec(const std::string& module, const std::string& type,
                                           const options& settings) {
  static registry types;
  must_hold(types.ensure_module(module).ok());
  auto made = types.make_codec(type, settings, {.stage = "fuzz"});
  must_hold(made.ok());
  return *std::move(made);
}

template <class T>
options one_option(std::string name, T value) {
  options o;
  o.set(std::move(name), value);
  return o;
}

/// Whatever these bytes are, they are a payload of the stated format or corrupt.
inline void must_survive(codec& sut, const format& f, std::span<const std::byte> bytes) {
  const auto decoded = sut.decode(payload::copy_of(f, bytes));
  if (decoded)
    must_hold(decoded->what() == f &&
              (f.kind != content::image || decoded->size() == image_bytes(f)));
  else
    must_hold(decoded.error().code == errc::corrupt);
}

} // namespace peernet
