// SPDX-License-Identifier: MIT
#include "transports/udp/udp_reassembly.hpp"

#include <algorithm>
#include <cstring>

namespace peernet {

namespace {

void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) noexcept {
  counter.fetch_add(by, std::memory_order_relaxed);
}

constexpr std::size_t header_size = sizeof(wire_header);

/// The header of the frame that this part is of.
wire_header whole_header(wire_header h) noexcept {
  h.fragment = 0;
  h.fragments = 1;
  return h;
}

/// Bytes of every part but the last, if a part of this number and size can be of such a frame: all
/// are of one size, only the last may be shorter, and together they are the body.
std::optional<std::size_t> part_size(const wire_header& h, std::size_t size) noexcept {
  const std::size_t before = h.fragments - 1u;
  if (before == 0 || size == 0 || size > h.length)
    return std::nullopt;
  std::size_t part = size;
  if (h.fragment == before) {
    part = (h.length - size) / before;
    if (part < size || part * before != h.length - size)
      return std::nullopt;
  }
  const auto first_of_last = part * before;
  if (first_of_last >= h.length || h.length - first_of_last > part)
    return std::nullopt;
  return part;
}

} // namespace

udp_reassembly::udp_reassembly(const limits& l) : limits_(l), frames_(most_frames) {}

result<std::optional<whole_frame>> udp_reassembly::put(const wire_header& h,
                                                       std::span<const std::byte> part, stamp now) {
  const auto incomplete = std::optional<whole_frame>{};
  if (now >= next_deadline_)
    expire(now);
  const auto size = part_size(h, part.size());
  if (!size || h.length > limits_.max_body)
    return error{errc::corrupt, "a part that can be of no frame"};
  const auto whole = whole_header(h);
  auto* p = find(identity_of(h));
  if (!p)
    p = begin(whole, h, *size, now);
  if (!p)
    return incomplete;
  if (p->part != *size || p->parts != h.fragments ||
      std::memcmp(&p->header, &whole, header_size) != 0)
    return error{errc::corrupt, "a part that contradicts others of its frame"};
  auto& word = p->seen[h.fragment / 64];
  const auto bit = std::uint64_t{1} << (h.fragment % 64);
  if (word & bit) {
    count(counters_.repeated);
    return incomplete;
  }
  word |= bit;
  std::memcpy(p->bytes.data() + header_size + h.fragment * p->part, part.data(), part.size());
  if (++p->come < p->parts)
    return incomplete;
  whole_frame frame{.header = p->bytes.bytes().first(header_size),
                    .body = p->bytes.bytes().subspan(header_size),
                    .owner = {}};
  held_ -= p->bytes.capacity();
  frame.owner = p->bytes.release();
  close(*p, true);
  return std::optional{std::move(frame)};
}

udp_reassembly::pending* udp_reassembly::find(const identity& which) noexcept {
  const auto is_it = [&](const pending& p) { return p.open && identity_of(p.header) == which; };
  if (last_ && is_it(*last_))
    return last_;
  const auto found = std::ranges::find_if(frames_, is_it);
  return found == frames_.end() ? nullptr : last_ = &*found;
}

const udp_reassembly::ended* udp_reassembly::find_ended(const identity& which) const noexcept {
  const auto found =
      std::ranges::find_if(ended_, [&](const ended& e) { return e.valid && e.which == which; });
  return found == ended_.end() ? nullptr : &*found;
}

/// Null if the frame was given up before: then it is late.
udp_reassembly::pending* udp_reassembly::begin(const wire_header& whole, const wire_header& h,
                                               std::size_t part, stamp now) {
  const auto* before = find_ended(identity_of(h));
  if (before && !before->whole) {
    count(counters_.late);
    return nullptr;
  }
  auto bytes = buffer::acquire(header_size + h.length);
  while (open_ == most_frames || (open_ > 0 && held_ + bytes.capacity() > limits_.memory))
    give_up(oldest());
  auto& p = *std::ranges::find_if(frames_, [](const pending& f) { return !f.open; });
  p.open = true;
  p.again = before != nullptr;
  p.header = whole;
  p.part = part;
  p.parts = h.fragments;
  p.come = 0;
  p.deadline = now + limits_.patience;
  p.bytes = std::move(bytes);
  std::memcpy(p.bytes.data(), &whole, header_size);
  p.seen.assign((h.fragments + 63u) / 64u, 0);
  ++open_;
  held_ += p.bytes.capacity();
  next_deadline_ = std::min(next_deadline_, p.deadline);
  return last_ = &p;
}

/// Of the open frames the one to give way: repeated ones before others.
udp_reassembly::pending& udp_reassembly::oldest() noexcept {
  return *std::ranges::min_element(frames_, {}, [](const pending& p) {
    return std::pair{!p.open ? 2 : p.again ? 0 : 1, p.deadline};
  });
}

void udp_reassembly::expire(stamp now) {
  next_deadline_ = stamp::max();
  for (auto& p : frames_) {
    if (!p.open)
      continue;
    if (p.deadline <= now)
      give_up(p);
    else
      next_deadline_ = std::min(next_deadline_, p.deadline);
  }
}

void udp_reassembly::give_up(pending& p) noexcept {
  if (p.again) // nothing is missing that had not come before
    count(counters_.repeated, p.come);
  else
    count(counters_.incomplete);
  held_ -= p.bytes.capacity();
  p.bytes = {};
  close(p, p.again);
}

void udp_reassembly::close(pending& p, bool whole) noexcept {
  p.open = false;
  --open_;
  ended_[next_ended_++ % ended_.size()] = {identity_of(p.header), true, whole};
}

} // namespace peernet
