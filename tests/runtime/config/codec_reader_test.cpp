// SPDX-License-Identifier: MIT
#include "runtime/config/limits.hpp"
#include "tests/runtime/config/base_scenario.hpp"

using namespace peernet;

namespace {

std::string with_codec(const std::string& value) {
  return base_with("to = \"detector\"", "to = \"detector\"\ncodec = " + value);
}

std::vector<codec_config> codecs_of(const std::string& value) {
  return read_right(with_codec(value)).links.at(0).codecs;
}

} // namespace

BOOST_AUTO_TEST_SUITE(codec_reader_test)

BOOST_AUTO_TEST_CASE(a_link_has_none_one_or_several) {
  BOOST_TEST(read_right(base_text).links[0].codecs.empty());
  for (const auto* none : {"\"raw\"", "{ type = \"raw\" }", "[\"raw\"]", "[]"})
    BOOST_TEST(codecs_of(none).empty(), none);
  for (const auto* one : {"\"zstd\"", "{ type = \"zstd\" }", "[\"zstd\"]"}) {
    const auto codecs = codecs_of(one);
    BOOST_REQUIRE_MESSAGE(codecs.size() == 1u, one);
    BOOST_TEST(codecs[0].type == "zstd");
    BOOST_TEST(codecs[0].settings.get<std::int64_t>("level") == 3);
  }
  const auto chain =
      codecs_of("[{ type = \"resize\", factor = 0.5 }, { type = \"jpeg\", quality = 80 }, "
                "\"zstd\"]");
  BOOST_REQUIRE(chain.size() == 3u);
  BOOST_TEST(chain[0].type == "resize");
  BOOST_TEST(chain[0].settings.get<double>("factor") == 0.5);
  BOOST_TEST(!chain[0].settings.has("width"));
  BOOST_TEST(chain[1].settings.get<std::int64_t>("quality") == 80);
  BOOST_TEST(chain[2].type == "zstd");
}

BOOST_AUTO_TEST_CASE(a_picture_is_resized_by_its_factor_or_to_a_size) {
  BOOST_TEST(codecs_of("{ type = \"resize\", width = 320 }")[0].settings.has("width"));
  const auto both = codecs_of("{ type = \"resize\", width = 320, height = 240 }");
  BOOST_TEST(both[0].settings.get<std::int64_t>("height") == 240);
}

BOOST_AUTO_TEST_CASE(pictures_may_be_changed_as_long_as_they_are_pictures) {
  BOOST_TEST(codecs_of("[{ type = \"resize\", factor = 0.5 }, { type = \"resize\", width = 9 }, "
                       "\"webp\"]")
                 .size() == 3u);
  BOOST_TEST(codecs_of("[\"zstd\", \"zstd\"]").size() == 2u);
}

BOOST_AUTO_TEST_CASE(each_mistake_is_named_in_its_place) {
  struct mistake {
    std::string value;
    std::uint32_t column;
    std::string_view fragment;
  };
  const mistake table[] = {
      {"\"jpg\"", 9, "links.uplink.codec: there is no codec \"jpg\"; did you mean \"jpeg\"?"},
      {"3", 9, "a list of them, or a name, not a whole number"},
      {"[\"jpg\"]", 10, "links.uplink.codec[0]: there is no codec \"jpg\"; did you mean"},
      {"[\"png\", 3]", 17, "links.uplink.codec[1]: must be a table"},
      {"[[\"png\"]]", 10, "links.uplink.codec[0]: must be a table"},
      {"[{ type = \"jpeg\", quality = 101 }]", 37,
       "links.uplink.codec[0].quality: must be from 1 to 100"},
      {"[{ quality = 3 }]", 10, "links.uplink.codec[0].type: is missing"},
      {"[\"zstd\", { type = \"zstd\", levl = 3 }]", 35, "unknown key \"levl\""},
      {"[\"jpeg\", \"raw\"]", 18, "links.uplink.codec[1]: raw means no codec; leave it out"},
      {"\"resize\"", 9, "resize needs `factor`, or `width` or `height`"},
      {"[\"resize\", \"png\"]", 10, "links.uplink.codec[0]: resize needs `factor`"},
      {"{ type = \"resize\", factor = 0.5, height = 3 }", 9,
       "resize takes `factor`, or `width` or `height`, not both"},
      {"{ type = \"resize\", factor = 0 }", 37, "must be above 0 and at most 1"},
      {"{ type = \"resize\", factor = 1.5 }", 37, "must be above 0 and at most 1"},
      {"{ type = \"zstd\", level = 20 }", 34, "must be from 1 to 19"},
      {"[\"jpeg\", { type = \"resize\", factor = 0.5 }]", 18,
       "links.uplink.codec[1]: resize takes images, and jpeg before it gives bytes of its own; "
       "put resize in front"},
      {"[\"zstd\", \"jpeg\"]", 18, "jpeg takes images, and zstd before it"},
  };
  for (const auto& m : table)
    BOOST_TEST_CONTEXT(m.value) {
      expect_one(read_text(with_codec(m.value)), 22, m.column, m.fragment);
    }
}

BOOST_AUTO_TEST_CASE(a_list_has_an_end) {
  std::string list = "[";
  for (std::size_t i = 0; i < most_codecs; ++i)
    list += "\"zstd\", ";
  BOOST_TEST(codecs_of(list + "]").size() == most_codecs);
  expect_one(read_text(with_codec(list + "\"zstd\"]")), 22, 74, "more than 8");
}

BOOST_AUTO_TEST_CASE(several_mistakes_are_told_at_once) {
  const auto r = read_text(with_codec("[\"jpg\", \"resize\", { type = \"png\", level = 10 }]"));
  BOOST_TEST(r.errors.size() == 3u, to_string(r.errors));
}

BOOST_AUTO_TEST_SUITE_END()
