// SPDX-License-Identifier: MIT
#include "runtime/clocks/silences.hpp"

#include <algorithm>

namespace peernet {

namespace {

/// One moment, by the clocks of both nodes of a path.
struct moment {
  std::int64_t local, remote;
};

/// The time in which this clock was compared with any during the run; `first` > `last`: none.
struct extent {
  std::int64_t first = INT64_MAX, last = INT64_MIN;

  void add(std::int64_t begin, std::int64_t end) {
    first = std::min(first, begin);
    last = std::max(last, end);
  }
};

extent extent_of(clock_id clock, std::span<const probe> all) {
  extent e;
  for (const auto& p : all) {
    if (p.phase != probe_phase::during || p.round_trip() < 0)
      continue;
    if (p.local == clock)
      e.add(p.t1, p.t4);
    if (p.remote == clock)
      e.add(p.t2, p.t3);
  }
  return e;
}

} // namespace

std::vector<probe_silence> silences_of(const probed_path& path, std::span<const probe> all,
                                       std::int64_t longest_ns) {
  const auto local = extent_of(path.local, all), remote = extent_of(path.remote, all);
  if (local.first > local.last || remote.first > remote.last)
    return {};
  std::vector<moment> heard{{local.first, remote.first}};
  for (const auto* p : path.probes)
    if (p->phase == probe_phase::during && p->round_trip() >= 0)
      heard.push_back(p->asker == path.asker ? moment{p->t1, p->t2} : moment{p->t2, p->t1});
  heard.push_back({local.last, remote.last});
  std::ranges::sort(heard, {}, &moment::local);
  std::vector<probe_silence> silences;
  for (std::size_t i = 0; i + 1 < heard.size(); ++i) {
    const auto &a = heard[i], &b = heard[i + 1];
    const auto length = std::min(b.local - a.local, b.remote - a.remote);
    if (length <= longest_ns)
      continue;
    probe_silence found{.begin_ns = a.local,
                        .remote_begin_ns = a.remote,
                        .length_ns = length,
                        .to_the_end = i + 2 == heard.size()};
    for (const auto& p : all) {
      const auto at = p.asker == path.asker ? p.t1 : p.t2;
      if (!path.joins(p.asker, p.answerer) || at < a.local || at > b.local)
        continue;
      found.by_control += p.method == by_control;
      found.by_other_path += p.method == by_udp && p.network != path.network;
    }
    silences.push_back(found);
  }
  return silences;
}

} // namespace peernet
