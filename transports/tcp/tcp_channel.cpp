// SPDX-License-Identifier: MIT
#include "transports/tcp/tcp_channel.hpp"

#include "runtime/config/node_host.hpp"
#include "transports/tcp/tcp_connection.hpp"
#include "transports/tcp/tcp_sender.hpp"
#include "transports/tcp/tcp_socket.hpp"

#include <memory>
#include <string>
#include <utility>

namespace peernet {

namespace {

/// A key that is none would encrypt nothing worth the name.
result<void> check_key(const std::string& key) {
  if (key.empty() || key.size() == channel_key_bytes)
    return {};
  return error{errc::internal, "a channel's key of " + std::to_string(key.size()) + " bytes"};
}

class tcp_channel final : public channel_kind {
public:
  result<std::unique_ptr<receive_end>> bind(const channel_settings& settings) override {
    if (auto usable = check_key(settings.key); !usable)
      return std::move(usable).error();
    const auto& address = settings.bind_address;
    auto listener =
        first_free(settings.ports, [&](std::uint16_t port) { return tcp_listen(address, port); });
    if (!listener)
      return std::move(listener).error();
    const endpoint where{.address = address, .port = tcp_port_of(listener->get())};
    return std::unique_ptr<receive_end>{
        std::make_unique<tcp_receiver>(settings, *std::move(listener), where)};
  }

  result<std::unique_ptr<send_end>> connect(const channel_settings& settings,
                                            const endpoint& to) override {
    if (auto usable = check_key(settings.key); !usable)
      return std::move(usable).error();
    if (!is_ip_address(to.address))
      return error{errc::io, "cannot connect to \"" + to.address + "\": it is no IP address"};
    return std::unique_ptr<send_end>{std::make_unique<tcp_sender>(settings, to)};
  }
};

} // namespace

void register_tcp_channel(registrar& r) {
  r.add_channel("tcp", std::make_unique<tcp_channel>());
}

} // namespace peernet
