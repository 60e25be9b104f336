// SPDX-License-Identifier: MIT
#include "runtime/trace/store.hpp"
#include "tests/runtime/trace/hand_made.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdio>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace peernet;

namespace {

/// Runs `body` in a process of its own; returns how it ended.
template <class Body>
int in_child(Body body) {
  std::fflush(nullptr);
  const auto pid = ::fork();
  BOOST_REQUIRE(pid >= 0);
  if (pid == 0)
    ::_exit(body());
  int status = 0;
  BOOST_REQUIRE(::waitpid(pid, &status, 0) == pid);
  return status;
}

std::string output_of(const std::string& command) {
  std::string text;
  auto* pipe = ::popen(command.c_str(), "r");
  BOOST_REQUIRE(pipe != nullptr);
  char buffer[4096];
  while (const auto n = std::fread(buffer, 1, sizeof buffer, pipe))
    text.append(buffer, n);
  BOOST_TEST(::pclose(pipe) == 0);
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(store_test)

BOOST_AUTO_TEST_CASE(an_existing_file_is_never_overwritten) {
  const scratch_folder folder;
  std::ofstream(folder / "run.db") << "precious";
  const auto made = store::create(folder / "run.db");
  BOOST_REQUIRE(!made.ok());
  BOOST_TEST(made.error().message.find("exists already") != std::string::npos);
  BOOST_TEST(contents(folder / "run.db") == "precious");
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_named) {
  const scratch_folder folder;
  const auto made = store::create(folder / "nowhere" / "run.db");
  BOOST_REQUIRE(!made.ok());
  BOOST_TEST((made.error().code == errc::io));
  BOOST_TEST(made.error().message.find("nowhere/run.db: No such file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_run_is_not_opened) {
  const scratch_folder folder;
  BOOST_TEST(
      (store::open(folder / "none.db", store::access::read).error().code == errc::not_found));
  std::ofstream(folder / "text.db") << std::string(100, 'x');
  BOOST_TEST(
      (store::open(folder / "text.db", store::access::read).error().code == errc::unreadable));
  {
    auto other = require(sql_database::open(folder / "other.db", sql_open::create));
    other.execute("CREATE TABLE t (i)");
  }
  BOOST_TEST(store::open(folder / "other.db", store::access::finish)
                 .error()
                 .message.find("not a run of PeerNet") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_run_of_another_version_says_so) {
  const scratch_folder folder;
  static_cast<void>(store::create(folder / "run.db"));
  {
    auto db = require(sql_database::open(folder / "run.db", sql_open::read_write));
    db.execute("PRAGMA user_version = 99");
  }
  const auto opened = store::open(folder / "run.db", store::access::read);
  BOOST_REQUIRE(!opened.ok());
  BOOST_TEST(opened.error().message.find("version 99") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_layout_comes_back_as_it_was) {
  const auto shape = pipeline_layout(1);
  hand_made_run run(shape);
  const auto back = *run.db.read_layout();
  BOOST_REQUIRE(back.nodes.size() == 2);
  BOOST_TEST(back.nodes[1].name == "cloud");
  BOOST_TEST(back.nodes[1].pid == 12);
  BOOST_TEST(back.nodes[1].clock == 1);
  BOOST_TEST(back.nodes[1].clock_domain == "boot-b");
  BOOST_REQUIRE(back.places.size() == 5);
  BOOST_TEST((back.places[3].kind == place_kind::link));
  BOOST_TEST(back.places[3].transport == "zmq-tcp");
  BOOST_REQUIRE(back.routes.size() == 5);
  BOOST_TEST(back.routes[0].parent == no_route);
  BOOST_TEST(back.routes[4].place == 2);
  BOOST_TEST(back.values == shape.values);
  BOOST_TEST(back.user_steps == shape.user_steps);
  BOOST_TEST(run.db.set_layout(shape).ok()); // a second time replaces
  BOOST_TEST(run.db.read_layout()->places.size() == 5u);
}

BOOST_AUTO_TEST_CASE(raw_facts_come_back_as_they_were) {
  hand_made_run run(pipeline_layout());
  const probe p{1,      0,        3, coordinator_node, INT64_MAX, -2, 3, 4, probe_phase::after,
                "wifi", "control"};
  BOOST_REQUIRE(run.db.append_probes(std::vector{p, p}).ok());
  const auto probes = *run.db.read_probes();
  BOOST_REQUIRE(probes.size() == 2);
  BOOST_TEST((probes[0].local == 1 && probes[0].t1 == INT64_MAX && probes[0].t2 == -2 &&
              probes[0].t4 == 4 && probes[0].phase == probe_phase::after));
  BOOST_TEST((probes[0].asker == 3 && probes[0].answerer == coordinator_node));
  BOOST_TEST(probes[0].network == "wifi");

  link_end e{.link = 3,
             .lane = 2,
             .node = 1,
             .side = link_side::receiver,
             .unique = 5,
             .counts = {{"incomplete", 2}, {"packets", 70}}};
  BOOST_REQUIRE(run.db.append_link_end(e).ok());
  e.unique = 7; // a later report of the same end
  e.highest = 9;
  BOOST_REQUIRE(run.db.append_link_end(e).ok());
  const auto ends = *run.db.read_link_ends();
  BOOST_REQUIRE(ends.size() == 1);
  BOOST_TEST((ends[0].unique == 7 && ends[0].highest == 9 && ends[0].lane == 2 &&
              ends[0].node == 1 && ends[0].side == link_side::receiver && ends[0].final));
  BOOST_TEST((ends[0].counts == e.counts));

  BOOST_REQUIRE(run.db.mark_node_lost(1).ok());
  BOOST_TEST((*run.db.read_lost_nodes() == std::vector{false, true}));
  BOOST_TEST(run.db.read_run("nothing")->empty());
}

BOOST_AUTO_TEST_CASE(records_that_share_what_where_and_clock_share_an_origin) {
  hand_made_run run(pipeline_layout());
  run.append({make_span(1, 0, step::sense, 1, 2), make_span(2, 0, step::sense, 3, 4),
              make_span(2, 0, step::lag, 3, 4)});
  run.append({make_span(3, 0, step::sense, 5, 6)});
  BOOST_TEST(run.db.read_origins()->size() == 2u);
  auto again = require(store::open(run.folder / "run.db", store::access::finish));
  BOOST_TEST(again.append(std::vector{make_span(4, 0, step::lag, 5, 6)}).ok());
  BOOST_TEST(again.read_origins()->size() == 2u);
}

BOOST_AUTO_TEST_CASE(every_committed_record_is_in_the_views_after_kill_9) {
  const scratch_folder folder;
  const auto file = folder / "run.db";
  const auto ended = in_child([&] {
    auto s = store::create(file);
    if (!s.ok() || !s->set_layout(pipeline_layout(1)).ok())
      return 1;
    const at_node robot{0, 0}, cloud{1, 1};
    for (std::uint64_t t = 0; t < 10'000; ++t) {
      const auto at = static_cast<std::int64_t>(t) * 1000;
      const std::vector records{make_sample(t, at, at + 10),
                                make_span(t, 0, step::sense, at, at + 10),
                                make_link(t, 1, robot, at + 10, cloud, at + 20),
                                make_span(t, 2, step::infer, at + 20, at + 50, cloud)};
      if (!s->append(records).ok())
        return 1;
    }
    ::raise(SIGKILL);
    return 0;
  });
  BOOST_REQUIRE(WIFSIGNALED(ended));
  const auto shell = "sqlite3 '" + file.string() + "' ";
  BOOST_TEST(output_of(shell + "'SELECT COUNT(*), MAX(intended_ns) FROM samples'") ==
             "10000|9999000\n");
  // One clock: all there. Two clocks, or another than the reference: not mapped yet.
  BOOST_TEST(output_of(shell + "'SELECT step, COUNT(*), SUM(begin_ns IS NULL), SUM(duration_ns), "
                               "SUM(bound_ns) FROM spans GROUP BY step ORDER BY step'") ==
             "infer|10000|10000|300000|0\nlink|10000|0||\nsense|10000|0|100000|0\n");
  auto rest = store::open(file, store::access::finish);
  BOOST_TEST(rest.ok());
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_reported_and_spoils_nothing) {
  const scratch_folder folder;
  const auto ended = in_child([&]() -> int {
    auto s = store::create(folder / "run.db");
    if (!s.ok() || !s->set_layout(pipeline_layout()).ok())
      return 1;
    if (!s->append(std::vector{make_span(1, 0, step::sense, 1, 2)}).ok())
      return 2;
    // The nearest thing to a full disk that needs no rights: files may not grow beyond 1 MB.
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1'000'000, 1'000'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::vector batch(4096, make_span(2, 0, step::lag, 1'000'000'000'000, 1'000'000'000'001));
    for (int i = 0; i < 100; ++i)
      if (const auto done = s->append(batch); !done)
        return done.error().code == errc::io &&
                       done.error().message.find("run.db") != std::string::npos
                   ? 0
                   : 3;
    return 4;
  });
  BOOST_TEST((WIFEXITED(ended) && WEXITSTATUS(ended) == 0), "exit status " << WEXITSTATUS(ended));
  auto s = store::open(folder / "run.db", store::access::finish);
  BOOST_REQUIRE(s.ok());
  // The first record stands, and only whole batches.
  const auto spans = s->database().query_integer("SELECT COUNT(*) FROM span").value();
  BOOST_TEST(spans % 4096 == 1);
  BOOST_TEST(s->append(std::vector{make_span(3, 0, step::lag, 1, 2)}).ok());
}

BOOST_AUTO_TEST_CASE(after_a_failed_append_the_next_one_is_whole) {
  hand_made_run run(pipeline_layout());
  run.db.database().execute("PRAGMA max_page_count = 1"); // as many as there are
  std::vector batch(4096, make_span(1, 2, step::infer, 1'000'000'000'000, 1'000'000'000'001));
  const auto failed = run.db.append(batch);
  BOOST_REQUIRE(!failed.ok());
  BOOST_TEST((failed.error().code == errc::io));
  BOOST_TEST(failed.error().message.find("run.db: the disk is full") != std::string::npos);
  run.db.database().execute("PRAGMA max_page_count = 1000000");
  run.append(batch);
  check_rows(run.rows("SELECT place, step, COUNT(*) FROM spans", 3), {"detector|infer|4096"});
}

BOOST_AUTO_TEST_CASE(a_reader_may_look_while_the_run_goes_on) {
  hand_made_run run(pipeline_layout());
  run.append({make_span(1, 0, step::sense, 1, 2)});
  auto reader = require(store::open(run.folder / "run.db", store::access::read));
  BOOST_TEST(reader.database().query_integer("SELECT COUNT(*) FROM spans").value() == 1);
  run.append({make_span(2, 0, step::sense, 3, 4)});
  BOOST_TEST(reader.database().query_integer("SELECT COUNT(*) FROM spans").value() == 2);
  BOOST_TEST(!reader.set_run("a", "b").ok());
}

BOOST_AUTO_TEST_CASE(expectations_come_back_as_they_were_and_are_replaced) {
  hand_made_run run(pipeline_layout());
  BOOST_TEST(require(run.db.read_expectations()).empty());
  std::vector<expected_figure> all{{.metric = "camera->actuator.end-to-end",
                                    .condition = "p90 < 250ms",
                                    .kind = figure_kind::path,
                                    .target = "camera->detector->actuator",
                                    .name = "end-to-end",
                                    .unit = figure_unit::time_span,
                                    .inapplicable = ""},
                                   {.metric = "uplink.loss",
                                    .condition = "< 1%",
                                    .kind = figure_kind::link,
                                    .target = "uplink",
                                    .name = "loss",
                                    .unit = figure_unit::share,
                                    .inapplicable = "a local hand-off"}};
  BOOST_REQUIRE(run.db.set_expectations(all).ok());
  BOOST_TEST((require(run.db.read_expectations()) == all));
  all.pop_back();
  BOOST_REQUIRE(run.db.set_expectations(all).ok());
  BOOST_TEST((require(run.db.read_expectations()) == all));
}

BOOST_AUTO_TEST_SUITE_END()
