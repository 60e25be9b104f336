// SPDX-License-Identifier: MIT
#include "tests/bench/frame_path.hpp"

#include <zmq.h>

#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace peernet::bench {
namespace {

constexpr std::size_t header = 88, largest_copied = 8192;

void require(bool ok, const char* what) {
  if (!ok)
    throw std::runtime_error(std::string(what) + ": " + zmq_strerror(zmq_errno()));
}

/// A socket of a context of its own; both end with it.
class pair_socket : public frame_end {
public:
  explicit pair_socket(std::size_t size)
      : context_(zmq_ctx_new()), socket_(zmq_socket(context_, ZMQ_PAIR)), bytes_(size + header) {
    const int mark = 8, patience = 5000;
    zmq_setsockopt(socket_, ZMQ_SNDHWM, &mark, sizeof mark);
    zmq_setsockopt(socket_, ZMQ_RCVHWM, &mark, sizeof mark);
    zmq_setsockopt(socket_, ZMQ_RCVTIMEO, &patience, sizeof patience);
  }
  pair_socket(const pair_socket&) = delete;
  pair_socket& operator=(const pair_socket&) = delete;
  ~pair_socket() override {
    zmq_close(socket_);
    zmq_ctx_term(context_);
  }
  void* raw() const { return socket_; }

  void send() override {
    if (bytes_.size() <= largest_copied) {
      require(zmq_send(socket_, bytes_.data(), bytes_.size(), 0) >= 0, "send");
      return;
    }
    zmq_msg_t m;
    zmq_msg_init_data(
        &m, bytes_.data(), bytes_.size(), [](void*, void*) {}, nullptr);
    require(zmq_msg_send(&m, socket_, 0) >= 0, "send");
  }
  void receive() override {
    zmq_msg_t m;
    zmq_msg_init(&m);
    require(zmq_msg_recv(&m, socket_, 0) >= 0, "receive");
    zmq_msg_close(&m);
  }

private:
  void* context_;
  void* socket_;
  std::vector<char> bytes_;
};

std::string free_port() {
  const pair_socket probe(0);
  require(zmq_bind(probe.raw(), "tcp://127.0.0.1:*") == 0, "bind");
  std::string name(128, '\0');
  auto size = name.size();
  require(zmq_getsockopt(probe.raw(), ZMQ_LAST_ENDPOINT, name.data(), &size) == 0, "endpoint");
  return name.c_str();
}

class zmq_pair : public frame_path {
public:
  zmq_pair(std::size_t size, bool ipc)
      : size_(size),
        where_(ipc ? "ipc://@peernet-bench-" + std::to_string(::getpid()) : free_port()) {}
  std::unique_ptr<frame_end> open(int side) override {
    auto end = std::make_unique<pair_socket>(size_);
    if (side == 0)
      require(zmq_bind(end->raw(), where_.c_str()) == 0, "bind");
    else
      require(zmq_connect(end->raw(), where_.c_str()) == 0, "connect");
    return end;
  }

private:
  std::size_t size_;
  std::string where_;
};

} // namespace

std::unique_ptr<frame_path> bare_zmq(std::size_t size, bool ipc) {
  return std::make_unique<zmq_pair>(size, ipc);
}

std::unique_ptr<frame_path> bare_path(const std::string& transport, std::size_t size) {
  if (transport == "udp")
    return bare_udp(size);
  if (transport == "shm")
    return bare_memory(size);
  if (transport.starts_with("zmq"))
    return bare_zmq(size, transport == "zmq-ipc");
  return bare_tcp(size, transport == "tcp-both-ways");
}

} // namespace peernet::bench
