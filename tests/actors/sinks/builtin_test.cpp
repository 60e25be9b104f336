// SPDX-License-Identifier: MIT
#include "actors/sinks/builtin.hpp"
#include "runtime/plugin/registry.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

using namespace peernet;

namespace {

/// Standard output goes into a pipe while this lives.
class captured_output {
public:
  captured_output() : before_(::dup(STDOUT_FILENO)) {
    BOOST_REQUIRE(::pipe2(pipe_, O_NONBLOCK) == 0);
    ::dup2(pipe_[1], STDOUT_FILENO);
  }
  captured_output(const captured_output&) = delete;
  ~captured_output() {
    ::dup2(before_, STDOUT_FILENO);
    for (const int fd : {before_, pipe_[0], pipe_[1]})
      ::close(fd);
  }

  /// What one read returns: a line, if lines are written one by one and read in time.
  std::string read() {
    char text[4096];
    const auto n = ::read(pipe_[0], text, sizeof text);
    return {text, static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
  }

private:
  int before_;
  int pipe_[2] = {-1, -1};
};

std::unique_ptr<sink> make(const char* type, std::int64_t every = 1) {
  registry types;
  register_builtin_sinks(types);
  BOOST_TEST(types.status().ok());
  options o;
  o.set("every", every);
  return types.make_sink(type, o, {.stage = "actuator"}).value();
}

sample text_sample(std::uint64_t seq, std::uint32_t output = 0) {
  return {.header = {.trace = trace_id(2, seq), .output = output},
          .body = payload::copy_of("go\n")};
}

} // namespace

BOOST_AUTO_TEST_SUITE(builtin_test)

BOOST_AUTO_TEST_CASE(discard_takes_everything) {
  BOOST_TEST(make("discard")->act(text_sample(0)).ok());
}

BOOST_AUTO_TEST_CASE(print_writes_one_line_a_sample) {
  const auto sut = make("print");
  captured_output out;
  const bool done = sut->act(text_sample(17)).ok() && sut->act(text_sample(18, 3)).ok();
  const auto lines = out.read();
  BOOST_TEST(done);
  BOOST_TEST(lines == "actuator 2/17: go\\n\nactuator 2/18.3: go\\n\n");
}

BOOST_AUTO_TEST_CASE(print_can_leave_samples_out) {
  const auto sut = make("print", 3);
  std::string lines;
  {
    captured_output out;
    for (std::uint64_t seq = 0; seq < 7; ++seq)
      (void)sut->act(text_sample(seq));
    lines = out.read();
  }
  BOOST_TEST(lines == "actuator 2/0: go\\n\nactuator 2/3: go\\n\nactuator 2/6: go\\n\n");
}

BOOST_AUTO_TEST_CASE(an_output_that_is_gone_is_an_error) {
  const auto sut = make("print");
  result<void> acted;
  {
    captured_output out;
    ::close(STDOUT_FILENO);
    acted = sut->act(text_sample(0));
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
  }
  BOOST_REQUIRE(!acted.ok());
  BOOST_TEST((acted.error().code == errc::io));
}

BOOST_AUTO_TEST_SUITE_END()
