// SPDX-License-Identifier: MIT
#include "runtime/plugin/registry.hpp"
#include "tests/bench/frame_path.hpp"
#include "transports/shm/shm_channel.hpp"
#include "transports/tcp/tcp_channel.hpp"
#include "transports/udp/udp_channel.hpp"
#include "transports/wire.hpp"
#include "transports/zmq/zmq_channel.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>

namespace peernet::bench {
namespace {

using namespace std::chrono_literals;

/// One end each of two channels.
class channel_end : public frame_end {
public:
  channel_end(channel_kind& kind, const channel_settings& settings, std::size_t size, int told,
              int heard)
      : receiver_(value(kind.bind(settings))), body_(payload::copy_of(std::string(size, 'x'))) {
    const auto mine = receiver_->where();
    endpoint other = mine;
    other.address.assign(200, '\0');
    auto name = mine.address;
    name.resize(other.address.size());
    require(::write(told, &mine.port, 2) == 2 &&
            ::write(told, name.data(), name.size()) == static_cast<ssize_t>(name.size()) &&
            ::read(heard, &other.port, 2) == 2 &&
            ::read(heard, other.address.data(), name.size()) == static_cast<ssize_t>(name.size()));
    other.address = other.address.c_str();
    sender_ = value(kind.connect(settings, other));
    // Some answer only while somebody is in `receive`, so both stay there until both are connected.
    pollfd other_stands{heard, POLLIN, 0};
    for (bool stands = false; !stands || ::poll(&other_stands, 1, 0) == 0;) {
      if (!stands && sender_->connected())
        stands = ::write(told, "", 1) == 1;
      const auto frame = receiver_->receive({}, 1ms);
      early_ += frame.ok() && frame->has_value();
    }
  }

  channel_end(const channel_end&) = delete;
  channel_end& operator=(const channel_end&) = delete;
  ~channel_end() override { sender_->close(5s); } // the last frame has left then

  void send() override {
    wire_header h;
    h.sequence = number_++;
    h.length = static_cast<std::uint32_t>(body_.size());
    const auto bytes = wire_bytes(h);
    while (sender_->try_send({.header = bytes, .body = &body_}) != send_status::sent)
      (void)sender_->wait_writable(5ms);
  }
  void receive() override {
    if (early_ > 0) {
      --early_;
      return;
    }
    const auto frame = receiver_->receive({}, 5s);
    if (!frame.ok() || !frame->has_value())
      throw std::runtime_error("a frame of a channel was lost: " +
                               (frame.ok() ? "none came" : frame.error().message));
  }

private:
  static void require(bool ok) {
    if (!ok)
      throw std::runtime_error("the other process is gone");
  }
  template <class T>
  static T value(result<T> r) {
    if (!r.ok())
      throw std::runtime_error(r.error().message);
    return std::move(*r);
  }

  std::unique_ptr<receive_end> receiver_;
  std::unique_ptr<send_end> sender_;
  payload body_;
  std::uint64_t number_ = 0;
  std::size_t early_ = 0; ///< frames that came while it connected
};

class channel_pair : public frame_path {
public:
  channel_pair(std::string transport, std::size_t size, bool sealed)
      : transport_(std::move(transport)),
        size_(size),
        types_(std::vector<std::filesystem::path>{}) {
    register_zmq_channels(types_);
    register_udp_channel(types_);
    register_tcp_channel(types_);
    register_shm_channel(types_);
    auto folder = (std::filesystem::temp_directory_path() / "peernet-bench-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr || ::pipe(there_.data()) != 0 ||
        ::pipe(back_.data()) != 0)
      throw std::runtime_error("cannot make a folder and pipes");
    settings_.name = "bench";
    settings_.socket_folder = folder;
    settings_.max_frame = 4'000'000;
    if (sealed)
      settings_.key.assign(channel_key_bytes, 'k');
  }
  channel_pair(const channel_pair&) = delete;
  channel_pair& operator=(const channel_pair&) = delete;
  ~channel_pair() override {
    for (const int fd : {there_[0], there_[1], back_[0], back_[1]})
      ::close(fd);
    std::error_code ignored;
    std::filesystem::remove_all(settings_.socket_folder, ignored);
  }
  std::unique_ptr<frame_end> open(int side) override {
    auto settings = settings_;
    settings.name += std::to_string(side);
    auto& kind = **types_.find_channel(transport_);
    return side == 0 ? std::make_unique<channel_end>(kind, settings, size_, there_[1], back_[0])
                     : std::make_unique<channel_end>(kind, settings, size_, back_[1], there_[0]);
  }

private:
  std::string transport_;
  std::size_t size_;
  registry types_;
  channel_settings settings_;
  std::array<int, 2> there_{}, back_{};
};

} // namespace

std::unique_ptr<frame_path> channels(const std::string& transport, std::size_t size, bool sealed) {
  return std::make_unique<channel_pair>(transport, size, sealed);
}

} // namespace peernet::bench
