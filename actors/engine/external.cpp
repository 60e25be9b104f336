// SPDX-License-Identifier: MIT
#include "actors/engine/external.hpp"

namespace peernet {

void external_loop::start(const run_window& window) {
  const std::lock_guard lock(mutex_);
  const auto& context = source_.context();
  window_ = window;
  by_ = &context.records->add(context.node, context.clock_number);
}

void external_loop::stop() {
  stopped_ = true;
  const std::lock_guard lock(mutex_); // a push under way ends first
}

bool external_loop::push(payload p) {
  const std::lock_guard lock(mutex_);
  const auto now = source_.context().clock->now();
  if (!by_ || stopped_ || now < window_.start)
    return false;
  if (now >= window_.end || seq_ >= window_.samples) {
    full_ = true;
    return false;
  }
  inside_.put(std::move(p));
  source_.fire(seq_++, now, window_, *by_);
  return true;
}

result<void> result_store::act(const sample& arrived) {
  kept_.push(arrived);
  { const std::lock_guard lock(mutex_); }
  arrived_.notify_one();
  return {};
}

std::optional<sample> result_store::next(duration patience) {
  std::optional<sample> result;
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, patience, [&] { return (result = kept_.try_pop()).has_value(); });
  return result;
}

void external_stages::register_at(registry& types) {
  types.add_sensor(external_type, [this](const options&, const environment& where) {
    auto made = std::make_unique<pushed_sensor>();
    sensors_[{where.stage, where.copy}] = made.get();
    return result<std::unique_ptr<sensor>>{std::move(made)};
  });
  types.add_sink(external_type, [this](const options&, const environment& where) {
    auto made = std::make_unique<result_store>();
    sinks_[{where.stage, where.copy}] = made.get();
    return result<std::unique_ptr<sink>>{std::move(made)};
  });
}

pushed_sensor* external_stages::find_sensor(const std::string& stage, std::uint16_t copy) const {
  const auto found = sensors_.find({stage, copy});
  return found == sensors_.end() ? nullptr : found->second;
}

result_store* external_stages::find_sink(const std::string& stage, std::uint16_t copy) const {
  const auto found = sinks_.find({stage, copy});
  return found == sinks_.end() ? nullptr : found->second;
}

} // namespace peernet
