// SPDX-License-Identifier: MIT
// A frame of the transport `caf` as an actor message: the wire header and the payload's bytes,
// copied once into BASP's buffer on the way out and once into pooled memory on the way in, which is
// taken only for bytes that are there.
#pragma once

#include "runtime/core/payload.hpp"
#include "transports/wire.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/deserializer.hpp>
#include <caf/error.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/sec.hpp>
#include <caf/serializer.hpp>

#include <array>
#include <type_traits>

namespace peernet {

struct wire_frame {
  static constexpr std::size_t max_body = 256u << 20;

  std::array<std::byte, sizeof(wire_header)> header{};
  payload body;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, wire_frame& x) {
  if constexpr (std::is_base_of_v<caf::serializer, Inspector>) {
    auto size = x.body.size();
    if (auto e = f.apply_raw(x.header.size(), x.header.data()))
      return e;
    if (auto e = f.begin_sequence(size))
      return e;
    if (size > 0)
      if (auto e = f.apply_raw(size, const_cast<std::byte*>(x.body.data())))
        return e;
    return f.end_sequence();
  } else if constexpr (std::is_base_of_v<caf::deserializer, Inspector>) {
    std::size_t size = 0;
    if (auto e = f.apply_raw(x.header.size(), x.header.data()))
      return e;
    if (auto e = f.begin_sequence(size))
      return e;
    if (size > wire_frame::max_body)
      return caf::make_error(caf::sec::invalid_argument, "a frame above the limit");
    // What a node sends lies whole in memory before it is read.
    if (const auto* came = dynamic_cast<const caf::binary_deserializer*>(&f);
        came && size > came->remaining())
      return caf::make_error(caf::sec::end_of_stream, "a frame longer than its message");
    auto memory = buffer::acquire(size);
    if (size > 0)
      if (auto e = f.apply_raw(size, memory.data()))
        return e;
    x.body = payload(format{}, std::move(memory));
    return f.end_sequence();
  } else {
    auto size = x.body.size();
    return f(caf::meta::type_name("wire_frame"), size);
  }
}

} // namespace peernet
