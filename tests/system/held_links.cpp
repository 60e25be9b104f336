// SPDX-License-Identifier: MIT
// Linked into peernet-run, whose call of register_zmq_channels the linker leads here (--wrap): the
// real channels, but frames wait on the receiving side before anybody sees them.
#include "tests/system/held_links.hpp"

#include "runtime/plugin/registrar.hpp"

#include <memory>
#include <utility>

namespace peernet {

namespace {

class held_end final : public receive_end {
public:
  held_end(std::unique_ptr<receive_end> real, duration hold)
      : real_(std::move(real)), hold_(hold) {}

  [[nodiscard]] endpoint where() const override { return real_->where(); }
  void stop() noexcept override { real_->stop(); }

  result<std::optional<incoming_frame>> receive(const clock& c, duration patience) override {
    auto arrived = real_->receive(c, patience);
    if (!arrived || !*arrived)
      return arrived;
    const clock machine; // the node's own may step meanwhile
    machine.sleep_until(machine.now() + hold_);
    (*arrived)->received = c.now();
    (*arrived)->in_kernel.reset();
    return arrived;
  }

private:
  const std::unique_ptr<receive_end> real_;
  const duration hold_;
};

class held_kind final : public channel_kind {
public:
  explicit held_kind(std::unique_ptr<channel_kind> real) : real_(std::move(real)) {}

  result<std::unique_ptr<receive_end>> bind(const channel_settings& settings) override {
    auto end = real_->bind(settings);
    if (!end)
      return end;
    return std::unique_ptr<receive_end>{
        std::make_unique<held_end>(std::move(*end), held(settings.name))};
  }
  result<std::unique_ptr<send_end>> connect(const channel_settings& settings,
                                            const endpoint& to) override {
    return real_->connect(settings, to);
  }

private:
  const std::unique_ptr<channel_kind> real_;
};

/// Passes every channel on in its held form.
class holding_registrar final : public registrar {
public:
  explicit holding_registrar(registrar& into) : into_(into) {}

  void add_sensor(std::string type, plugin_factory<sensor> make) override {
    into_.add_sensor(std::move(type), std::move(make));
  }
  void add_model(std::string type, plugin_factory<model> make) override {
    into_.add_model(std::move(type), std::move(make));
  }
  void add_sink(std::string type, plugin_factory<sink> make) override {
    into_.add_sink(std::move(type), std::move(make));
  }
  void add_codec(std::string type, plugin_factory<codec> make) override {
    into_.add_codec(std::move(type), std::move(make));
  }
  void add_channel(std::string type, std::unique_ptr<channel_kind> kind) override {
    into_.add_channel(std::move(type), std::make_unique<held_kind>(std::move(kind)));
  }

private:
  registrar& into_;
};

} // namespace

void real_register(registrar& r) asm("__real__ZN7peernet21register_zmq_channelsERNS_9registrarE");
void held_register(registrar& r) asm("__wrap__ZN7peernet21register_zmq_channelsERNS_9registrarE");

void held_register(registrar& r) {
  holding_registrar holding(r);
  real_register(holding);
}

} // namespace peernet
