// SPDX-License-Identifier: MIT
// A machine's service with a stand-in for its worker, and coordinators that say what a test makes
// them say.
#pragma once

#include "actors/node_service.hpp"
#include "actors/remote/digest.hpp"
#include "tests/actors/remote/scripted_peer.hpp"
#include "tests/actors/stand_in.hpp"

#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace peernet {

struct service_fixture {
  stand_in worker;
  const std::filesystem::path cache = worker.folder / "cache";
  std::ptrdiff_t descriptors = open_descriptors();
  std::mutex mutex;
  std::vector<std::string> lines;
  std::unique_ptr<node_service> service = make(worker.program);

  std::unique_ptr<node_service> make(const std::string& program,
                                     duration presence = test_deadline) {
    return std::make_unique<node_service>(
        node_service::settings{.name = "robot",
                               .program = program,
                               .plugins = "",
                               .ports = {7500, 7599},
                               .cache = cache,
                               .most_shipped = 1 << 20,
                               .presence = presence,
                               .log = [this](const std::string& line) {
                                 const std::lock_guard lock(mutex);
                                 lines.push_back(line);
                               }});
  }
  bool has_logged(std::string_view what) {
    const std::lock_guard lock(mutex);
    return std::ranges::any_of(lines, [&](const auto& l) { return l.find(what) != l.npos; });
  }
  /// No process, no folder, no descriptor, no run.
  void check_nothing_is_left() {
    await("all processes to be gone", [&] { return worker.alive() == 0; });
    BOOST_TEST(
        (!std::filesystem::exists(cache / "runs") || std::filesystem::is_empty(cache / "runs")));
    BOOST_TEST(open_descriptors() == descriptors);
    coordinator next(*this);
    BOOST_TEST(next.greet().busy.empty());
  }

  /// A coordinator that says what the test makes it say, and how its visit ended.
  struct coordinator {
    explicit coordinator(service_fixture& f, std::optional<joining> as = {})
        : coordinator(f, as, pair()) {}
    coordinator(service_fixture& f, std::optional<joining> as, stream_pair both)
        : stream(std::make_unique<framed_stream>(std::move(both.client))) {
      over = std::async(std::launch::async,
                        [&f, as, s = std::make_shared<framed_stream>(std::move(both.server)),
                         token = stop.get_token()] {
                          return f.service->serve(std::move(*s), "laptop", token, as);
                        });
    }
    ~coordinator() { stream.reset(); }

    static stream_pair pair() {
      const stream_security bare;
      return {bare, bare};
    }
    machine_facts greet() {
      say(*stream, greeting{});
      return hear<greeting>(*stream).facts;
    }
    std::vector<std::string> order(std::vector<shipped_entry> files = {}) {
      say(*stream, preparation{"demo", "cloud", std::move(files)});
      return hear<wanted_files>(*stream).digests;
    }
    worker_started start() {
      say(*stream, start_worker{});
      return hear<worker_started>(*stream);
    }
    /// Through all steps.
    worker_started run() {
      (void)greet();
      BOOST_TEST(order().empty());
      return start();
    }
    /// The next bytes of the worker.
    std::string hear_worker() {
      const auto frame = must(stream->receive(soon()));
      BOOST_TEST((frame.type == frame_type::control));
      return frame.body;
    }
    void tell_worker(std::string_view word) {
      must(stream->send(frame_type::control, std::string(word) + "\n", soon()));
    }
    std::string refused() { return hear<refusal>(*stream).why; }
    result<void> ended() {
      BOOST_REQUIRE(over.wait_for(test_deadline) == std::future_status::ready);
      return over.get();
    }

    std::unique_ptr<framed_stream> stream;
    std::stop_source stop;
    std::future<result<void>> over;
  };
};

inline shipped_entry entry(const std::string& name, const std::string& content) {
  return {name, digest_of(content), content.size()};
}

inline void ship(framed_stream& to, const std::string& content, std::uint64_t announced) {
  say(to, file_follows{"", digest_of(content), announced});
  if (!content.empty())
    must(to.send(frame_type::file, content, soon()));
}

} // namespace peernet
