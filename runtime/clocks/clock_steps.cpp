// SPDX-License-Identifier: MIT
#include "runtime/clocks/clock_steps.hpp"

#include <algorithm>
#include <cstdlib>

namespace peernet {

namespace {

/// A step as one course shows it.
struct shown_step {
  const compared_clocks* where;
  const course_event* event;
  bool told = false;
};

/// The same as the clock of one side sees it.
struct own_view {
  std::int64_t begin, end; ///< by that clock
  std::int64_t ahead;      ///< it went, ns
  std::int64_t bound;      ///< ± of `ahead`
};

own_view seen_by(clock_id clock, const shown_step& s) {
  const auto& e = *s.event;
  if (clock == s.where->from)
    return {e.begin_ns, e.end_ns, -e.size_ns, e.size_bound_ns};
  const auto& around = s.where->course->at(e.begin_ns); // as wide as both sides of the step
  return {around.convert(e.begin_ns) - around.bound(e.begin_ns),
          around.convert(e.end_ns) + around.bound(e.end_ns), e.size_ns, e.size_bound_ns};
}

/// The time of `from` at which the clock `clock`, one of the two, shows `t`.
std::int64_t time_of_from(const compared_clocks& c, clock_id clock, std::int64_t t) {
  if (clock == c.from)
    return t;
  auto at = t; // clocks drift so little that this converges at once
  for (int i = 0; i < 4; ++i)
    at = t - (c.course->at(at).convert(at) - at);
  return at;
}

/// How wide the course leaves the offset at most, by the time of `from`.
std::int64_t widest(const clock_course& course, std::int64_t begin, std::int64_t end) {
  std::int64_t bound = 0;
  for (const auto& s : course.segments)
    if (s.first_ns <= end && s.last_ns >= begin)
      for (const auto t : {std::max(s.first_ns, begin), std::min(s.last_ns, end)})
        bound = std::max(bound, s.bound(t));
  return bound;
}

class step_finder {
public:
  explicit step_finder(std::span<const compared_clocks> all) : all_(all) {
    for (const auto& c : all)
      for (const auto& e : c.course->events)
        if (e.what == course_event::kind::step)
          shown_.push_back({&c, &e});
  }

  std::vector<clock_step_found> find() {
    std::vector<clock_step_found> found;
    for (auto& s : shown_) {
      if (s.told)
        continue;
      const auto by_from = if_stepped(s.where->from, s), by_to = if_stepped(s.where->to, s);
      found.push_back(by_from.size() > by_to.size()   ? step_of(s.where->from, by_from, true)
                      : by_to.size() > by_from.size() ? step_of(s.where->to, by_to, true)
                                                      : step_of(s.where->from, {&s}, false));
    }
    return found;
  }

private:
  using shown_steps = std::vector<shown_step*>;

  /// All that show the step if it was `clock` that did; none if that cannot be.
  shown_steps if_stepped(clock_id clock, shown_step& s) {
    const auto step = seen_by(clock, s);
    shown_steps agreeing{&s};
    for (const auto& c : all_) {
      if (&c == s.where || (c.from != clock && c.to != clock))
        continue;
      bool another = false;
      shown_step* same = nullptr;
      for (auto& other : shown_) {
        if (other.where != &c)
          continue;
        const auto view = seen_by(clock, other);
        if (view.begin > step.end || view.end < step.begin)
          continue;
        another = true;
        if (!same && !other.told && std::abs(view.ahead - step.ahead) <= view.bound + step.bound)
          same = &other;
      }
      if (same)
        agreeing.push_back(same);
      else if (another || would_show(c, clock, step))
        return {};
    }
    return agreeing;
  }

  /// Offsets on both sides of the step would both have to be within the bound.
  static bool would_show(const compared_clocks& c, clock_id clock, const own_view& step) {
    if (c.course->segments.empty())
      return false;
    const auto begin = time_of_from(c, clock, step.begin), end = time_of_from(c, clock, step.end);
    return 2 * widest(*c.course, begin, end) < std::abs(step.ahead) - step.bound;
  }

  static clock_step_found step_of(clock_id clock, const shown_steps& shown, bool proven) {
    clock_step_found found{.clock = clock, .against = {}, .proven = proven};
    const shown_step* narrowest = nullptr;
    const auto length = [](const shown_step* s) { return s->event->end_ns - s->event->begin_ns; };
    for (auto* s : shown) {
      s->told = true;
      found.against.push_back(s->where->from == clock ? s->where->to : s->where->from);
      if (!narrowest || length(s) < length(narrowest))
        narrowest = s;
    }
    found.ahead_ns = seen_by(clock, *narrowest).ahead;
    found.timed_by = narrowest->where->from;
    found.begin_ns = narrowest->event->begin_ns;
    found.end_ns = narrowest->event->end_ns;
    return found;
  }

  std::span<const compared_clocks> all_;
  std::vector<shown_step> shown_;
};

} // namespace

std::vector<clock_step_found> find_steps(std::span<const compared_clocks> all) {
  return step_finder(all).find();
}

} // namespace peernet
