// SPDX-License-Identifier: MIT
#include "actors/link_forecast.hpp"
#include "runtime/config/reader.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace peernet;

namespace {

std::size_t everything(std::size_t wanted) {
  return wanted;
}

std::string two_nodes(const std::string& sensor, const std::string& link) {
  return "[scenario]\nduration = \"1s\"\n[nodes.robot]\n[nodes.cloud]\n[sensors.camera]\n"
         "node = \"robot\"\nrate = \"10Hz\"\n" +
         sensor + "\n[inference.mirror]\nnode = \"cloud\"\nmodel = \"echo\"\n" +
         "[sinks.back]\nnode = \"robot\"\n[links.up]\nfrom = \"camera\"\nto = \"mirror\"\n" + link +
         "\n[links.down]\nfrom = \"mirror\"\nto = \"back\"\ntransport = \"udp\"\n";
}

std::string forecast(const std::string& text, const memory_grant& granted = everything) {
  const auto read = read_scenario_text(text, "test.toml", ".", {}, catalogue::builtin());
  BOOST_REQUIRE_MESSAGE(read.ok(), to_string(read.errors));
  return forecast_udp(read.scenario, *make_plan(read.scenario), granted);
}

void says(const std::string& text, const std::string& part) {
  BOOST_TEST(text.find(part) != std::string::npos, "\"" << part << "\" is not in: " << text);
}

const std::string udp = "transport = \"udp\"";
const std::string bytes = "type = \"bytes\"\nsize = { min = \"1kB\", max = \"100kB\" }";

} // namespace

BOOST_AUTO_TEST_SUITE(link_forecast_test)

BOOST_AUTO_TEST_CASE(the_largest_sample_is_cut_and_its_survival_predicted) {
  // 100 000 bytes in parts of 1308: 77 datagrams; 0.999^77 and 0.99^77.
  const auto text = forecast(two_nodes(bytes, udp));
  says(text, "up: up to 100 kB = 77 datagrams of at most 1.40 kB");
  says(text, "of 0.1 % lost datagrams 92.6 %");
  says(text, "of 1 % 46.1 %");
  BOOST_TEST(text.find("warning") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_a_model_echoes_is_as_large_as_what_it_gets) {
  says(forecast(two_nodes(bytes, udp)), "down: up to 100 kB = 77 datagrams");
}

BOOST_AUTO_TEST_CASE(pictures_count_as_they_are_in_memory) {
  const auto image = [](const std::string& more) {
    return "type = \"synthetic-image\"\nwidth = 640\nheight = 480\n" + more;
  };
  says(forecast(two_nodes(image(""), udp)), "up: up to 922 kB = 705 datagrams");
  says(forecast(two_nodes(image(""), udp + "\ncodec = \"jpeg\"")),
       "up: sizes are not known before a run; the largest allowed, 4.00 MB = 3059 datagrams");
}

BOOST_AUTO_TEST_CASE(a_small_sample_is_one_datagram) {
  says(forecast(two_nodes("type = \"text\"\nsize = \"1kB\"", udp)),
       "up: up to 1.00 kB = 1 datagram of");
}

BOOST_AUTO_TEST_CASE(links_that_may_leave_the_machine_carry_seals_too) {
  auto text = two_nodes(bytes, udp);
  text.replace(text.find("[nodes.cloud]\n"), 14, "[nodes.cloud]\nhost = \"10.0.0.5\"\n");
  says(forecast(text), "up: up to 100 kB = 79 datagrams"); // parts of 1272
}

BOOST_AUTO_TEST_CASE(other_transports_and_local_hand_offs_are_not_spoken_of) {
  const auto text = forecast(two_nodes(bytes, "transport = \"zmq-tcp\""));
  BOOST_TEST(text.find("up:") == std::string::npos);
  auto local = two_nodes(bytes, udp);
  for (auto at = local.find("\"cloud\""); at != std::string::npos; at = local.find("\"cloud\""))
    local.replace(at, 7, "\"robot\"");
  BOOST_TEST(forecast(local) == "");
}

BOOST_AUTO_TEST_CASE(a_receive_buffer_below_one_sample_is_warned_of_with_the_remedy) {
  const auto small = [](std::size_t) { return std::size_t{212'992}; };
  const auto text = forecast(two_nodes(bytes, udp), small);
  says(text, "warning: up: the kernel gives a socket 213 kB");
  says(text, "a sample of 4.00 MB (max-sample) needs 4.28 MB");
  says(text, "sysctl -w net.core.rmem_max=4281428");
  const auto fits =
      forecast(two_nodes(bytes, "transport = { type = \"udp\", max-sample = \"150kB\" }"), small);
  BOOST_TEST(fits.find("warning: up") == std::string::npos);
  says(fits, "warning: down");
}

BOOST_AUTO_TEST_CASE(other_machines_buffers_are_not_ours_to_judge) {
  auto text = two_nodes(bytes, udp);
  text.replace(text.find("[nodes.cloud]\n"), 14, "[nodes.cloud]\nhost = \"10.0.0.5\"\n");
  const auto said = forecast(text, [](std::size_t) { return std::size_t{1000}; });
  BOOST_TEST(said.find("warning: up") == std::string::npos); // received on cloud
  says(said, "warning: down");
}

BOOST_AUTO_TEST_SUITE_END()
