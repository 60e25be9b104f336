// SPDX-License-Identifier: MIT
#include "actors/models/builtin.hpp"
#include "runtime/core/clock.hpp"
#include "runtime/plugin/registry.hpp"
#include "tests/actors/models/run_model.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <ctime>

using namespace peernet;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<model> make_dummy(duration pre, duration infer, duration post, bool busy = false,
                                  std::int64_t output = 100) {
  registry types;
  register_builtin_models(types);
  options o;
  o.set("preprocess", pre);
  o.set("infer", infer);
  o.set("postprocess", post);
  o.set("busy", busy);
  o.set("output", output);
  return types.make_model("dummy", o, {.stage = "detector"}).value();
}

duration processor_time() {
  timespec ts{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return std::chrono::seconds(ts.tv_sec) + duration(ts.tv_nsec);
}

} // namespace

BOOST_AUTO_TEST_SUITE(builtin_test)

BOOST_AUTO_TEST_CASE(echo_shares_the_memory_of_its_input) {
  registry types;
  register_builtin_models(types);
  BOOST_TEST(types.status().ok());
  const auto sut = types.make_model("echo", {}, {}).value();
  const auto input = payload::copy_of("hello");
  const auto run = run_model(*sut, input);
  BOOST_TEST(!sut->traits().preprocess);
  BOOST_TEST(!sut->traits().postprocess);
  BOOST_REQUIRE(run.outputs.size() == 1u);
  BOOST_TEST(run.outputs[0].data() == input.data());
  BOOST_TEST((run.outputs[0].what() == input.what()));
}

BOOST_AUTO_TEST_CASE(a_dummy_takes_at_least_its_time_in_each_step) {
  for (const bool busy : {false, true}) {
    const auto sut = make_dummy(2ms, 3ms, 1ms, busy);
    BOOST_TEST(sut->traits().preprocess);
    BOOST_TEST(sut->traits().postprocess);
    const auto begin = clock::machine_now();
    BOOST_TEST(sut->preprocess({}).ok());
    const auto prepared = clock::machine_now();
    const auto run = run_model(*sut, {});
    const auto end = clock::machine_now();
    BOOST_TEST(to_ns(prepared - begin) >= to_ns(2ms));
    BOOST_TEST(to_ns(end - prepared) >= to_ns(6ms));
    BOOST_TEST(run.outputs.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(only_a_busy_dummy_uses_the_processor) {
  const auto sleeping = make_dummy(0ms, 50ms, 0ms, false);
  auto begin = processor_time();
  run_model(*sleeping, {});
  BOOST_TEST(to_ns(processor_time() - begin) < to_ns(25ms));
  const auto spinning = make_dummy(0ms, 20ms, 0ms, true);
  begin = processor_time();
  run_model(*spinning, {});
  BOOST_TEST(to_ns(processor_time() - begin) > 0);
}

BOOST_AUTO_TEST_CASE(a_step_without_a_time_does_not_exist) {
  const auto sut = make_dummy(0ms, 0ms, 0ms);
  BOOST_TEST(!sut->traits().preprocess);
  BOOST_TEST(!sut->traits().postprocess);
  BOOST_TEST(run_model(*sut, {}).outputs.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_dummy_answers_with_zeros_of_the_asked_size) {
  for (const std::int64_t size : {0, 1, 1'000'000}) {
    const auto sut = make_dummy(0ms, 0ms, 0ms, false, size);
    const auto run = run_model(*sut, {});
    BOOST_REQUIRE(run.outputs.size() == 1u);
    BOOST_TEST(run.outputs[0].size() == static_cast<std::size_t>(size));
    BOOST_TEST(
        std::ranges::all_of(run.outputs[0].bytes(), [](std::byte b) { return b == std::byte{0}; }));
  }
}

BOOST_AUTO_TEST_SUITE_END()
