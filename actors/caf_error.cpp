// SPDX-License-Identifier: MIT
#include "actors/caf_error.hpp"

#include <caf/atom.hpp>
#include <caf/deep_to_string.hpp>
#include <caf/exit_reason.hpp>
#include <caf/make_message.hpp>
#include <caf/sec.hpp>

namespace peernet {

namespace {
constexpr auto category = caf::atom("peernet");
} // namespace

caf::error to_caf(const error& e) {
  return {static_cast<std::uint8_t>(e.code), category, caf::make_message(e.message)};
}

error from_caf(const caf::error& e) {
  if (e.category() == category) {
    const auto& context = e.context();
    return {static_cast<errc>(e.code()),
            context.match_elements<std::string>() ? context.get_as<std::string>(0) : std::string{}};
  }
  if (e == caf::sec::request_timeout)
    return {errc::timeout, "no answer in time"};
  if (e == caf::sec::request_receiver_down || e == caf::exit_reason::remote_link_unreachable)
    return {errc::node_lost, "the other side is gone"};
  return {errc::internal, caf::to_string(e)};
}

} // namespace peernet
