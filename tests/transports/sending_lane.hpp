// SPDX-License-Identifier: MIT
// A lane_sender over a fake channel, on a node that keeps what was recorded and told.
#pragma once

#include "tests/support/fake_channel.hpp"
#include "tests/transports/measured_node.hpp"
#include "transports/lane_sender.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// A codec that writes its own number in front, or fails on bodies that say so, by itself or by
/// what it throws.
class prefixing_codec final : public codec {
public:
  explicit prefixing_codec(char number) : number_(number) {}
  result<payload> encode(const payload& plain) override {
    if (plain.text() == "spoilt")
      return error{errc::unsupported, "this codec does not like it"};
    if (plain.text() == "thrown")
      throw std::runtime_error("this codec does not know better");
    auto encoded = payload::copy_of(number_ + std::string(plain.text()));
    return payload(plain.what(), encoded.bytes(), encoded.owner());
  }
  result<payload> decode(const payload& encoded) override { return encoded; }

private:
  const char number_;
};

/// A lane over a fake channel.
struct sending_lane {
  static constexpr std::uint32_t stage_route = 10, step = 5, route = 15; ///< 15 = 10 + 5
  static constexpr std::uint16_t number = 2;

  static constexpr std::uint16_t planned_delay = 21; ///< number of that value
  static constexpr std::uint16_t encoded_bytes = 22; ///< and of that

  explicit sending_lane(queue_config queue = {}, std::size_t codecs = 0,
                        std::optional<emulation> impair = {}, psnr_meter* meter = nullptr) {
    std::vector<std::unique_ptr<codec>> made;
    for (std::size_t i = 0; i < codecs; ++i)
      made.push_back(std::make_unique<prefixing_codec>(static_cast<char>('0' + i)));
    sut = std::make_unique<lane_sender>(lane_sender::settings{.name = "uplink",
                                                              .link = 6,
                                                              .lane = number,
                                                              .route_step = step,
                                                              .queue = queue,
                                                              .codec = codecs ? "prefix" : "raw",
                                                              .encoded_bytes = encoded_bytes,
                                                              .meter = meter,
                                                              .max_frame = 100,
                                                              .impair = std::move(impair),
                                                              .planned_delay = planned_delay},
                                        node.context(), std::make_unique<fake_send_end>(channel),
                                        std::move(made));
  }

  static sample nth(std::uint64_t n, std::string_view text = "body") {
    return {.header = {.trace = trace_id(1, n),
                       .route = stage_route,
                       .output = 7,
                       .origin_clock = 8,
                       .warmup = true,
                       .intended = stamp_from_ns(static_cast<std::int64_t>(n) * 1000)},
            .body = payload::copy_of(text)};
  }
  void send(std::uint64_t n, std::string_view text = "body") {
    sut->send(nth(n, text), 0, node.by);
  }

  /// Makes the pump hold sample 0, which the full channel does not take: from now on what is sent
  /// meets the queue, and the queue alone.
  void let_pump_hold_the_first() {
    send(0);
    BOOST_REQUIRE(channel->wait_for_attempts(2)); // ours, then the pump's
  }

  [[nodiscard]] std::vector<std::uint64_t> arrived() const {
    std::vector<std::uint64_t> numbers;
    for (const auto& f : channel->frames())
      numbers.push_back(trace_id(f.header.trace).seq());
    return numbers;
  }

  measured_node node;
  std::shared_ptr<fake_outgoing> channel = std::make_shared<fake_outgoing>();
  std::unique_ptr<lane_sender> sut;
};

} // namespace peernet
