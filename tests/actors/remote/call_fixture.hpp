// SPDX-License-Identifier: MIT
// A coordinator's side of a conversation with a node, and the node as a script.
#pragma once

#include "actors/remote/digest.hpp"
#include "actors/remote/node_call.hpp"
#include "tests/actors/remote/scripted_peer.hpp"
#include "tests/support/temp_folder.hpp"

#include <atomic>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace peernet {

inline machine_facts facts_of(const std::string& name) {
  machine_facts f;
  f.version = "1.2.3";
  f.name = name;
  f.host = name;
  return f;
}

/// What a node says of itself once it was greeted.
inline void greet(framed_stream& s) {
  (void)hear<greeting>(s);
  say(s, greeting{.facts = facts_of("robot")});
}

/// Through all steps to the worker's start, without files.
inline void start_a_worker(framed_stream& s) {
  greet(s);
  (void)hear<preparation>(s);
  say(s, wanted_files{});
  (void)hear<start_worker>(s);
  say(s, worker_started{4711, "a folder there"});
}

inline std::string read_fd_to_end(int fd) {
  std::string all;
  char some[4096];
  while (wait_until_ready(fd, POLLIN, soon())) {
    const auto n = ::recv(fd, some, sizeof some, 0);
    if (n <= 0)
      return all;
    all.append(some, static_cast<std::size_t>(n));
  }
  return all + " and no end";
}

inline std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

struct call_fixture {
  machine laptop{"laptop"}, robot{"robot"};
  temp_folder folder;
  const std::filesystem::path outputs = folder / "outputs";
  std::atomic<int> interrupts{0};
  std::ptrdiff_t descriptors = open_descriptors();

  call_fixture() {
    laptop.knows(robot);
    robot.knows(laptop);
  }
  node_call::settings settings() {
    return {.node = "cloud",
            .own = facts_of("laptop"),
            .outputs = outputs,
            .sinks = {"recorder"},
            .interrupts = &interrupts};
  }
  result<std::unique_ptr<node_call>> call(const socket_address& at,
                                          duration patience = test_deadline) {
    return node_call::to(settings(), at.address, at.port, laptop.security, patience);
  }
  result<std::unique_ptr<node_call>> call(const scripted_peer& peer) { return call(peer.at()); }
  scripted_peer node(scripted_peer::script play) { return {robot.security, std::move(play)}; }

  file_to_ship file(const std::string& name, const std::string& content) {
    const auto here = folder / name;
    std::ofstream(here, std::ios::binary) << content;
    return {{"files/" + name, digest_of(content), content.size()}, here};
  }
  /// Calls, prepares and starts; the descriptor.
  int start(std::unique_ptr<node_call>& with, const scripted_peer& peer) {
    with = must(call(peer));
    must(with->prepare("run", {}, {}));
    return must(with->start());
  }
};

/// Names the node and its address.
template <class T>
void check_error(const result<T>& r, errc code, const std::vector<std::string>& words) {
  BOOST_REQUIRE(!r.ok());
  BOOST_TEST(r.error().code == code, r.error().message);
  for (const auto& w : words)
    BOOST_TEST(r.error().message.find(w) != std::string::npos, r.error().message << ": " << w);
}

inline const auto no_progress = [](shipping_progress) {};

} // namespace peernet
