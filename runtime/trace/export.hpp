// SPDX-License-Identifier: MIT
// What leaves the store for other programs, one function per format. All write a new file or
// replace an old one, stream (memory for one trace at a time), and answer errc::io with the path
// and the reason when the disk does not take it all.
#pragma once

#include "runtime/core/error.hpp"

#include <filesystem>

namespace peernet {

class store;
struct run_summary;

/// traces.csv: a row per intended sample and sink it could have reached, warm-up included. First
/// the columns that users of the Python package PEERNet know, then what tells the rows apart, then
/// every step of every place as "place.step". Seconds, bytes, bits per second; empty: it did not
/// happen, or not on this sample's way. Fields are quoted as in RFC 4180.
/// - iteration: the sensor's slot; sensing: its step `sense`;
/// - upload: encode, send-queue, emulate, link, wake, dispatch, queue and decode on the way from
///   the sensor to the last inference; download: the same from there to the sink; without inference
///   all is upload;
/// - upload-bytes, download-bytes: on the wire, over the links of that part; throughput: they by
///   that time; empty where no link is involved.
[[nodiscard]] result<void> export_csv(store& s, const std::filesystem::path& file);

/// summary.json: all of the summary, times in ns, with "schema": 1; bumped when a key changes its
/// meaning or goes away, not when one is added.
[[nodiscard]] result<void> export_json(const run_summary& summary,
                                       const std::filesystem::path& file);

/// trace.json: Chrome's trace event format for Perfetto and chrome://tracing. A process per node,
/// a track per stage and link (more tracks of one name where samples overlap there), arrows along
/// each sample's way, a mark for each event; times in µs since the first intended time. A duration
/// below 0 cannot be drawn: such a slice has the length 0 and "(negative)" in its name. What is
/// reported of a duration is in the slice's args: duration_us ± bound_us.
[[nodiscard]] result<void> export_chrome(store& s, const std::filesystem::path& file);

} // namespace peernet
