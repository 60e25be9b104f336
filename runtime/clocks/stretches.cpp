// SPDX-License-Identifier: MIT
#include "runtime/clocks/stretches.hpp"

#include "runtime/clocks/window.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <span>
#include <utility>

namespace peernet {

namespace {

using exchanges = std::vector<offset_bounds>;

/// How many of `some`, beside all of `given`, leave room for a line, at least one too many not.
/// Room only shrinks with every exchange, so halving finds it.
std::size_t count_fitting(const exchanges& given, std::span<const offset_bounds> some,
                          double rate_change) {
  const auto fits = [&](std::size_t n) {
    auto all = given;
    all.insert(all.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(n));
    return all.empty() || strip_of(all, rate_change).margin() >= 0;
  };
  if (fits(some.size()))
    return some.size();
  std::size_t good = 0, wrong = some.size();
  while (wrong - good > 1) {
    const auto between = good + (wrong - good) / 2;
    (fits(between) ? good : wrong) = between;
  }
  return good;
}

course_event bad_stamp(const offset_bounds& bad, std::int64_t size_ns) {
  return {.what = course_event::kind::bad_stamp,
          .begin_ns = bad.begin(),
          .end_ns = bad.end(),
          .size_ns = size_ns};
}

/// Cuts exchanges between which no gap is long.
class cutter {
public:
  /// `all`: by begin; not empty.
  cutter(exchanges all, const course_settings& settings)
      : all_(std::move(all)), settings_(settings) {}

  cut_exchanges cut() {
    for (std::size_t checked = 0; checked < all_.size();) {
      const auto t = all_[checked].begin();
      const auto margin = overlap_of(settings_.window_ns);
      auto first = std::max(begin_, after(t - margin));
      if (first == checked && first > begin_)
        --first; // over a gap: a large step is one by the clock that stepped
      const auto last = std::max(checked + 1, after(t + settings_.window_ns + margin));
      exchanges window(all_.begin() + at(first), all_.begin() + at(last));
      std::ranges::sort(window, {}, &offset_bounds::end);
      const auto fitting = count_fitting({}, window, settings_.rate_change);
      if (fitting == window.size())
        checked = std::max(checked + 1, after(t + settings_.window_ns));
      else if (!left_out(window, fitting))
        checked = cut_at(window, fitting);
    }
    close(all_.size(), INT64_MAX);
    return std::move(cut_);
  }

  /// All exchanges but bad stamps, by begin.
  [[nodiscard]] const exchanges& usable() const noexcept { return all_; }

private:
  static std::ptrdiff_t at(std::size_t i) { return static_cast<std::ptrdiff_t>(i); }

  /// The first exchange that begins at `t` or later.
  [[nodiscard]] std::size_t after(std::int64_t t) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(all_, t, {}, &offset_bounds::begin) -
                                    all_.begin());
  }

  /// What begins after the `culprit`, as far as it is of one mind: the rest of the window, and
  /// beyond its end enough for a judgement.
  [[nodiscard]] exchanges followers(const exchanges& window, std::size_t culprit) const {
    const auto until = window[culprit].end();
    const auto begin = std::ranges::max(window, {}, &offset_bounds::begin).begin();
    const auto first = after(until + 1);
    const auto last = std::max({after(begin + 1), after(until + overlap_of(settings_.window_ns)),
                                std::min(first + stretch::witnesses, all_.size())});
    exchanges follow(all_.begin() + at(first), all_.begin() + at(std::max(first, last)));
    std::ranges::sort(follow, {}, &offset_bounds::end);
    follow.resize(count_fitting({}, follow, settings_.rate_change));
    return follow;
  }

  /// If one exchange contradicts those before it and those after it, which agree: takes it out. One
  /// that agrees with either side may be right, and then something happened beside it.
  bool left_out(const exchanges& window, std::size_t culprit) {
    const auto rate_change = settings_.rate_change;
    auto others = followers(window, culprit);
    const auto fits_with = [&](std::span<const offset_bounds> some) {
      return count_fitting(others, some, rate_change) == some.size();
    };
    const auto before = std::span(window).first(culprit);
    const auto& bad = window[culprit];
    if (others.size() < stretch::witnesses || fits_with(std::span(&bad, 1)) || !fits_with(before))
      return false;
    others.insert(others.end(), before.begin(), before.end());
    const auto line = strip_of(others, rate_change).middle();
    const auto over = line.value(bad.high_at) - static_cast<double>(bad.high);
    const auto under = static_cast<double>(bad.low) - line.value(bad.low_at);
    const auto place = std::ranges::find_if(all_, [&](const offset_bounds& b) {
      return b.high_at == bad.high_at && b.low_at == bad.low_at && b.high == bad.high;
    });
    const auto earlier = place > all_.begin() ? std::prev(place) : place;
    const auto later = std::next(place) < all_.end() ? std::next(place) : place;
    cut_.left_out.push_back(bad);
    cut_.bad_stamps.push_back(bad_stamp(bad, std::llround(std::max(over, under))));
    cut_.lone.push_back({bad, earlier->begin(), std::max(bad.end(), later->end())});
    all_.erase(place);
    return true;
  }

  /// Something happened before the end of `culprit`: everything that ended earlier can be true
  /// together. And it happened after the begin of the last exchange that contradicts what follows.
  /// Whatever was under way in between may have seen half of it. Returns where the next stretch
  /// begins.
  std::size_t cut_at(const exchanges& window, std::size_t culprit) {
    auto follow = followers(window, culprit);
    if (follow.empty())
      follow.push_back(window[culprit]);
    const auto over = window[culprit].end();
    const exchanges only{window[culprit]};
    // Contradicted by what follows as well, it lies between two events, and is the only witness of
    // the first.
    const bool alone = count_fitting(follow, only, settings_.rate_change) == 0;
    const auto until = alone ? follow.front().end() : over;
    exchanges earlier;
    for (const auto& b : window)
      if (b.begin() <= over)
        earlier.push_back(b);
    std::ranges::sort(earlier, std::greater{}, &offset_bounds::begin);
    const auto agreeing = count_fitting(alone ? only : follow, earlier, settings_.rate_change);
    const auto since = earlier[std::min(agreeing, earlier.size() - 1)].begin();
    const auto next = std::min(std::max(after(over), begin_ + 1), all_.size() - 1);
    close(next, since);
    begin_ = next;
    holds_from_ = std::max(until, since + 2);
    return begin_;
  }

  /// Ends the stretch: of its exchanges before `last` those that were over when it ended.
  void close(std::size_t last, std::int64_t holds_until) {
    stretch s{.exchanges = {}, .first_ns = holds_from_, .last_ns = holds_until};
    for (const auto& b : std::span(all_).subspan(begin_, last - begin_))
      if (b.end() <= holds_until)
        s.exchanges.push_back(b);
    if (s.exchanges.empty() && begin_ < last)
      s.exchanges.push_back(all_[begin_]);
    if (!s.exchanges.empty())
      cut_.stretches.push_back(std::move(s));
  }

  exchanges all_; ///< by begin
  const course_settings& settings_;
  std::size_t begin_ = 0;               ///< of the current stretch
  std::int64_t holds_from_ = INT64_MIN; ///< the current stretch
  cut_exchanges cut_;
};

/// The offset was so different on both sides that no rate of a clock explains it.
bool stepped_between(const stretch& before, const stretch& after) {
  const auto &a = before.exchanges.back(), &b = after.exchanges.front();
  const auto reach =
      std::llround(offset_strip::steepest * static_cast<double>(b.end() - a.begin()));
  return b.low - a.high > reach || a.low - b.high > reach;
}

/// Joins neighbours that are all shorter than a window, where there are three or more of them; what
/// was left out between them is of use again. `usable`: all exchanges, by begin.
std::vector<stretch> join_bending(const std::vector<stretch>& all, const exchanges& usable,
                                  std::int64_t window_ns) {
  constexpr std::ptrdiff_t many = 3;
  const auto is_short = [&](const stretch& s) {
    return s.exchanges.back().begin() - s.exchanges.front().begin() < window_ns;
  };
  std::vector<stretch> joined;
  for (auto first = all.begin(); first != all.end();) {
    auto end = first + 1;
    while (end != all.end() && is_short(end[-1]) && is_short(*end) &&
           !stepped_between(end[-1], *end))
      ++end;
    if (end - first < many) {
      joined.push_back(*first++);
      continue;
    }
    const auto begin_of = [&](std::int64_t t) {
      return std::ranges::lower_bound(usable, t, {}, &offset_bounds::begin);
    };
    joined.push_back({.exchanges = {begin_of(first->exchanges.front().begin()),
                                    begin_of(end[-1].exchanges.back().begin() + 1)},
                      .first_ns = first->first_ns,
                      .last_ns = end[-1].last_ns,
                      .straight = false});
    first = end;
  }
  return joined;
}

/// A time with quick exchanges, none of its gaps too long.
struct spell {
  std::int64_t begin, end;
};

std::vector<spell> quick_spells(const exchanges& all, std::int64_t longest_gap) {
  std::vector<spell> spells;
  for (const auto& b : all)
    if (b.coarse)
      continue;
    else if (spells.empty() || b.begin() - spells.back().end > longest_gap)
      spells.push_back({b.begin(), b.end()});
    else
      spells.back().end = std::max(spells.back().end, b.end());
  return spells;
}

/// Parts with too long a gap between them, or where it is filled by coarse exchanges only, which
/// are a part, too. By time; `all`: by begin.
std::vector<exchanges> parts_of(const exchanges& all, std::int64_t longest_gap) {
  const auto quick = quick_spells(all, longest_gap);
  // Odd within a spell, even between two.
  const auto number_of = [&](const offset_bounds& b) {
    const auto behind = std::ranges::upper_bound(quick, b.begin(), {}, &spell::begin);
    const auto begun = behind - quick.begin();
    return begun > 0 && b.begin() <= std::prev(behind)->end ? 2 * begun - 1 : 2 * begun;
  };
  std::vector<exchanges> parts;
  std::ptrdiff_t number = 0;
  std::int64_t end = 0;
  for (const auto& b : all) {
    if (parts.empty() || number_of(b) != number || b.begin() - end > longest_gap) {
      parts.emplace_back();
      number = number_of(b);
      end = b.end();
    }
    parts.back().push_back(b);
    end = std::max(end, b.end());
  }
  return parts;
}

/// Puts the stretches of a later part behind those before: neither holds in between.
void append(cut_exchanges& all, cut_exchanges later, std::int64_t begin_ns) {
  if (!all.stretches.empty()) {
    auto& left = all.stretches.back();
    auto& right = later.stretches.front();
    const auto over = std::ranges::max(left.exchanges, {}, &offset_bounds::end).end();
    left.last_ns = std::max(left.exchanges.front().begin(), std::min(over, begin_ns - 2));
    right.first_ns = std::min(std::max(begin_ns, left.last_ns + 2), right.last_ns);
    right.unwatched_before = true;
  }
  const auto move = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move(all.stretches, later.stretches);
  move(all.left_out, later.left_out);
  move(all.bad_stamps, later.bad_stamps);
  move(all.lone, later.lone);
}

} // namespace

cut_exchanges cut_into_stretches(std::vector<offset_bounds> all, const course_settings& settings) {
  cut_exchanges cut;
  std::erase_if(all, [&](const offset_bounds& b) {
    if (b.round_trip >= 0)
      return false;
    cut.left_out.push_back(b); // there and back in less than no time
    cut.bad_stamps.push_back(bad_stamp(b, -b.round_trip));
    return true;
  });
  std::ranges::sort(all, {}, &offset_bounds::begin);
  for (auto& part : parts_of(all, longest_gap_of(settings))) {
    const auto begin = part.front().begin();
    cutter by(std::move(part), settings);
    auto some = by.cut();
    some.stretches = join_bending(some.stretches, by.usable(), settings.window_ns);
    append(cut, std::move(some), begin);
  }
  return cut;
}

} // namespace peernet
