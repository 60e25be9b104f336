// SPDX-License-Identifier: MIT
#include "transports/codecs/codec_chain.hpp"

#include <algorithm>

namespace peernet {

namespace {

/// What a codec packed, as the next one sees it.
constexpr format packed{.kind = content::bytes};

payload stated_as(const format& f, const payload& p) {
  return {f, p.bytes(), p.owner()};
}

} // namespace

result<payload> codec_chain::encode(const payload& plain) {
  auto now = plain;
  auto stated = plain.what();
  bool is_packed = false;
  for (const auto& c : codecs_) {
    auto next = c.what->encode(now);
    if (!next)
      return next;
    if (!is_packed)
      stated = next->what();
    is_packed = is_packed || !c.plain;
    now = is_packed ? stated_as(packed, *next) : std::move(*next);
  }
  return stated_as(stated, now);
}

result<payload> codec_chain::decode(const payload& encoded) {
  const auto first_packer =
      std::ranges::find_if(codecs_, [](const chained_codec& c) { return !c.plain; }) -
      codecs_.begin();
  auto now = encoded;
  for (auto i = std::ssize(codecs_) - 1; i >= 0; --i) {
    auto next = codecs_[static_cast<std::size_t>(i)].what->decode(
        stated_as(i > first_packer ? packed : encoded.what(), now));
    if (!next)
      return next;
    now = std::move(*next);
  }
  return now;
}

std::string names_of(const std::vector<codec_config>& codecs) {
  std::string names;
  for (const auto& c : codecs)
    names += (names.empty() ? "" : "+") + c.type;
  return names.empty() ? "raw" : names;
}

} // namespace peernet
