// SPDX-License-Identifier: MIT
// The tables and views of run.db. Tables (singular names, and `values`) hold raw facts; the views
// (plural) are the users' interface and keep their columns. A fact that many records share (what it
// states, where, by which clocks) is stored once as an `origin`, so that a span is six numbers.
//
// Times: the table clock_segment converts raw stamps (see clock_segment.hpp). Rows with to_clock 0
// convert to the reference clock, and make the times of every view. A row between two other clocks
// is a direct estimate of that pair. Durations, too, are in seconds of the reference clock, as
// clock_map::between has it: `across` is the difference of the two mapped ends; `along` the time by
// the clock of the end since the begin (which a direct estimate tells on it), at that clock's rate,
// or its own seconds where nothing says more. The narrower counts. The row 0 → 0 is there from the
// beginning, so while a run is under way (or was cut off) stamps of the reference clock map to
// themselves, and others to NULL.
#pragma once

#include <cstdint>
#include <string_view>

namespace peernet::schema {

inline constexpr std::int64_t application_id = 0x50656572; ///< "Peer"; `file` can tell by it
inline constexpr std::int64_t version = 1;                 ///< PRAGMA user_version

inline constexpr std::string_view tables = R"sql(
CREATE TABLE run_entry (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE node (id INTEGER PRIMARY KEY, name TEXT, host TEXT, pid INTEGER, clock INTEGER,
                   clock_domain TEXT, lost INTEGER NOT NULL DEFAULT 0);
CREATE TABLE place (id INTEGER PRIMARY KEY, name TEXT, kind INTEGER, from_stage TEXT,
                    to_stage TEXT, transport TEXT);
CREATE TABLE route (id INTEGER PRIMARY KEY, parent INTEGER, place INTEGER, copy INTEGER,
                    node INTEGER);
CREATE TABLE sensor (id INTEGER PRIMARY KEY, route INTEGER);
CREATE TABLE step (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE value_name (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE outcome_name (id INTEGER PRIMARY KEY, name TEXT);

CREATE TABLE origin (id INTEGER PRIMARY KEY, kind INTEGER, what INTEGER, route INTEGER,
                     copy INTEGER, begin_node INTEGER, end_node INTEGER, begin_clock INTEGER,
                     end_clock INTEGER, warmup INTEGER);
CREATE TABLE span (trace INTEGER, origin INTEGER, output INTEGER, begin_ns INTEGER,
                   end_ns INTEGER);
CREATE TABLE sample (trace INTEGER, origin INTEGER, intended_ns INTEGER, sensed_ns INTEGER,
                     bytes INTEGER);
CREATE TABLE sent (trace INTEGER, origin INTEGER, output INTEGER, at_ns INTEGER,
                   sequence INTEGER, bytes INTEGER);
CREATE TABLE fate (trace INTEGER, origin INTEGER, output INTEGER, at_ns INTEGER);
CREATE TABLE "values" (trace INTEGER, origin INTEGER, output INTEGER, at_ns INTEGER, value REAL);

CREATE TABLE probe (local_clock INTEGER, remote_clock INTEGER, asker INTEGER, answerer INTEGER,
                    t1 INTEGER, t2 INTEGER, t3 INTEGER, t4 INTEGER, phase INTEGER, network TEXT,
                    method TEXT);
CREATE TABLE clock_look (clock INTEGER, node INTEGER, time_ns INTEGER, wall_ns INTEGER,
                         synchronised INTEGER, max_error_ns INTEGER, estimated_error_ns INTEGER,
                         rate_ppb INTEGER);
CREATE TABLE event (time_ns INTEGER, clock INTEGER, node INTEGER, severity INTEGER, what TEXT,
                    detail TEXT);
CREATE TABLE link_end (link INTEGER, lane INTEGER, side INTEGER, node INTEGER, final INTEGER,
                       sent INTEGER, dropped INTEGER, received INTEGER, "unique" INTEGER,
                       duplicated INTEGER, reordered INTEGER, corrupt INTEGER, "foreign" INTEGER,
                       bytes INTEGER, highest INTEGER,
                       PRIMARY KEY (link, lane, side)) WITHOUT ROWID;
CREATE TABLE link_count (link INTEGER, lane INTEGER, side INTEGER, name TEXT, count INTEGER,
                         PRIMARY KEY (link, lane, side, name)) WITHOUT ROWID;
CREATE TABLE reported_count (kind INTEGER, node INTEGER, place INTEGER, copy INTEGER,
                             count INTEGER, PRIMARY KEY (kind, node, place, copy)) WITHOUT ROWID;
CREATE TABLE expectation (id INTEGER PRIMARY KEY, metric TEXT, condition TEXT, kind INTEGER,
                          target TEXT, figure TEXT, unit INTEGER, inapplicable TEXT);

-- Derived when a run is finished, and again whenever it is finished again:
CREATE TABLE clock_segment (from_clock INTEGER, to_clock INTEGER, first_ns INTEGER,
                            last_ns INTEGER, anchor_ns INTEGER, offset_ns INTEGER, drift REAL,
                            bound_ns INTEGER, bound_growth REAL, drift_bound REAL,
                            steady_first_ns INTEGER, steady_last_ns INTEGER,
                            PRIMARY KEY (from_clock, to_clock, first_ns)) WITHOUT ROWID;
CREATE TABLE clock_pair (asker INTEGER, answerer INTEGER, network TEXT, method TEXT,
                         shared INTEGER, exchanges INTEGER, bad_stamps INTEGER,
                         shortest_ns INTEGER, median_ns INTEGER, offset_ns INTEGER, drift REAL, bound_ns INTEGER,
                         worst_bound_ns INTEGER, check_difference_ns INTEGER,
                         check_bound_ns INTEGER);
CREATE TABLE clock_loop (a INTEGER, b INTEGER, c INTEGER, residual_ns INTEGER, bound_ns INTEGER);
CREATE TABLE clock_notice (time_ns INTEGER, clock INTEGER, node INTEGER, severity INTEGER,
                           what TEXT, detail TEXT);
CREATE TABLE settled (trace INTEGER, sink INTEGER, copy INTEGER, outcome INTEGER, place INTEGER,
                      warmup INTEGER);
)sql";

/// Built when a run is finished: while it is under way they would only slow the writer.
inline constexpr std::string_view indices = R"sql(
CREATE INDEX IF NOT EXISTS span_by_trace ON span (trace, origin);
CREATE INDEX IF NOT EXISTS sample_by_trace ON sample (trace);
CREATE INDEX IF NOT EXISTS sent_by_trace ON sent (trace);
CREATE INDEX IF NOT EXISTS fate_by_trace ON fate (trace);
CREATE INDEX IF NOT EXISTS values_by_trace ON "values" (trace);
)sql";

inline constexpr std::string_view settled_index =
    "CREATE INDEX IF NOT EXISTS settled_by_trace ON settled (trace)";

inline constexpr std::string_view views = R"sql(
CREATE VIEW samples AS
SELECT s.trace, p.name AS sensor, r.copy, s.trace & 281474976710655 AS seq,
       s.intended_ns + b.offset_ns
         + CAST(ROUND(b.drift * (s.intended_ns - b.anchor_ns)) AS INTEGER) AS intended_ns,
       s.sensed_ns + e.offset_ns
         + CAST(ROUND(e.drift * (s.sensed_ns - e.anchor_ns)) AS INTEGER) AS sensed_ns,
       s.bytes, o.warmup
FROM sample s
JOIN origin o ON o.id = s.origin
JOIN route r ON r.id = o.route
JOIN place p ON p.id = r.place
LEFT JOIN clock_segment b ON b.from_clock = o.begin_clock AND b.to_clock = 0
  AND s.intended_ns BETWEEN b.first_ns AND b.last_ns
LEFT JOIN clock_segment e ON e.from_clock = o.end_clock AND e.to_clock = 0
  AND s.sensed_ns BETWEEN e.first_ns AND e.last_ns;

CREATE VIEW spans AS
SELECT trace, place, copy, step, begin_node, end_node, begin_ns, end_ns,
       CASE WHEN across_bound < along_bound OR along_bound IS NULL THEN end_ns - begin_ns
            ELSE raw_end_ns - from_ns + CAST(ROUND(drift * (raw_end_ns - anchor_ns)) AS INTEGER)
                 - CAST(ROUND(drift * (from_ns - anchor_ns)) AS INTEGER)
       END AS duration_ns,
       CASE WHEN across_bound < along_bound OR along_bound IS NULL THEN across_bound
            ELSE along_bound
       END AS bound_ns,
       warmup
FROM (SELECT *, CAST(ROUND(vague * (1 + ABS(drift)) + drift_bound
                           * (ABS(raw_end_ns - from_ns) + vague)) AS INTEGER) AS along_bound
FROM (SELECT *,
       CASE WHEN steady THEN end_drift WHEN own_seconds THEN 0.0 END AS drift,
       CASE WHEN steady THEN end_drift_bound WHEN own_seconds THEN 0.002 END AS drift_bound
FROM (SELECT *, across_bound IS NULL AND NOT EXISTS (
         SELECT 1 FROM clock_segment u
         WHERE u.from_clock = end_clock AND u.to_clock = 0 AND u.steady_first_ns > u.steady_last_ns
           AND u.first_ns <= MAX(from_ns + vague, raw_end_ns)
           AND u.last_ns >= MIN(from_ns - vague, raw_end_ns)) AS own_seconds
FROM (SELECT *, from_ns - vague >= steady_first_ns AND from_ns + vague <= steady_last_ns AS steady
FROM (SELECT s.trace, p.name AS place, o.copy, t.name AS step,
       m.name AS begin_node, n.name AS end_node,
       s.begin_ns + b.offset_ns
         + CAST(ROUND(b.drift * (s.begin_ns - b.anchor_ns)) AS INTEGER) AS begin_ns,
       s.end_ns + e.offset_ns
         + CAST(ROUND(e.drift * (s.end_ns - e.anchor_ns)) AS INTEGER) AS end_ns,
       b.bound_ns + e.bound_ns
         + CAST(ROUND(b.bound_growth * ABS(s.begin_ns - b.anchor_ns)) AS INTEGER)
         + CAST(ROUND(e.bound_growth * ABS(s.end_ns - e.anchor_ns)) AS INTEGER) AS across_bound,
       s.end_ns AS raw_end_ns,
       CASE WHEN o.begin_clock = o.end_clock THEN s.begin_ns
            ELSE s.begin_ns + d.offset_ns
                 + CAST(ROUND(d.drift * (s.begin_ns - d.anchor_ns)) AS INTEGER)
       END AS from_ns,
       CASE WHEN o.begin_clock = o.end_clock THEN 0
            ELSE d.bound_ns
                 + CAST(ROUND(d.bound_growth * ABS(s.begin_ns - d.anchor_ns)) AS INTEGER)
       END AS vague,
       COALESCE(e.anchor_ns, 0) AS anchor_ns, e.drift AS end_drift,
       e.drift_bound AS end_drift_bound, e.steady_first_ns, e.steady_last_ns, o.end_clock,
       o.warmup
FROM span s
JOIN origin o ON o.id = s.origin
JOIN route r ON r.id = o.route
JOIN place p ON p.id = r.place
LEFT JOIN step t ON t.id = o.what
LEFT JOIN node m ON m.id = o.begin_node
LEFT JOIN node n ON n.id = o.end_node
LEFT JOIN clock_segment b ON b.from_clock = o.begin_clock AND b.to_clock = 0
  AND s.begin_ns BETWEEN b.first_ns AND b.last_ns
LEFT JOIN clock_segment e ON e.from_clock = o.end_clock AND e.to_clock = 0
  AND s.end_ns BETWEEN e.first_ns AND e.last_ns
LEFT JOIN clock_segment d ON d.from_clock = o.begin_clock AND d.to_clock = o.end_clock
  AND d.to_clock <> d.from_clock AND s.begin_ns BETWEEN d.first_ns AND d.last_ns)))));

CREATE VIEW outcomes AS
SELECT s.trace, k.name AS sink, s.copy, c.name AS outcome, p.name AS place, s.warmup
FROM settled s
JOIN place k ON k.id = s.sink
JOIN place p ON p.id = s.place
JOIN outcome_name c ON c.id = s.outcome;

CREATE VIEW links AS
SELECT p.name, p.from_stage, p.to_stage, p.transport,
       SUM(CASE e.side WHEN 0 THEN e.sent END) AS sent,
       SUM(CASE e.side WHEN 1 THEN e."unique" END) AS delivered,
       CASE WHEN COUNT(CASE WHEN e.side = 0 AND e.final THEN 1 END) = l.lanes
             AND COUNT(CASE WHEN e.side = 1 AND e.final THEN 1 END) = l.lanes
            THEN SUM(CASE e.side WHEN 0 THEN e.sent ELSE -e."unique" END) END AS lost,
       SUM(CASE e.side WHEN 1 THEN e.duplicated END) AS duplicated,
       SUM(CASE e.side WHEN 1 THEN e.reordered END) AS reordered,
       SUM(CASE e.side WHEN 0 THEN e.dropped END) AS dropped,
       SUM(CASE e.side WHEN 1 THEN e.corrupt END) AS corrupt,
       SUM(CASE e.side WHEN 0 THEN e.bytes END) AS bytes_sent,
       SUM(CASE e.side WHEN 1 THEN e.bytes END) AS bytes_received
FROM place p
LEFT JOIN link_end e ON e.link = p.id
LEFT JOIN (SELECT place, COUNT(DISTINCT copy) AS lanes FROM route GROUP BY place) l
  ON l.place = p.id
WHERE p.kind = 3
GROUP BY p.id
ORDER BY p.id;

CREATE VIEW link_counts AS
SELECT p.name, CASE c.side WHEN 0 THEN 'sender' WHEN 1 THEN 'receiver' ELSE 'network' END AS side, c.name AS what,
       SUM(c.count) AS count
FROM link_count c JOIN place p ON p.id = c.link
GROUP BY c.link, c.side, c.name
ORDER BY c.link, c.side, c.name;

CREATE VIEW clocks AS
SELECT n.name AS node,
       c.anchor_ns + c.offset_ns AS time_ns,
       -c.offset_ns AS offset_ns,
       -c.drift * 1e9 AS drift_ppb,
       c.bound_ns
FROM node n
LEFT JOIN clock_segment c ON c.from_clock = n.clock AND c.to_clock = 0
ORDER BY n.id, c.first_ns;

CREATE VIEW clock_pairs AS
SELECT COALESCE(m.name, 'coordinator') AS asker, COALESCE(n.name, 'coordinator') AS answerer,
       p.network, p.method, p.shared, p.exchanges, p.bad_stamps,
       p.shortest_ns AS min_rtt_ns,
       p.median_ns AS median_rtt_ns, p.offset_ns, p.drift * 1e9 AS drift_ppb, p.bound_ns,
       p.worst_bound_ns, p.check_difference_ns AS least_squares_difference_ns
FROM clock_pair p
LEFT JOIN node m ON m.id = p.asker
LEFT JOIN node n ON n.id = p.answerer
ORDER BY p.rowid;

CREATE VIEW clock_loops AS
SELECT COALESCE(x.name, 'coordinator') AS a, COALESCE(y.name, 'coordinator') AS b,
       COALESCE(z.name, 'coordinator') AS c, l.residual_ns, l.bound_ns
FROM clock_loop l
LEFT JOIN node x ON x.id = l.a
LEFT JOIN node y ON y.id = l.b
LEFT JOIN node z ON z.id = l.c
ORDER BY l.rowid;

CREATE VIEW metrics AS
SELECT v.trace, p.name AS place, n.name, v.value
FROM "values" v
JOIN origin o ON o.id = v.origin
JOIN route r ON r.id = o.route
JOIN place p ON p.id = r.place
LEFT JOIN value_name n ON n.id = o.what;

CREATE VIEW events AS
SELECT v.time_ns + c.offset_ns
         + CAST(ROUND(c.drift * (v.time_ns - c.anchor_ns)) AS INTEGER) AS time_ns,
       COALESCE(n.name, 'coordinator') AS node,
       CASE v.severity WHEN 0 THEN 'info' WHEN 1 THEN 'warning' ELSE 'error' END AS severity,
       v.what, v.detail
FROM (SELECT * FROM event UNION ALL SELECT * FROM clock_notice) v
LEFT JOIN node n ON n.id = v.node
LEFT JOIN clock_segment c ON c.from_clock = v.clock AND c.to_clock = 0
  AND v.time_ns BETWEEN c.first_ns AND c.last_ns;

CREATE VIEW nodes AS
SELECT name, host, pid, clock_domain AS clock FROM node ORDER BY id;

CREATE VIEW run AS
SELECT key, value FROM run_entry;
)sql";

} // namespace peernet::schema
