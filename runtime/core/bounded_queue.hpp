// SPDX-License-Identifier: MIT
// The queue before every stage and on the sending side of every link: bounded, outside any mailbox,
// with a stated policy for the moment it is full.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace peernet {

/// What happens to a sample that meets a full queue.
enum class overflow : std::uint8_t {
  drop_oldest, ///< the one waiting longest gives way: fresh data counts (control, perception)
  drop_newest, ///< the new one is turned away: what was accepted is finished
  block,       ///< the producer waits: nothing is dropped, the wait becomes the producer's
};

/// A bounded first-in first-out queue of any number of producers and consumers.
/// Memory for `capacity` elements is taken at construction; push and pop never allocate. The lock
/// covers one move of `T`, never a call.
template <class T>
class bounded_queue {
public:
  /// What became of a push.
  struct pushed {
    bool accepted = false;    ///< the new element is in the queue
    bool closed = false;      ///< nobody waits for it any more: the queue was closed, or blocking
                              ///< ended while it was full; the element is in `dropped`
    std::optional<T> dropped; ///< the element that gave way: the oldest, or the new one itself
  };

  /// `capacity` ≥ 1 elements may wait; one being worked on does not count.
  bounded_queue(std::size_t capacity, overflow policy)
      : slots_(capacity ? capacity : 1), policy_(policy) {}

  bounded_queue(const bounded_queue&) = delete;
  bounded_queue& operator=(const bounded_queue&) = delete;

  /// Adds `element` by the queue's policy. Blocks only under `overflow::block`, until there is room
  /// or the queue is closed. Thread: any.
  pushed push(T element) {
    pushed outcome;
    {
      std::unique_lock lock(mutex_);
      if (policy_ == overflow::block)
        room_.wait(lock, [this] { return closed_ || !blocking_ || count_ < slots_.size(); });
      if (closed_) {
        outcome.closed = true;
        outcome.dropped.emplace(std::move(element));
        return outcome;
      }
      if (count_ == slots_.size()) {
        if (policy_ != overflow::drop_oldest) {
          outcome.closed = policy_ == overflow::block;
          outcome.dropped.emplace(std::move(element));
          return outcome;
        }
        outcome.dropped.emplace(take_front());
      }
      slots_[(front_ + count_) % slots_.size()] = std::move(element);
      ++count_;
      outcome.accepted = true;
    }
    arrived_.notify_one();
    return outcome;
  }

  /// Waits for an element; nothing once the queue is closed and empty. Thread: any.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return closed_ || count_ > 0; });
    return take(lock);
  }

  /// Takes an element if one waits. Thread: any.
  std::optional<T> try_pop() {
    std::unique_lock lock(mutex_);
    return take(lock);
  }

  /// No more elements come in; those waiting can still be taken. Wakes everybody. Thread: any.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    arrived_.notify_all();
    room_.notify_all();
  }

  /// From now on no push waits: what finds no room is turned away as by a closed queue, and so is
  /// who waits already. For the end of a run whose consumer is stuck. Thread: any.
  void stop_blocking() {
    {
      const std::lock_guard lock(mutex_);
      blocking_ = false;
    }
    room_.notify_all();
  }

  /// A snapshot: may be outdated when it returns. Thread: any.
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }

private:
  T take_front() {
    T element = std::move(slots_[front_]);
    slots_[front_] = T{}; // lets go of the payload now, not when the slot is used again
    front_ = (front_ + 1) % slots_.size();
    --count_;
    return element;
  }

  std::optional<T> take(std::unique_lock<std::mutex>& lock) {
    if (count_ == 0)
      return std::nullopt;
    std::optional<T> element{take_front()};
    lock.unlock();
    if (policy_ == overflow::block)
      room_.notify_one();
    return element;
  }

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable room_;
  std::vector<T> slots_;
  std::size_t front_ = 0;
  std::size_t count_ = 0;
  overflow policy_;
  bool closed_ = false;
  bool blocking_ = true; ///< block only: pushes may wait
};

} // namespace peernet
