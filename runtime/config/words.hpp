// SPDX-License-Identifier: MIT
// The words a scenario uses for its few fixed choices, in one table a choice: read, listed in
// messages, and written back from here.
#pragma once

#include "runtime/config/scenario.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace peernet {

template <class Choice>
struct words;

template <>
struct words<clock_method> {
  static constexpr std::array table{std::pair{clock_method::probe, "probe"},
                                    std::pair{clock_method::system, "system"},
                                    std::pair{clock_method::both, "both"}};
};

template <>
struct words<overflow> {
  static constexpr std::array table{std::pair{overflow::drop_oldest, "drop-oldest"},
                                    std::pair{overflow::drop_newest, "drop-newest"},
                                    std::pair{overflow::block, "block"}};
};

template <>
struct words<node_start> {
  static constexpr std::array table{std::pair{node_start::child, "child"},
                                    std::pair{node_start::daemon, "daemon"},
                                    std::pair{node_start::join, "join"}};
};

template <>
struct words<node_loss> {
  static constexpr std::array table{std::pair{node_loss::stop, "stop"},
                                    std::pair{node_loss::carry_on, "continue"}};
};

template <>
struct words<arrival> {
  static constexpr std::array table{std::pair{arrival::periodic, "periodic"},
                                    std::pair{arrival::poisson, "poisson"},
                                    std::pair{arrival::closed_loop, "closed-loop"}};
};

template <>
struct words<copy_phase> {
  static constexpr std::array table{std::pair{copy_phase::spread, "spread"},
                                    std::pair{copy_phase::aligned, "aligned"}};
};

template <>
struct words<dispatch> {
  static constexpr std::array table{std::pair{dispatch::shared, "shared"},
                                    std::pair{dispatch::all, "all"}};
};

template <>
struct words<delay_shape> {
  static constexpr std::array table{std::pair{delay_shape::normal, "normal"},
                                    std::pair{delay_shape::pareto, "pareto"},
                                    std::pair{delay_shape::uniform, "uniform"}};
};

template <>
struct words<impair_level> {
  static constexpr std::array table{std::pair{impair_level::sample, "sample"},
                                    std::pair{impair_level::packet, "packet"}};
};

template <>
struct words<impair_profile> {
  static constexpr std::array table{
      std::pair{impair_profile::lan, "lan"}, std::pair{impair_profile::wifi, "wifi"},
      std::pair{impair_profile::lte, "lte"}, std::pair{impair_profile::five_g, "5g"},
      std::pair{impair_profile::satellite, "satellite"}};
};

/// The word for a choice.
template <class Choice>
[[nodiscard]] constexpr std::string_view word(Choice choice) noexcept {
  for (const auto& [value, text] : words<Choice>::table)
    if (value == choice)
      return text;
  return "?";
}

} // namespace peernet
