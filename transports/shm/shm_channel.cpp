// SPDX-License-Identifier: MIT
#include "transports/shm/shm_channel.hpp"

#include "transports/shm/shm_connection.hpp"
#include "transports/shm/shm_sender.hpp"
#include "transports/shm/shm_socket.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace {

class shm_channel final : public channel_kind {
public:
  result<std::unique_ptr<receive_end>> bind(const channel_settings& settings) override {
    // Several registries of one process may share a folder.
    static std::atomic<unsigned> next{0};
    const auto path = settings.socket_folder + "/" + std::to_string(::getpid()) + "-" +
                      std::to_string(next.fetch_add(1)) + ".shm";
    auto listener = unix_listen(path);
    if (!listener)
      return std::move(listener).error();
    return std::unique_ptr<receive_end>{
        std::make_unique<shm_receiver>(settings, *std::move(listener), path)};
  }

  result<std::unique_ptr<send_end>> connect(const channel_settings& settings,
                                            const endpoint& to) override {
    const auto ring = static_cast<std::size_t>(settings.own.get_or("ring", default_ring));
    return std::unique_ptr<send_end>{std::make_unique<shm_sender>(settings, to, ring)};
  }
};

} // namespace

void register_shm_channel(registrar& r) {
  r.add_channel("shm", std::make_unique<shm_channel>());
}

} // namespace peernet
