// SPDX-License-Identifier: MIT
// The scripts are written here, with LibTorch; the plugin is loaded as a node loads it.
#include "runtime/core/detection.hpp"
#include "runtime/plugin/registry.hpp"
#include "tests/actors/models/run_model.hpp"
#include "tests/support/skip.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/why.hpp"

#ifdef PEERNET_HAS_TORCH
#include <torch/script.h>
#endif

#include <boost/test/unit_test.hpp>

#include <fstream>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(torchscript_test)

#ifdef PEERNET_HAS_TORCH

namespace {

/// A folder with a model that scores red, green and blue by their mean.
struct torch_fixture {
  temp_folder folder;

  std::string save(const std::string& name, const std::string& source) const {
    torch::jit::Module m("m");
    m.define(source);
    m.save(folder / name);
    return folder / name;
  }

  std::string colours() const {
    return save("colours.pt", "def forward(self, x):\n  return 10.0 * x.mean([2, 3])\n");
  }

  std::string labels(const std::string& text) const {
    std::ofstream(folder / "labels.txt") << text;
    return folder / "labels.txt";
  }

  static options settings(const std::string& path) {
    options o;
    o.set("path", path);
    o.set("device", std::string("cpu"));
    o.set("width", std::int64_t{8});
    o.set("height", std::int64_t{4});
    o.set("mean", std::vector<double>{0, 0, 0});
    o.set("std", std::vector<double>{1, 1, 1});
    o.set("top-k", std::int64_t{2});
    o.set("threads", std::int64_t{1});
    return o;
  }

  static result<std::unique_ptr<model>> make(const options& o) {
    static registry types;
    const auto loaded = types.ensure_module("torch");
    BOOST_REQUIRE_MESSAGE(loaded.ok(), why(loaded));
    return types.make_model("torchscript", o, {.stage = "classifier"});
  }

  static payload blue_picture() {
    const format f{.kind = content::image, .channels = 3, .width = 16, .height = 16};
    auto memory = buffer::acquire(image_bytes(f));
    for (std::size_t i = 0; i < memory.size(); ++i)
      memory.data()[i] = i % 3 == 0 ? std::byte{255} : i % 3 == 1 ? std::byte{51} : std::byte{0};
    return {f, std::move(memory)};
  }
};

} // namespace

BOOST_FIXTURE_TEST_CASE(the_best_classes_come_first_with_labels_and_probabilities, torch_fixture) {
  auto o = settings(colours());
  o.set("labels", labels("red\ngreen\r\nblue\n"));
  const auto made = make(o);
  BOOST_REQUIRE_MESSAGE(made.ok(), why(made));
  const auto run = run_model(**made, blue_picture());
  BOOST_REQUIRE_MESSAGE(run.status.ok(), why(run.status));
  const auto found = unpack(run.outputs.at(0));
  BOOST_REQUIRE(found.size() == 2u);
  BOOST_TEST(found[0].name() == "blue");
  BOOST_TEST(found[1].name() == "green");
  BOOST_TEST(found[0].width == 0);
  // softmax of 0, 2 and 10
  const double all = std::exp(0.0) + std::exp(2.0) + std::exp(10.0);
  BOOST_TEST(found[0].score == static_cast<float>(std::exp(10.0) / all),
             boost::test_tools::tolerance(1e-3f));
  BOOST_TEST(found[1].score == static_cast<float>(std::exp(2.0) / all),
             boost::test_tools::tolerance(1e-2f));
}

BOOST_FIXTURE_TEST_CASE(without_labels_classes_are_numbered, torch_fixture) {
  auto o = settings(colours());
  o.set("top-k", std::int64_t{1000}); // more than there are
  const auto run = run_model(*make(o).value(), blue_picture());
  const auto found = unpack(run.outputs.at(0));
  BOOST_REQUIRE(found.size() == 3u);
  BOOST_TEST(found[0].name() == "class 2");
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_no_model_is_an_error_in_one_line, torch_fixture) {
  std::ofstream(folder / "noise.pt") << "not a model";
  std::ofstream(folder / "empty.pt");
  for (const char* name : {"noise.pt", "empty.pt", "missing.pt"}) {
    const auto made = make(settings(folder / name));
    BOOST_REQUIRE(!made.ok());
    BOOST_TEST((made.error().code == errc::unreadable));
    BOOST_TEST_MESSAGE(made.error().message);
    BOOST_TEST(made.error().message.find(name) != std::string::npos);
    BOOST_TEST(made.error().message.find('\n') == std::string::npos);
  }
}

BOOST_FIXTURE_TEST_CASE(a_model_that_is_no_classifier_is_refused_before_the_run, torch_fixture) {
  const std::pair<const char*, const char*> cases[] = {
      {"def forward(self, x):\n  return x\n", "1 × 3 × 4 × 8"},
      {"def forward(self, x):\n  return (x, x)\n", "Tuple"},
      {"def forward(self, x):\n  return x.sum()\n", "no dimension"},
  };
  for (const auto& [source, said] : cases) {
    const auto made = make(settings(save("other.pt", source)));
    BOOST_REQUIRE(!made.ok());
    BOOST_TEST((made.error().code == errc::unsupported));
    BOOST_TEST(made.error().message.find(said) != std::string::npos);
  }
}

BOOST_FIXTURE_TEST_CASE(a_model_that_fails_on_the_stated_size_is_refused_before_the_run,
                        torch_fixture) {
  const auto made = make(settings(
      save("matrix.pt", "def forward(self, x):\n  return torch.mm(x.mean(1)[0], x.mean(1)[0])\n")));
  BOOST_REQUIRE(!made.ok());
  BOOST_TEST_MESSAGE(made.error().message);
  BOOST_TEST(made.error().message.find("matrix.pt") != std::string::npos);
  BOOST_TEST(made.error().message.find("shapes") != std::string::npos);
  BOOST_TEST(made.error().message.find('\n') == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(labels_must_fit_the_model, torch_fixture) {
  auto o = settings(colours());
  o.set("labels", labels("one\ntwo\n"));
  BOOST_TEST(make(o).error().message.find("3 classes") != std::string::npos);
  o.set("labels", folder / "none.txt");
  BOOST_TEST(make(o).error().message.find("none.txt") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_device_that_is_not_there_is_an_error, torch_fixture) {
  auto o = settings(colours());
  for (const char* device : {"gpu", "cuda:4096", "meta"}) {
    o.set("device", std::string(device));
    const auto made = make(o);
    BOOST_REQUIRE(!made.ok());
    BOOST_TEST_MESSAGE(made.error().message);
    BOOST_TEST((made.error().code == errc::unsupported));
    BOOST_TEST(made.error().message.find(device) != std::string::npos);
  }
}

BOOST_FIXTURE_TEST_CASE(a_sample_that_is_no_image_fails_and_the_next_does_not, torch_fixture) {
  const auto sut = make(settings(colours())).value();
  BOOST_TEST(!run_model(*sut, payload::copy_of("text")).status.ok());
  BOOST_TEST(run_model(*sut, blue_picture()).status.ok());
}

#else

BOOST_AUTO_TEST_CASE(the_plugin_is_not_built) {
  skip_test("LibTorch was not found when PeerNet was configured");
}

#endif

BOOST_AUTO_TEST_SUITE_END()
