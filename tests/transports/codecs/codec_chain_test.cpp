// SPDX-License-Identifier: MIT
#include "tests/transports/codecs/codec_rig.hpp"
#include "transports/codecs/codec_chain.hpp"

#include <utility>

using namespace peernet;

namespace {

std::unique_ptr<codec> make(const std::string& type) {
  if (type == "resize")
    return make_codec("image-codecs", type, with_option("factor", 0.5));
  if (type == "zstd")
    return make_codec("zstd", type, with_option("level", std::int64_t{3}));
  return make_codec("image-codecs", type,
                    with_option(type == "png" ? "level" : "quality", std::int64_t{5}));
}

codec_chain chain_of(const std::vector<std::string>& types) {
  std::vector<chained_codec> chain;
  for (const auto& type : types)
    chain.push_back({make(type), type == "resize"});
  return codec_chain(std::move(chain));
}

/// Tells what it is given and answers what it is told to.
struct scripted final : codec {
  std::vector<format>* seen;
  errc fails;
  scripted(std::vector<format>& s, errc f) : seen(&s), fails(f) {}
  result<payload> encode(const payload& p) override {
    seen->push_back(p.what());
    return error{fails, "as told"};
  }
  result<payload> decode(const payload& p) override { return encode(p); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(codec_chain_test)

BOOST_AUTO_TEST_CASE(a_picture_comes_back_as_the_last_that_was_one) {
  const auto plain = picture(64, 48, 3);
  const auto half = format{.kind = content::image, .channels = 3, .width = 32, .height = 24};
  for (const auto& types : std::vector<std::vector<std::string>>{
           {"resize", "png"}, {"resize", "jpeg"}, {"resize", "zstd"}, {"resize", "png", "zstd"}}) {
    auto sut = chain_of(types);
    const auto encoded = encoded_by(sut, plain);
    BOOST_TEST((encoded.what() == half));
    const auto decoded = decoded_by(sut, encoded);
    BOOST_TEST((decoded.what() == half));
    BOOST_TEST(decoded.size() == image_bytes(half));
  }
  auto sut = chain_of({"resize", "resize"});
  BOOST_TEST(decoded_by(sut, encoded_by(sut, plain)).what().width == 16u);
}

BOOST_AUTO_TEST_CASE(without_loss_every_pixel_comes_back_through_all_of_them) {
  const auto plain = picture(53, 37, 3);
  auto sut = chain_of({"png", "zstd", "zstd"});
  const auto encoded = encoded_by(sut, plain);
  BOOST_TEST((encoded.what() == plain.what()));
  BOOST_TEST(largest_difference(plain, decoded_by(sut, encoded)) == 0);
}

BOOST_AUTO_TEST_CASE(what_was_packed_is_bytes_to_the_next) {
  std::vector<format> seen;
  std::vector<chained_codec> codecs;
  codecs.push_back({make("png"), false});
  codecs.push_back({std::make_unique<scripted>(seen, errc::unsupported), false});
  codec_chain sut(std::move(codecs));
  const auto plain = picture(8, 8, 3);
  BOOST_TEST((sut.encode(plain).error().code == errc::unsupported));
  BOOST_TEST(!sut.decode(plain).ok());
  BOOST_REQUIRE(seen.size() == 2u);
  BOOST_TEST((seen[0] == format{} && seen[1] == format{}));
}

BOOST_AUTO_TEST_CASE(the_first_error_ends_it_on_both_ways) {
  for (const bool encodes : {true, false}) {
    std::vector<format> first, last;
    std::vector<chained_codec> codecs;
    codecs.push_back({std::make_unique<scripted>(first, errc::unsupported), true});
    codecs.push_back({std::make_unique<scripted>(last, errc::corrupt), false});
    codec_chain sut(std::move(codecs));
    const auto done = encodes ? sut.encode(picture(2, 2, 1)) : sut.decode(picture(2, 2, 1));
    BOOST_REQUIRE(!done.ok());
    BOOST_TEST((done.error().code == (encodes ? errc::unsupported : errc::corrupt)));
    BOOST_TEST(first.size() == (encodes ? 1u : 0u));
    BOOST_TEST(last.size() == (encodes ? 0u : 1u));
  }
}

BOOST_AUTO_TEST_CASE(broken_bytes_are_survived) {
  for (const auto& types : std::vector<std::vector<std::string>>{
           {"resize", "jpeg"}, {"resize", "zstd"}, {"png", "zstd"}}) {
    auto sut = chain_of(types);
    const auto encoded = encoded_by(sut, picture(23, 17, 3));
    const auto plain = decoded_by(sut, encoded);
    refuses_every_truncation(sut, encoded);
    survives_every_flip(sut, encoded, types.back() == "zstd" ? &plain : nullptr);
  }
}

BOOST_AUTO_TEST_CASE(a_chain_is_called_by_all_its_names) {
  BOOST_TEST(names_of({}) == "raw");
  BOOST_TEST(names_of({{.type = "jpeg"}}) == "jpeg");
  BOOST_TEST(names_of({{.type = "resize"}, {.type = "jpeg"}}) == "resize+jpeg");
}

BOOST_AUTO_TEST_SUITE_END()
