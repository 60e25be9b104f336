// SPDX-License-Identifier: MIT
// What a receiver knows of one lane: which frames came, which came twice, which came late. Together
// with the sender's count of what it sent, this reconciles the two ends of a link.
#pragma once

#include <bitset>
#include <cstdint>

namespace peernet {

/// Follows the sequence numbers of one lane. Remembers the last `window` of them: an older one
/// cannot be told from a replay and is counted as a duplicate. Thread: the receiver's only.
class sequence_tracker {
public:
  static constexpr std::uint64_t window = 4096;

  enum class verdict : std::uint8_t { in_order, reordered, duplicate };

  /// Notes that `sequence` came.
  verdict note(std::uint64_t sequence) noexcept {
    if (unique_ == 0 || sequence > highest_) {
      const auto first = unique_ == 0 ? 0 : highest_ + 1;
      if (sequence - first >= window)
        seen_.reset();
      else
        for (auto skipped = first; skipped < sequence; ++skipped)
          seen_.reset(skipped % window);
      seen_.set(sequence % window);
      highest_ = sequence;
      ++unique_;
      return verdict::in_order;
    }
    if (highest_ - sequence >= window || seen_.test(sequence % window)) {
      ++duplicates_;
      return verdict::duplicate;
    }
    seen_.set(sequence % window);
    ++unique_;
    ++reordered_;
    return verdict::reordered;
  }

  [[nodiscard]] std::uint64_t unique() const noexcept { return unique_; }
  [[nodiscard]] std::uint64_t duplicates() const noexcept { return duplicates_; }
  [[nodiscard]] std::uint64_t reordered() const noexcept { return reordered_; }
  /// The largest number seen; 0 before the first.
  [[nodiscard]] std::uint64_t highest() const noexcept { return highest_; }

private:
  std::bitset<window> seen_;
  std::uint64_t highest_ = 0;
  std::uint64_t unique_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t reordered_ = 0;
};

} // namespace peernet
