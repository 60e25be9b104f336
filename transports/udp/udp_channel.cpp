// SPDX-License-Identifier: MIT
#include "transports/udp/udp_channel.hpp"

#include "transports/udp/udp_receiver.hpp"
#include "transports/udp/udp_sender.hpp"

#include <memory>
#include <utility>

namespace peernet {

namespace {

template <class Interface, class End>
result<std::unique_ptr<Interface>> as_interface(result<std::unique_ptr<End>> made) {
  if (!made)
    return std::move(made).error();
  return std::unique_ptr<Interface>(*std::move(made));
}

class udp final : public channel_kind {
public:
  result<std::unique_ptr<receive_end>> bind(const channel_settings& settings) override {
    return as_interface<receive_end>(udp_receive_end::bind(settings));
  }
  result<std::unique_ptr<send_end>> connect(const channel_settings& settings,
                                            const endpoint& to) override {
    return as_interface<send_end>(udp_send_end::connect(settings, to));
  }
};

} // namespace

void register_udp_channel(registrar& r) {
  r.add_channel("udp", std::make_unique<udp>());
}

} // namespace peernet
