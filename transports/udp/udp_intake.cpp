// SPDX-License-Identifier: MIT
#include "transports/udp/udp_intake.hpp"

#include <cstring>
#include <utility>

namespace peernet {

namespace {

constexpr std::size_t header_size = sizeof(wire_header);

/// A frame that fills less of its buffer than this share is moved to a smaller one, so that many
/// small samples in a queue do not keep many large buffers.
constexpr std::size_t fair_share = 4;

} // namespace

udp_intake::udp_intake(settings s)
    : settings_(std::move(s)),
      parts_({.max_body = settings_.max_body,
              .memory = bodies_in_parts * (settings_.max_body + header_size),
              .patience = settings_.reassembly}) {
  if (!settings_.key.empty())
    opener_.emplace(settings_.key);
}

result<udp_intake::taken> udp_intake::take(buffer& datagram, stamp now) {
  auto content = open(datagram.bytes());
  auto got = !content                ? result<taken>(std::move(content).error())
             : content->empty()      ? result<taken>(taken{})
             : is_greeting(*content) ? greet(datagram.bytes(), *content)
                                     : take_frame(datagram, *content, now);
  if (!got) {
    auto& counter = got.error().code == errc::refused ? foreign_ : corrupt_;
    counter.fetch_add(1, std::memory_order_relaxed);
  }
  return got;
}

/// The content of a genuine datagram; nothing in it if it came before.
result<std::span<std::byte>> udp_intake::open(std::span<std::byte> datagram) {
  if (!opener_) {
    if (const auto content = checked_content(datagram); content && !content->empty())
      return *content;
    return error{errc::corrupt, "a datagram with a wrong checksum"};
  }
  switch (opener_->open(datagram)) {
  case datagram_opener::verdict::genuine:
    if (const auto content = sealed_part(datagram); !content.empty())
      return content;
    return error{errc::corrupt, "a datagram with nothing in it"};
  case datagram_opener::verdict::replayed:
    replayed_.fetch_add(1, std::memory_order_relaxed);
    return std::span<std::byte>{};
  case datagram_opener::verdict::foreign:
    break;
  }
  return error{errc::refused, "a datagram that nobody sealed who has the key"};
}

result<udp_intake::taken> udp_intake::take_frame(buffer& datagram, std::span<std::byte> content,
                                                 stamp now) {
  auto h = read_part_header(content, settings_.max_body, settings_.run);
  if (!h)
    return std::move(h).error();
  const auto part = content.subspan(header_size);
  if (h->fragments > 1) {
    auto frame = parts_.put(*h, part, now);
    if (!frame)
      return std::move(frame).error();
    return taken{*std::move(frame), {}};
  }
  if (h->length != part.size())
    return error{errc::corrupt, "a frame whose length is not that of its body"};
  if (content.size() * fair_share < datagram.capacity()) {
    auto smaller = buffer::acquire(content.size());
    std::memcpy(smaller.data(), content.data(), content.size());
    content = smaller.bytes();
    return taken{
        whole_frame{content.first(header_size), content.subspan(header_size), smaller.release()},
        {}};
  }
  return taken{
      whole_frame{content.first(header_size), content.subspan(header_size), datagram.release()},
      {}};
}

result<udp_intake::taken> udp_intake::greet(std::span<const std::byte> datagram,
                                            std::span<const std::byte> content) {
  auto g = read_greeting(content, greeting_kind::question, settings_.run);
  if (!g)
    return error{errc::refused, "a greeting of another run, version or kind"};
  g->kind = greeting_kind::answer;
  g->size = static_cast<std::uint32_t>(datagram.size()); // what came, whatever it says
  const udp_cut around{.datagram = 0, .sealed = opener_.has_value()};
  const auto answer = std::span(answer_).first(around.front() + sizeof *g + around.back());
  std::memcpy(answer.data() + around.front(), &*g, sizeof *g);
  if (opener_)
    opener_->seal_answer(datagram, answer);
  else
    put_checksum(answer);
  return taken{std::nullopt, answer};
}

void udp_intake::count_into(std::vector<channel_count>& counts) const {
  const auto& parts = parts_.counted();
  counts.push_back({"corrupt", corrupt_.load(std::memory_order_relaxed)});
  counts.push_back({"foreign", foreign_.load(std::memory_order_relaxed)});
  counts.push_back({"replayed", replayed_.load(std::memory_order_relaxed)});
  counts.push_back({"incomplete", parts.incomplete.load(std::memory_order_relaxed)});
  counts.push_back({"late", parts.late.load(std::memory_order_relaxed)});
  counts.push_back({"repeated", parts.repeated.load(std::memory_order_relaxed)});
}

} // namespace peernet
