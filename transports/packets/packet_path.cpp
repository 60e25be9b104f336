// SPDX-License-Identifier: MIT
#include "transports/packets/packet_path.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

namespace peernet {

namespace {

constexpr std::size_t slot_bytes = 1536; // a multiple of the cache's lines

} // namespace

packet_path::packet_path(emulation how, const std::string& link, std::uint16_t direction)
    : network_(std::move(how), link, direction),
      memory_(std::make_unique_for_overwrite<std::byte[]>((most_under_way + 1) * slot_bytes)) {
  static_assert(slot_bytes >= largest);
  // The last one in is the first one out: memory that was never needed is never touched.
  free_.reserve(most_under_way);
  for (auto i = static_cast<std::uint32_t>(most_under_way); i > 0; --i)
    free_.push_back(i);
  heap_.reserve(most_under_way);
}

bool packet_path::goes_later(const moving& a, const moving& b) noexcept {
  return std::tie(a.due, a.sequence, a.copy) > std::tie(b.due, b.sequence, b.copy);
}

std::span<std::byte> packet_path::slot(std::uint32_t number) const noexcept {
  return {memory_.get() + number * slot_bytes, slot_bytes};
}

void packet_path::insert(const moving& m) noexcept {
  heap_.push_back(m);
  std::ranges::push_heap(heap_, goes_later);
}

void packet_path::enter(std::size_t bytes, stamp now, bool probe) noexcept {
  const std::lock_guard lock(mutex_);
  ++counts_.entered;
  counts_.probes += probe;
  if (!pass(bytes, now))
    counts_.probes_lost += probe;
}

bool packet_path::pass(std::size_t bytes, stamp now) noexcept {
  const auto p = network_.enter(bytes, now);
  if (p.how != passage::kind::carried)
    return false;
  const auto wanted = p.duplicated ? 2u : 1u; // the packet's own place is that of the next one
  if (free_.size() < wanted) {
    ++counts_.crowded;
    return false;
  }
  moving m{.due = p.due,
           .sequence = p.sequence,
           .slot = reading_,
           .bytes = static_cast<std::uint16_t>(bytes)};
  counts_.planned.add(p.due - now);
  reading_ = free_.back();
  free_.pop_back();
  insert(m);
  const auto packet = slot(m.slot);
  if (p.duplicated) { // made of the whole packet, before anything befell it
    m.slot = free_.back();
    m.copy = true;
    free_.pop_back();
    std::memcpy(slot(m.slot).data(), packet.data(), bytes);
    insert(m);
  }
  if (p.corrupted && bytes > 0) {
    const auto bit = p.bit % (bytes * 8);
    packet[bit / 8] ^= std::byte{1} << (bit % 8);
  }
  return true;
}

std::optional<stamp> packet_path::next_due() const noexcept {
  return heap_.empty() ? std::nullopt : std::optional(heap_.front().due);
}

std::span<const std::byte> packet_path::next() const noexcept {
  return slot(heap_.front().slot).first(heap_.front().bytes);
}

void packet_path::pop(bool taken, stamp now) noexcept {
  std::ranges::pop_heap(heap_, goes_later);
  const auto m = heap_.back();
  heap_.pop_back();
  free_.push_back(m.slot);
  const std::lock_guard lock(mutex_);
  ++(taken ? counts_.delivered : counts_.refused);
  counts_.late.add(now - m.due);
}

path_counts packet_path::counts() const {
  const std::lock_guard lock(mutex_);
  auto all = counts_;
  all.fates = network_.counts();
  return all;
}

} // namespace peernet
