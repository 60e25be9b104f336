// SPDX-License-Identifier: MIT
#include "transports/shm/shm_connection.hpp"

#include "transports/shm/shm_socket.hpp"

namespace peernet {

shm_connection::shm_connection(descriptor socket, connection_place& place, stamp since)
    : socket_(std::move(socket)), place_(place), since_(since) {
  place_.watch(socket_.get(), EPOLLIN | EPOLLRDHUP, this);
}

result<void> shm_connection::read(const clock& /*clock*/, std::uint32_t events) {
  if (!greeted_)
    return take_ring();
  sender_gone_ = sender_gone_ || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  turn_end_ = ring_.written();
  return {};
}

result<bool> shm_connection::advance(const clock& clock) {
  if (ring_.position() != turn_end_) {
    auto frame = ring_.read(clock);
    if (!frame)
      return std::move(frame).error();
    if (ring_.writer_waits())
      room_.ring();
    if (*frame) {
      frame_ = *std::move(frame);
      place_.tally.bytes.fetch_add(ring_record(frame_->body.size()), std::memory_order_relaxed);
      return true;
    }
  }
  if (sender_gone_)
    return error{errc::closed, "the sender is gone"};
  if (!ring_.sleeps())
    work_.ring(); // our next turn comes when the others had theirs
  return false;
}

result<void> shm_connection::take_ring() {
  auto files = take_over(socket_.get());
  if (!files)
    return files.error().code == errc::would_block ? result<void>{}
                                                   : result<void>{std::move(files).error()};
  if (!peer_is_ours(socket_.get()))
    return error{errc::refused, "a process of another user"};
  auto& memory = (*files)[0];
  auto& work = (*files)[1];
  auto& room = (*files)[2];
  if (!is_bell(work.get()) || !is_bell(room.get()))
    return error{errc::refused, "no bells came with the ring"};
  auto opened = shm_memory::open(std::move(memory));
  if (!opened)
    return error{errc::refused, std::move(opened).error().message};
  memory_ = *std::move(opened);
  ring_ = ring_reader(memory_, place_.max_body);
  work_ = doorbell(std::move(work));
  room_ = doorbell(std::move(room));
  greeted_ = true;
  // Every ring of the bell is an event, without anybody reading it off.
  place_.watch(work_.fd(), EPOLLIN | EPOLLET, this);
  place_.watch(socket_.get(), EPOLLRDHUP, this, EPOLL_CTL_MOD);
  if (!ring_.sleeps())
    work_.ring();
  return hand_over(socket_.get(), {}, {});
}

} // namespace peernet
