// SPDX-License-Identifier: MIT
#include "runtime/plugin/registry.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>

using namespace peernet;

namespace {

struct null_sink final : sink {
  result<void> act(const sample&) override { return {}; }
};

struct null_channel final : channel_kind {
  result<std::unique_ptr<receive_end>> bind(const channel_settings&) override {
    return error{errc::unsupported, ""};
  }
  result<std::unique_ptr<send_end>> connect(const channel_settings&, const endpoint&) override {
    return error{errc::unsupported, ""};
  }
};

result<std::unique_ptr<sink>> make_null(const options&, const environment&) {
  return std::unique_ptr<sink>(std::make_unique<null_sink>());
}

} // namespace

BOOST_AUTO_TEST_SUITE(registry_test)

BOOST_AUTO_TEST_CASE(a_registered_type_is_made_with_its_settings_and_place) {
  registry sut;
  options seen_settings;
  environment seen_where;
  sut.add_sink("mine", [&](const options& settings, const environment& where) {
    seen_settings = settings;
    seen_where = where;
    return make_null(settings, where);
  });
  options settings;
  settings.set("every", std::int64_t{3});
  BOOST_TEST(sut.make_sink("mine", settings, {.stage = "actuator", .copy = 2}).ok());
  BOOST_TEST((seen_settings == settings));
  BOOST_TEST(seen_where.stage == "actuator");
  BOOST_TEST(seen_where.copy == 2);
}

BOOST_AUTO_TEST_CASE(an_unknown_type_is_an_error_with_the_nearest_known) {
  registry sut;
  sut.add_sink("save-images", make_null);
  const auto near = sut.make_sink("save-image", {}, {});
  BOOST_REQUIRE(!near.ok());
  BOOST_TEST((near.error().code == errc::not_found));
  BOOST_TEST(near.error().message == "unknown sink type 'save-image'; did you mean 'save-images'?");
  BOOST_TEST(sut.make_sink("zzz", {}, {}).error().message ==
             "unknown sink type 'zzz'; known are save-images");
  BOOST_TEST(sut.make_model("zzz", {}, {}).error().message ==
             "unknown model type 'zzz'; none is registered");
}

BOOST_AUTO_TEST_CASE(one_name_may_stand_for_types_of_different_kinds) {
  registry sut;
  sut.add_sink("print", make_null);
  sut.add_channel("print", std::make_unique<null_channel>());
  BOOST_TEST(sut.status().ok());
}

BOOST_AUTO_TEST_CASE(a_type_registered_twice_is_an_error_and_the_first_stays) {
  registry sut;
  int first = 0;
  sut.add_sink("mine", [&](const options& settings, const environment& where) {
    ++first;
    return make_null(settings, where);
  });
  BOOST_TEST(sut.status().ok());
  sut.add_sink("mine", make_null);
  BOOST_REQUIRE(!sut.status().ok());
  BOOST_TEST(sut.status().error().message.find("'mine'") != std::string::npos);
  BOOST_TEST(sut.make_sink("mine", {}, {}).ok());
  BOOST_TEST(first == 1);
}

BOOST_AUTO_TEST_CASE(a_type_without_a_factory_is_an_error) {
  registry sut;
  sut.add_sensor("empty", nullptr);
  BOOST_TEST(!sut.status().ok());
  BOOST_TEST(!sut.make_sensor("empty", {}, {}).ok());
}

BOOST_AUTO_TEST_CASE(what_a_factory_throws_becomes_an_error) {
  registry sut;
  sut.add_sink("bad", [](const options&, const environment&) -> result<std::unique_ptr<sink>> {
    throw std::runtime_error("no such luck");
  });
  sut.add_sink("worse", [](const options&, const environment&) -> result<std::unique_ptr<sink>> {
    throw 7;
  });
  sut.add_sink("nothing", [](const options&, const environment&) {
    return result<std::unique_ptr<sink>>(std::unique_ptr<sink>());
  });
  const auto made = sut.make_sink("bad", {}, {.stage = "arm"});
  BOOST_REQUIRE(!made.ok());
  BOOST_TEST(made.error().message.find("no such luck") != std::string::npos);
  BOOST_TEST(made.error().message.find("arm") != std::string::npos);
  BOOST_TEST(!sut.make_sink("worse", {}, {}).ok());
  BOOST_TEST(!sut.make_sink("nothing", {}, {}).ok());
}

BOOST_AUTO_TEST_CASE(a_factory_that_reads_what_its_type_does_not_declare_is_told_of_the_key) {
  registry sut;
  sut.add_sink("mine", [](const options& settings, const environment& where) {
    (void)settings.get<std::int64_t>("every");
    return make_null(settings, where);
  });
  options settings;
  const auto told = [&] { return why(sut.make_sink("mine", settings, {.stage = "actuator"})); };
  BOOST_TEST(told().find("its key \"every\", which is not declared") != std::string::npos, told());
  settings.set("every", 3.0);
  BOOST_TEST(told().find("which is declared as another kind") != std::string::npos, told());
  settings.set("every", std::int64_t{3});
  BOOST_TEST(told() == "");
}

BOOST_AUTO_TEST_CASE(a_factory_s_own_error_is_passed_on) {
  registry sut;
  sut.add_codec("sour", [](const options&, const environment&) {
    return result<std::unique_ptr<codec>>(error{errc::not_found, "table.bin is missing"});
  });
  const auto made = sut.make_codec("sour", {}, {});
  BOOST_REQUIRE(!made.ok());
  BOOST_TEST((made.error().code == errc::not_found));
  BOOST_TEST(made.error().message == "table.bin is missing");
}

BOOST_AUTO_TEST_CASE(a_type_is_known_by_its_kind_and_name) {
  registry sut;
  sut.add_sink("mine", make_null);
  BOOST_TEST(sut.knows(plugin_kind::sink, "mine"));
  BOOST_TEST(!sut.knows(plugin_kind::sink, "yours"));
  for (const auto kind :
       {plugin_kind::sensor, plugin_kind::model, plugin_kind::codec, plugin_kind::transport})
    BOOST_TEST(!sut.knows(kind, "mine"));
}

BOOST_AUTO_TEST_CASE(transports_are_found_by_name) {
  registry sut;
  auto kind = std::make_unique<null_channel>();
  auto* const expected = kind.get();
  sut.add_channel("zmq-tcp", std::move(kind));
  BOOST_TEST(sut.find_channel("zmq-tcp").value() == expected);
  BOOST_TEST(sut.find_channel("zmq-tpc").error().message ==
             "unknown transport type 'zmq-tpc'; did you mean 'zmq-tcp'?");
}

BOOST_AUTO_TEST_CASE(no_module_is_needed_for_what_is_built_in) {
  registry sut;
  BOOST_TEST(sut.ensure_module("").ok());
}

BOOST_AUTO_TEST_SUITE_END()
