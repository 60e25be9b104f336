// SPDX-License-Identifier: MIT
#include "transports/psnr_meter.hpp"

#include "runtime/core/thread.hpp"
#include "transports/codecs/psnr.hpp"

#include <exception>
#include <sys/resource.h>
#include <utility>

namespace peernet {

namespace {

/// One record a picture, and only as many pictures as it can decode.
constexpr std::size_t records_kept = 1024;
constexpr int lowest_priority = 19;

} // namespace

psnr_meter::psnr_meter(std::string link, std::uint16_t value, node_context context,
                       std::unique_ptr<codec> decoder)
    : link_(std::move(link)), value_(value), context_(context), decoder_(std::move(decoder)) {
  thread_ = start_thread("psnr " + link_, [this](const std::stop_token&) { run(); });
}

psnr_meter::~psnr_meter() {
  finish(clock::machine_now());
}

void psnr_meter::offer(const sample_header& at_lane, std::uint16_t lane, payload original,
                       payload encoded) {
  offered_.fetch_add(1, std::memory_order_relaxed);
  if (!queue_.push({at_lane, lane, std::move(original), std::move(encoded)}).accepted)
    skipped_.fetch_add(1, std::memory_order_relaxed);
}

void psnr_meter::request_finish(stamp deadline) {
  deadline_ = deadline;
  queue_.close();
}

void psnr_meter::finish(stamp deadline) {
  if (!thread_.joinable())
    return;
  request_finish(deadline);
  thread_.join();
  tell();
}

void psnr_meter::run() {
  // Linux gives each thread a priority of its own; lowering it is always allowed.
  (void)::setpriority(PRIO_PROCESS, 0, lowest_priority);
  auto& by = context_.records->add(context_.node, context_.clock_number, records_kept);
  while (const auto next = queue_.pop()) {
    if (clock::machine_now() >= deadline_.load()) {
      skipped_.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    const auto figure = measure(*next);
    if (figure)
      by.value(next->header, next->lane, value_, *figure, context_.clock->now());
    else if (unfit_++ == 0)
      why_unfit_ = figure.error().message;
  }
}

result<double> psnr_meter::measure(const picture& p) noexcept {
  try {
    const auto decoded = decoder_->decode(p.encoded);
    return decoded ? psnr(p.original, *decoded) : result<double>(decoded.error());
  } catch (const std::exception& e) { // out of memory, or another team's codec
    return error{errc::internal, e.what()};
  }
}

void psnr_meter::tell() const {
  const auto of_all = " of " + std::to_string(offered_.load()) + " samples of link " + link_;
  if (unfit_ > 0)
    context_.report(severity::warning, "no psnr",
                    std::to_string(unfit_) + of_all + " have none: " + why_unfit_);
  if (const auto n = skipped(); n > 0)
    context_.report(severity::info, "psnr skipped",
                    std::to_string(n) + of_all + " were not measured for want of time");
}

} // namespace peernet
