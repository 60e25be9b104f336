// SPDX-License-Identifier: MIT
#include "transports/udp/udp_datagram.hpp"

#include "runtime/config/catalogue.hpp"
#include "transports/crc32c.hpp"

#include <cstring>

namespace peernet {

namespace {

template <class T>
T option_or_default(const options& own, std::string_view name) {
  const auto* def = catalogue::builtin().find(plugin_kind::transport, "udp")->find(name);
  return own.get_or<T>(name, std::get<T>(*def->otherwise));
}

} // namespace

udp_options udp_options::of(const channel_settings& settings) {
  udp_options o;
  o.datagram = static_cast<std::size_t>(option_or_default<std::int64_t>(settings.own, "datagram"));
  o.reassembly = option_or_default<duration>(settings.own, "reassembly");
  if (const auto* pace = settings.own.find<double>("pace"))
    o.pace = *pace;
  const udp_cut cut{o.datagram, !settings.key.empty()};
  o.max_sample = std::min(settings.max_frame, cut.largest_body());
  return o;
}

std::size_t udp_buffer(const udp_cut& cut, std::size_t body, std::size_t frames) {
  return cut.whole(body) * frames;
}

bool is_greeting(std::span<const std::byte> content) noexcept {
  constexpr auto magic = udp_greeting{}.magic;
  return content.size() >= magic.size() &&
         std::memcmp(content.data(), magic.data(), magic.size()) == 0;
}

std::optional<udp_greeting> read_greeting(std::span<const std::byte> content, greeting_kind kind,
                                          std::uint64_t run) noexcept {
  udp_greeting g;
  if (!is_greeting(content) || content.size() < sizeof g)
    return std::nullopt;
  std::memcpy(&g, content.data(), sizeof g);
  if (g.version != wire_version || g.kind != kind || g.run != run)
    return std::nullopt;
  return g;
}

void put_checksum(std::span<std::byte> datagram) noexcept {
  const auto sum = crc32c(0, datagram.subspan(sizeof(std::uint32_t)));
  std::memcpy(datagram.data(), &sum, sizeof sum);
}

std::optional<std::span<std::byte>> checked_content(std::span<std::byte> datagram) noexcept {
  std::uint32_t sum;
  if (datagram.size() < sizeof sum)
    return std::nullopt;
  std::memcpy(&sum, datagram.data(), sizeof sum);
  const auto content = datagram.subspan(sizeof sum);
  if (crc32c(0, content) != sum)
    return std::nullopt;
  return content;
}

} // namespace peernet
