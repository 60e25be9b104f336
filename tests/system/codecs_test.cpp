// SPDX-License-Identifier: MIT
// Runs whose links encode: chains, what they report for each sample, and what is expected of it.
#include "tests/support/run_process.hpp"
#include "tests/support/run_scenarios.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

namespace {

/// Pictures halved and compressed on their way up, and sent back as they came.
const std::string half = R"([scenario]
samples = 30
[nodes.robot]
[nodes.cloud]
[sensors.camera]
node = "robot"
type = "synthetic-image"
width = 160
height = 120
arrival = "closed-loop"
timeout = "20s"
[inference.mirror]
node = "cloud"
model = "echo"
[sinks.back]
node = "robot"
[links.up]
from = "camera"
to = "mirror"
codec = [{ type = "resize", factor = 0.5 }, { type = "jpeg", quality = 80 }, "zstd"]
psnr = true
[links.down]
from = "mirror"
to = "back"
)";

} // namespace

BOOST_AUTO_TEST_SUITE(codecs_test)

BOOST_AUTO_TEST_CASE(a_chain_runs_and_every_sample_says_what_it_cost_and_saved) {
  run_process run(half + R"([expect.metrics]
"up.encoded-bytes" = ["max < 5kB", "min > 100B"]
"up.psnr" = "min > 20dB"
"down.encoded-bytes" = "max < 1kB"
)");
  run.expect_end(0, {{"camera", 1}});
  auto db = run.database();
  const auto count = [&](const std::string& name) {
    return db.number("SELECT COUNT(DISTINCT trace) FROM metrics WHERE place = 'up' AND name = '" +
                     name + "'");
  };
  BOOST_TEST(count("encoded-bytes") == 30);
  const auto skipped =
      db.number("SELECT count FROM link_counts WHERE name = 'up' AND what = 'psnr-skipped'");
  BOOST_TEST(count("psnr") + skipped == 30);
  BOOST_TEST(count("psnr") > 0);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM metrics WHERE name = 'psnr' AND "
                       "value NOT BETWEEN 20 AND 60") == 0);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM metrics WHERE place = 'down'") == 0);
  // What arrives at the model, and goes back raw, is the small picture.
  BOOST_TEST(db.number("SELECT bytes_received FROM links WHERE name = 'down'") ==
             30 * (80 * 60 * 3 + 88));
  BOOST_TEST(db.number("SELECT bytes_sent FROM links WHERE name = 'up'") ==
             db.number("SELECT SUM(value) + 30 * 88 FROM metrics WHERE name = 'encoded-bytes'"));
  BOOST_TEST(run.out().find("up       encoded-bytes") != std::string::npos, run.out());
  BOOST_TEST(run.out().find("– down.encoded-bytes") != std::string::npos, run.out());
}

BOOST_AUTO_TEST_CASE(too_bad_a_picture_fails_the_run) {
  run_process run(half + "[expect.metrics]\n\"up.psnr\" = \"mean > 99dB\"\n");
  run.expect_end(3, {{"camera", 1}});
  BOOST_TEST(run.out().find("✗ up.psnr") != std::string::npos, run.out());
}

BOOST_AUTO_TEST_CASE(what_is_no_picture_travels_and_says_why_it_has_no_psnr) {
  run_process run(echo_scenario, set({"links.up.codec=zstd", "links.up.psnr=true",
                                      "links.down.codec=[\"zstd\", \"zstd\"]"}));
  run.expect_end(0, {{"probe", 1}});
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM metrics WHERE name = 'encoded-bytes'") == 200);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM metrics WHERE name = 'psnr'") == 0);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM events WHERE what = 'no psnr'") == 1);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM spans WHERE step = 'decode'") == 200);
}

BOOST_AUTO_TEST_CASE(a_codec_that_cannot_take_a_sample_fails_it) {
  run_process run(echo_scenario, set({"scenario.samples=3", "links.up.codec=webp"}));
  run.expect_end(4, {{"probe", 1}}); // nothing reached the sink
  auto db = run.database();
  BOOST_TEST(db.number("SELECT COUNT(*) FROM outcomes WHERE outcome = 'failed' AND place = 'up'") ==
             3);
  BOOST_TEST(db.number("SELECT COUNT(*) FROM metrics") == 0);
}

BOOST_AUTO_TEST_SUITE_END()
