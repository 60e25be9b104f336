// SPDX-License-Identifier: MIT
// The codecs of one link as one: encode in their order, decode in reverse. A frame states the
// format of what comes out in the end; in between, what a codec packed is bytes to the others.
#pragma once

#include "runtime/config/scenario.hpp"
#include "runtime/plugin/codec.hpp"

#include <memory>
#include <string>
#include <vector>

namespace peernet {

/// A member of a chain.
struct chained_codec {
  std::unique_ptr<codec> what;
  bool plain = false; ///< catalogue_entry::plain
};

/// Encodes by each codec in turn, and decodes by each in reverse. Thread and errors: as `codec`;
/// the first error ends it.
class codec_chain final : public codec {
public:
  explicit codec_chain(std::vector<chained_codec> codecs) : codecs_(std::move(codecs)) {}

  result<payload> encode(const payload& plain) override;
  result<payload> decode(const payload& encoded) override;

private:
  const std::vector<chained_codec> codecs_;
};

/// The names of a link's codecs, "resize+jpeg"; "raw" if there are none.
[[nodiscard]] std::string names_of(const std::vector<codec_config>& codecs);

} // namespace peernet
