// SPDX-License-Identifier: MIT
// The sink "print". A line goes out in one write, so lines of several sinks and processes on one
// terminal never mix.
#include "actors/sinks/builtin.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace peernet {

namespace {

class print final : public sink {
public:
  print(std::string name, std::int64_t every) : name_(std::move(name)), every_(every) {}

  result<void> act(const sample& arrived) override {
    if (seen_++ % every_ != 0)
      return {};
    const auto trace = arrived.header.trace;
    line_ = name_ + " " + std::to_string(trace.sensor()) + "/" + std::to_string(trace.seq());
    if (arrived.header.output != 0)
      line_ += "." + std::to_string(arrived.header.output);
    line_ += ": " + summarize(arrived.body) + "\n";
    return write_out(line_);
  }

private:
  result<void> write_out(std::string_view rest) const {
    while (!rest.empty()) {
      const auto n = ::write(STDOUT_FILENO, rest.data(), rest.size());
      if (n >= 0)
        rest.remove_prefix(static_cast<std::size_t>(n)); // a full pipe may take a part
      else if (errno != EINTR)
        return error{errc::io, name_ + ": cannot write to standard output: " +
                                   std::strerror(errno) + "; keep it open, or use sink 'discard'"};
    }
    return {};
  }

  const std::string name_;
  const std::int64_t every_;
  std::int64_t seen_ = 0;
  std::string line_;
};

} // namespace

result<std::unique_ptr<sink>> make_print_sink(const options& settings, const environment& where) {
  return std::unique_ptr<sink>(
      std::make_unique<print>(where.stage, settings.get<std::int64_t>("every")));
}

} // namespace peernet
