// SPDX-License-Identifier: MIT
#include "actors/remote/messages.hpp"
#include "tests/actors/remote/remote_rig.hpp"
#include "tests/support/why.hpp"

#include <limits>
#include <random>

using namespace peernet;

namespace {

machine_facts some_facts() {
  machine_facts f;
  f.version = "1.2.3";
  f.name = "robot \"one\"\n\u00fc";
  f.host = "host";
  f.system = "Linux 6.1.0 x86_64";
  f.clock_domain = "boot/4026531834";
  f.cores = 8;
  f.governor = "powersave";
  f.most_receive_buffer = std::numeric_limits<std::int64_t>::max();
  f.most_send_buffer = std::numeric_limits<std::int64_t>::min();
  f.networks = {{"eth0", "10.0.0.5", 1500}, {"wlan0", "fd00::5", 0}};
  f.plugins = {"images", "torchscript"};
  f.ports = "7500-7599";
  f.most_shipped = std::numeric_limits<std::uint64_t>::max();
  f.busy = "run \"x\" of laptop";
  return f;
}

const std::string a_digest(64, 'a');

/// One of each kind, every field with something in it.
std::vector<remote_message> every_message() {
  return {greeting{some_facts(), "cloud", "echo", a_digest},
          preparation{"run", "cloud", {{"files/0-a", a_digest, 1}, {"files/1-b", "", 0}}},
          wanted_files{{a_digest, std::string(64, 'b')}},
          file_follows{"stage/1.png", a_digest, 7},
          start_worker{},
          worker_started{4711, "folder"},
          worker_ended{"killed by signal 9 (Killed)"},
          refusal{"it is busy"},
          pairing{"claim", "laptop"},
          still_here{}};
}

void check_corrupt(std::string_view text) {
  const auto m = decode(text);
  BOOST_TEST(!m.ok(), text.substr(0, 200));
  if (!m)
    BOOST_TEST(m.error().code == errc::corrupt);
}

/// `text` with its first `what` replaced.
std::string with(std::string text, std::string_view what, std::string_view other) {
  const auto at = text.find(what);
  BOOST_REQUIRE_MESSAGE(at != text.npos, what);
  return text.replace(at, what.size(), other);
}

/// Bytes that came from anywhere are refused as corrupt, or are a message like any other.
void check_harmless(std::string_view text) {
  const auto m = decode(text);
  if (!m) {
    BOOST_REQUIRE(m.error().code == errc::corrupt);
    return;
  }
  const auto again = decode(encode(*m));
  BOOST_REQUIRE(again.ok());
  BOOST_REQUIRE((*again == *m));
}

} // namespace

BOOST_AUTO_TEST_SUITE(messages_test)

BOOST_AUTO_TEST_CASE(every_message_comes_out_as_it_went_in) {
  const auto all = every_message();
  BOOST_TEST(all.size() == std::variant_size_v<remote_message>);
  for (const auto& m : all) {
    const auto back = decode(encode(m));
    BOOST_REQUIRE_MESSAGE(back.ok(), encode(m));
    BOOST_TEST((*back == m), encode(m));
  }
  for (const remote_message& m : {remote_message{greeting{}}, remote_message{preparation{}},
                                  remote_message{wanted_files{}}, remote_message{refusal{}}}) {
    const auto back = decode(encode(m));
    BOOST_REQUIRE(back.ok());
    BOOST_TEST((*back == m), encode(m));
  }
}

BOOST_AUTO_TEST_CASE(text_that_is_no_utf8_is_sent_as_well_as_can_be) {
  const auto back = decode(encode(refusal{"caf\xe9 is busy"}));
  BOOST_REQUIRE(back.ok());
  BOOST_TEST(std::get<refusal>(*back).why == "caf\uFFFD is busy");
}

BOOST_AUTO_TEST_CASE(what_is_no_message_is_corrupt) {
  for (const auto* text :
       {"", "{", "[]", "null", "7", "\"start\"", "{}", R"({"message":7})", R"({"message":null})",
        R"({"message":["start"]})", R"({"message":"dance"})", R"({"message":""})",
        R"({"message":"START"})", R"({"message":"start"} x)", R"({"message":"start"}{})",
        "{\"message\":\"sta\xff\"}", R"({"message":"want"})"})
    check_corrupt(text);
  check_corrupt(std::string_view("\0\0\0\0", 4));
}

BOOST_AUTO_TEST_CASE(each_field_must_be_there_and_of_its_type) {
  using namespace std::literals;
  for (const auto& m : every_message()) {
    const auto text = encode(m);
    for (std::size_t at = 0; (at = text.find("\":", at)) != text.npos; at += 2) {
      const auto begin = text.rfind('"', at - 1) + 1;
      if (text.substr(begin, at - begin) == "message")
        continue;
      check_corrupt(text.substr(0, begin) + "other-" + text.substr(begin)); // missing
      for (const auto value : {"null,\"x\":"sv, "true,\"x\":"sv, "1.5,\"x\":"sv, "{},\"x\":"sv})
        check_corrupt(text.substr(0, at + 2) + std::string(value) + text.substr(at + 2));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_else_is_there_is_ignored) {
  const auto m = decode(R"({"message":"ended","how":"exit code 0","later":{"a":[1,{}]}})");
  BOOST_REQUIRE(m.ok());
  BOOST_TEST((*m == remote_message{worker_ended{"exit code 0"}}));
}

BOOST_AUTO_TEST_CASE(numbers_beyond_their_range_are_corrupt) {
  const auto file = encode(file_follows{"n", "d", 7});
  for (const auto* n : {"-1", "18446744073709551616", "1e3", "7.0", "1e400", "\"7\"", "[7]"})
    check_corrupt(with(file, ":7", ":" + std::string(n)));
  BOOST_TEST(decode(with(file, ":7", ":18446744073709551615")).ok());

  const auto started = encode(worker_started{4711, "f"});
  for (const auto* n : {"9223372036854775808", "-9223372036854775809", "99999999999999999999999"})
    check_corrupt(with(started, "4711", n));
  for (const auto* n : {"9223372036854775807", "-9223372036854775808"})
    BOOST_TEST(decode(with(started, "4711", n)).ok());

  const auto hello = encode(greeting{some_facts(), "", ""});
  check_corrupt(with(hello, "\"mtu\":1500", "\"mtu\":4294967296"));
  check_corrupt(with(hello, "\"cores\":8", "\"cores\":-8"));
  BOOST_TEST(decode(with(hello, "\"mtu\":1500", "\"mtu\":4294967295")).ok());
}

BOOST_AUTO_TEST_CASE(a_list_has_an_end) {
  wanted_files w;
  w.digests.assign(20'000, "d");
  BOOST_TEST(decode(encode(w)).ok());
  w.digests.emplace_back("d");
  check_corrupt(encode(w));
  preparation p;
  p.files.resize(20'001);
  check_corrupt(encode(p));
}

BOOST_AUTO_TEST_CASE(depth_costs_no_stack) {
  constexpr std::size_t deep = 500'000;
  check_corrupt(std::string(2 * deep, '['));
  check_corrupt(std::string(deep, '[') + std::string(deep, ']'));
  std::string objects;
  for (std::size_t i = 0; i < deep / 5; ++i)
    objects += "{\"a\":";
  check_corrupt(objects);
  check_harmless("{\"message\":\"start\",\"x\":" + std::string(deep, '[') + std::string(deep, ']') +
                 "}");
  check_corrupt("{\"message\":\"want\",\"digests\":" + std::string(deep, '[') +
                std::string(deep, ']') + "}");
}

BOOST_AUTO_TEST_CASE(no_objects_are_made_of_more_parts_than_any_message_has) {
  const auto told = [](const std::string& text) { return why(decode(text)); };
  const std::string expected = "more parts than any";
  const auto start = [](const std::string& more) {
    return "{\"message\":\"start\",\"x\":" + more + "}";
  };
  std::string wide = "[[]";
  for (int i = 0; i < 100'000; ++i)
    wide += ",[]";
  BOOST_TEST(told(start(wide + "]")).find(expected) != std::string::npos);
  BOOST_TEST(told(start("[[[[[[[[]]]]]]]]")).find(expected) != std::string::npos);
  BOOST_TEST(decode(start("[[[[[[[]]]]]]]")).ok());
  BOOST_TEST(decode(start("[[[[]]],[[[[]]]],[[[[[[]]]]]]]")).ok());
  // Text within quotes has no parts.
  BOOST_TEST(
      decode(encode(refusal{std::string(1000, '[') + "\"\\" + std::string(99'000, ',')})).ok());
  // As many files as a frame has room for.
  preparation p;
  while (encode(p).size() < (1u << 20))
    p.files.insert(p.files.end(), 500, {"a", std::string(64, 'a'), 0});
  BOOST_TEST(decode(encode(p)).ok());
}

BOOST_AUTO_TEST_CASE(random_changes_do_no_harm) {
  std::mt19937 random(4);
  std::vector<std::string> texts;
  for (const auto& m : every_message())
    texts.push_back(encode(m));
  constexpr std::string_view marks = "{}[]\",:\\-+.eE0u9ntf \0\xff\xc3";
  std::size_t understood = 0;
  for (int i = 0; i < 70'000; ++i) {
    auto text = texts[random() % texts.size()];
    for (auto changes = 1 + random() % 4; changes > 0 && !text.empty(); --changes) {
      const auto at = random() % text.size();
      switch (random() % 5) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text[at] = marks[random() % marks.size()];
        break;
      case 2:
        text.erase(at, 1 + random() % 8);
        break;
      case 3:
        text.insert(at, text.substr(random() % text.size(), random() % 16));
        break;
      default:
        text.resize(at);
        break;
      }
    }
    check_harmless(text);
    understood += decode(text).ok() ? 1 : 0;
  }
  BOOST_TEST(understood > 1000u); // not all of it was mere noise
}

BOOST_AUTO_TEST_CASE(random_bytes_do_no_harm) {
  std::mt19937 random(5);
  constexpr std::string_view marks = "{}[]\",:message\\startwant0123456789-.e";
  for (int i = 0; i < 30'000; ++i) {
    std::string text(random() % 200, '\0');
    for (auto& c : text)
      c = i % 2 == 0 ? static_cast<char>(random()) : marks[random() % marks.size()];
    check_corrupt(text);
  }
}

BOOST_AUTO_TEST_SUITE_END()
