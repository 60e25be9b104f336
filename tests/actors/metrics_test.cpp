// SPDX-License-Identifier: MIT
#include "actors/metrics.hpp"
#include "tests/runtime/trace/hand_made.hpp"
#include "tests/runtime/trace/synthetic_run.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/temp_folder.hpp"

using namespace peernet;

namespace {

std::vector<char> bytes_of(const std::vector<record>& records) {
  const auto* first = reinterpret_cast<const char*>(records.data());
  return {first, first + records.size() * sizeof(record)};
}

struct fixture : actor_fixture {
  temp_folder folder;
  std::shared_ptr<store> db = std::make_shared<store>(*store::create(folder / "run.db"));
  synthetic_run run_made{{.samples = 50, .warmup = 5}};
  local_metrics_actor metrics =
      spawn(actors::metrics, actors::metrics_config{.into = db,
                                                    .folder = folder.path().string(),
                                                    .shape = run_made.shape()});
  std::shared_ptr<std::optional<caf::error>> end = watch(metrics);

  std::shared_ptr<answer<std::uint64_t>> send(const std::vector<record>& records) {
    return ask_for<std::uint64_t>(metrics, batch_atom::value, node_id{0}, bytes_of(records));
  }
  std::shared_ptr<answer<bool>> with_store(std::function<result<void>(store&)> task) {
    return ask_for<bool>(
        metrics, store_task{std::make_shared<const std::function<result<void>(store&)>>(task)});
  }
  std::int64_t stored(const std::string& table) {
    return db->database().query_integer("SELECT count(*) FROM " + table).value_or(-1);
  }
  /// From now on the store takes nothing, as if the disk were full.
  void spoil() { db->database().execute("PRAGMA query_only = ON"); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(metrics_test, fixture)

BOOST_AUTO_TEST_CASE(the_layout_is_stored_first) {
  const auto shape = db->read_layout();
  BOOST_REQUIRE(shape.ok());
  BOOST_TEST(shape->places.size() == run_made.shape().places.size());
}

BOOST_AUTO_TEST_CASE(a_batch_is_stored_and_its_size_is_the_credit) {
  std::vector<record> records;
  run_made.sample(records);
  const auto a = send(records);
  BOOST_TEST(a->get() == records.size());
  BOOST_TEST(stored("span") + stored("sample") + stored("sent") + stored("fate") +
                 stored("\"values\"") ==
             static_cast<std::int64_t>(records.size()));
  BOOST_TEST(send({})->get() == 0u);
}

BOOST_AUTO_TEST_CASE(a_batch_that_is_no_whole_number_of_records_is_refused_and_harms_nothing) {
  auto torn = bytes_of({make_sample(0, 1, 2)});
  torn.pop_back();
  const auto a = ask_for<std::uint64_t>(metrics, batch_atom::value, node_id{0}, torn);
  BOOST_CHECK(a->error().code == errc::corrupt);
  BOOST_TEST(stored("sample") == 0);
  BOOST_TEST(!end->has_value());
  BOOST_TEST(send({make_sample(0, 1, 2)})->get() == 1u);
}

BOOST_AUTO_TEST_CASE(events_and_news_of_clocks_are_stored) {
  caf::anon_send(metrics, event_atom::value, run_event{.time_ns = 7, .what = "node lost"});
  clock_news news;
  news.probes = {{.remote = 1, .t1 = 1, .t2 = 3, .t3 = 3, .t4 = 5}};
  news.looks = {{.clock = 1, .time_ns = 4}};
  caf::anon_send(metrics, std::make_shared<const clock_news>(news));
  run();
  BOOST_TEST(stored("event") == 1);
  const auto probes = db->read_probes();
  BOOST_REQUIRE(probes.ok());
  BOOST_TEST(probes->size() == 1u);
  BOOST_TEST(db->read_looks()->size() == 1u);
  const auto figures = ask_for<figures_ptr>(metrics, report_atom::value);
  BOOST_TEST(figures->get()->clock_bound.has_value()); // of the other clock, by this exchange
}

BOOST_AUTO_TEST_CASE(what_is_asked_of_the_store_is_done_on_it) {
  BOOST_TEST(with_store([](store& s) { return s.set_run("scenario", "mine"); })->get());
  BOOST_TEST(db->read_run("scenario").value() == "mine");
}

BOOST_AUTO_TEST_CASE(the_figures_of_the_moment_follow_the_records) {
  const auto before = ask_for<figures_ptr>(metrics, report_atom::value);
  BOOST_TEST(before->get()->intended == 0u);
  std::vector<record> records;
  for (int i = 0; i < 10; ++i)
    run_made.sample(records);
  (void)send(records);
  const auto after = ask_for<figures_ptr>(metrics, report_atom::value);
  BOOST_TEST(after->get()->intended == 10u);
  BOOST_TEST(after->get()->delivered == 10u);
}

BOOST_AUTO_TEST_CASE(a_store_that_fails_ends_the_actor_with_its_error) {
  spoil();
  const auto a = send({make_sample(0, 1, 2)});
  BOOST_CHECK(a->error().code == errc::io);
  BOOST_TEST(a->error().message.find("run.db") != std::string::npos, a->error().message);
  BOOST_REQUIRE(end->has_value());
  BOOST_CHECK(from_caf(**end).code == errc::io);
}

BOOST_AUTO_TEST_CASE(an_event_or_a_task_that_cannot_be_stored_ends_it_too) {
  spoil();
  const auto a = with_store([](store& s) { return s.set_run("scenario", "mine"); });
  BOOST_CHECK(a->error().code == errc::io);
  BOOST_TEST(end->has_value());
}

BOOST_AUTO_TEST_CASE(in_the_end_there_is_a_summary_and_the_files_beside_the_database) {
  std::vector<record> records;
  while (run_made.more())
    run_made.sample(records);
  (void)send(records);
  BOOST_TEST(with_store([&](store& s) -> result<void> {
               if (auto done = s.append_counts(run_made.counts()); !done)
                 return done;
               for (const auto& e : run_made.link_ends())
                 if (auto done = s.append_link_end(e); !done)
                   return done;
               return s.set_run_end(run_end::completed);
             })->get());
  const auto a = ask_for<summary_ptr>(metrics, finish_atom::value);
  const auto& summary = *a->get();
  BOOST_CHECK(summary.verdict == run_verdict::valid);
  BOOST_TEST(summary.intended == 50u);
  BOOST_TEST(summary.warmup == 5u);
  for (const auto* file : {"traces.csv", "summary.json", "trace.json"})
    BOOST_TEST(std::filesystem::exists(folder / file), file);
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_written_are_an_error) {
  std::filesystem::create_directory(folder / "traces.csv");
  (void)with_store([](store& s) { return s.set_run_end(run_end::completed); });
  const auto a = ask_for<summary_ptr>(metrics, finish_atom::value);
  BOOST_CHECK(a->error().code == errc::io);
  BOOST_TEST(a->error().message.find("traces.csv") != std::string::npos, a->error().message);
}

BOOST_AUTO_TEST_SUITE_END()
