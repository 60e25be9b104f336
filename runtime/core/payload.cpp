// SPDX-License-Identifier: MIT
#include "runtime/core/payload.hpp"

#include <cstring>

namespace peernet {

payload payload::copy_of(format f, std::span<const std::byte> bytes) {
  auto b = buffer::acquire(bytes.size());
  if (!bytes.empty())
    std::memcpy(b.data(), bytes.data(), bytes.size());
  return {f, std::move(b)};
}

payload payload::copy_of(std::string_view text) {
  return copy_of(format{.kind = content::text}, std::as_bytes(std::span{text}));
}

} // namespace peernet
