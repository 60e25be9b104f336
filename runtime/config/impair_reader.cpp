// SPDX-License-Identifier: MIT
#include "runtime/config/impair_reader.hpp"

#include "runtime/config/limits.hpp"
#include "runtime/core/units.hpp"

#include <utility>

namespace peernet {

namespace {

using enum option_kind;

/// The bottleneck's buffer where only its rate is written: 100 ms at 20 Mbit/s.
constexpr std::uint64_t usual_buffer = 256'000;

option_def share(std::string name) {
  return {.name = std::move(name), .kind = percent, .min = 0, .max = 1};
}

/// A share of 0 would make it mean nothing.
option_def chance(std::string name, std::string doc) {
  return {.name = std::move(name),
          .kind = percent,
          .doc = std::move(doc),
          .required = true,
          .min = 0,
          .max = 1,
          .above_min = true};
}

option_def wait(std::string name) {
  return {.name = std::move(name), .kind = time_span, .min = 0, .max = longest_wait_ns};
}

std::optional<burst_loss> read_bursts(fields f) {
  burst_loss b;
  const auto enter =
      f.take<double>(chance("enter", "how often a burst begins, for example \"1%\""));
  const auto leave = f.take<double>(chance("leave", "how often it ends, for example \"20%\""));
  f.read<double>(share("loss-in"), b.loss_in);
  f.finish();
  b.enter = enter.value_or(0);
  b.leave = leave.value_or(1);
  return enter && leave ? std::optional(b) : std::nullopt;
}

/// Keys that mean nothing without another.
void check_companions(fields& f, const impairment& i) {
  const auto alone = [&](const char* key, const char* other, bool without) {
    return f.table().find(key) && !f.table().find(other) && without;
  };
  if (alone("distribution", "jitter", i.jitter.count() == 0))
    f.complain("distribution", "says how delays vary, and without `jitter` they do not; add "
                               "jitter = \"4ms\", or leave it out");
  if (alone("buffer", "rate", i.rate == 0 && i.trace.empty()))
    f.complain("buffer", "is the bottleneck's, and without `rate` there is none; add "
                         "rate = \"20Mbit\", or leave it out");
  if (alone("reorder-by", "reorder", i.reorder == 0))
    f.complain("reorder-by", "says how much longer a reordered sample takes; add "
                             "reorder = \"1%\", or leave it out");
  if (i.reorder > 0 && i.reorder_by.count() == 0)
    f.complain("reorder", "how far is missing: reorder-by = \"10ms\" says how much longer such a "
                          "sample takes, so that later ones overtake it");
  if (i.distribution == delay_shape::uniform && i.jitter > i.delay && i.trace.empty())
    f.complain("jitter", "reaches to both sides, so it must not be above `delay`, which is " +
                             print_duration(i.delay) + ": no delay is below 0");
}

} // namespace

std::optional<impairment> read_impairment(fields f) {
  impairment i;
  if (f.table().find("profile")) {
    auto profile = impair_profile::lan;
    if (f.read_word("profile", profile))
      i = impairment_of(profile);
  } else {
    (void)f.take("profile");
  }
  f.read_word("level", i.level);
  f.read<duration>(wait("delay"), i.delay);
  f.read<duration>(wait("jitter"), i.jitter);
  f.read_word("distribution", i.distribution);
  f.read<double>(share("loss"), i.loss);
  if (auto bursts =
          f.inner("burst-loss", "{ enter = \"1%\", leave = \"20%\", loss-in = \"100%\" }"))
    i.bursts = read_bursts(*std::move(bursts));
  f.read<double>(share("duplicate"), i.duplicate);
  f.read<double>(share("reorder"), i.reorder);
  if (!f.read<duration>(wait("reorder-by"), i.reorder_by) && i.reorder > 0)
    i.reorder_by = i.delay;
  f.read<double>(share("corrupt"), i.corrupt);
  f.read<double>({.name = "rate", .kind = bitrate, .min = lowest_bitrate, .max = highest_bitrate},
                 i.rate);
  f.read<std::string>({.name = "trace", .kind = file}, i.trace);
  if (!f.read<std::int64_t>({.name = "buffer", .kind = size, .min = 1, .max = largest_buffer},
                            i.buffer) &&
      i.buffer == 0 && (i.rate > 0 || !i.trace.empty()))
    i.buffer = usual_buffer;
  f.read<bool>({.name = "keep-order", .kind = flag}, i.keep_order);
  f.read<bool>({.name = "spin", .kind = flag}, i.spin);
  check_companions(f, i);
  f.finish();
  return i == impairment{} ? std::nullopt : std::optional(i);
}

std::string print_impairment(const impairment& i) {
  std::string text;
  const auto put = [&](const char* key, const std::string& value) {
    text += (text.empty() ? "{ " : ", ") + std::string(key) + " = " + value;
  };
  const auto put_text = [&](const char* key, std::string_view value) { put(key, quoted(value)); };
  if (i.profile)
    put_text("profile", word(*i.profile));
  put_text("level", word(i.level));
  put_text("delay", print_duration(i.delay));
  put_text("jitter", print_duration(i.jitter));
  put_text("distribution", word(i.distribution));
  put_text("loss", print_percent(i.loss));
  if (i.bursts)
    put("burst-loss", "{ enter = " + quoted(print_percent(i.bursts->enter)) +
                          ", leave = " + quoted(print_percent(i.bursts->leave)) +
                          ", loss-in = " + quoted(print_percent(i.bursts->loss_in)) + " }");
  put_text("duplicate", print_percent(i.duplicate));
  put_text("reorder", print_percent(i.reorder));
  put_text("reorder-by", print_duration(i.reorder_by));
  put_text("corrupt", print_percent(i.corrupt));
  if (i.rate > 0)
    put_text("rate", print_bitrate(i.rate));
  if (!i.trace.empty())
    put_text("trace", i.trace);
  if (i.buffer > 0)
    put_text("buffer", print_size(i.buffer));
  put("keep-order", i.keep_order ? "true" : "false");
  put("spin", i.spin ? "true" : "false");
  return text + " }";
}

std::string show_impairment(const impairment& i) {
  std::string text;
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  if (i.level == impair_level::packet)
    add("packets, not samples");
  if (i.profile)
    add("profile " + std::string(word(*i.profile)));
  if (!i.trace.empty())
    add("trace " + i.trace);
  if (i.delay.count() > 0 || i.jitter.count() > 0)
    add("delay " + print_duration(i.delay) +
        (i.jitter.count() > 0
             ? " ± " + print_duration(i.jitter) + " " + std::string(word(i.distribution))
             : ""));
  const auto share_of = [&](const char* what, double s) {
    if (s > 0)
      add(what + print_percent(s));
  };
  share_of("loss ", i.loss);
  if (i.bursts)
    add("bursts enter " + print_percent(i.bursts->enter) + " leave " +
        print_percent(i.bursts->leave) + " loss " + print_percent(i.bursts->loss_in));
  share_of("duplicate ", i.duplicate);
  if (i.reorder > 0)
    add("reorder " + print_percent(i.reorder) + " by " + print_duration(i.reorder_by));
  share_of("corrupt ", i.corrupt);
  if (i.rate > 0)
    add("rate " + print_bitrate(i.rate));
  if (i.buffer > 0)
    add("buffer " + print_size(i.buffer));
  if (i.keep_order)
    add("in order");
  if (i.spin)
    add("spinning");
  return text;
}

} // namespace peernet
