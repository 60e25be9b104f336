// SPDX-License-Identifier: MIT
#include "actors/node_daemon.hpp"

#include "actors/remote/invitation.hpp"
#include "actors/remote/pairing.hpp"
#include "runtime/core/thread.hpp"

#include <algorithm>
#include <utility>

namespace peernet {

namespace {

constexpr duration pairing_patience = std::chrono::seconds{10};

} // namespace

node_daemon::node_daemon(settings s) : settings_(std::move(s)), service_(served()) {}

node_service::settings node_daemon::served() {
  auto s = settings_.service;
  if (settings_.self)
    s.on_pairing = [this](framed_stream& stream, const pairing& claim) { pair(stream, claim); };
  return s;
}

result<std::unique_ptr<node_daemon>> node_daemon::open(settings s) {
  if (const auto readable = trust(s.folder).all(); s.self && !readable)
    return readable.error();
  std::unique_ptr<node_daemon> daemon(new node_daemon(std::move(s)));
  auto& d = *daemon;
  auto gate =
      gatekeeper::open({.address = d.settings_.address,
                        .port = d.settings_.port,
                        .security = {.self = d.settings_.self ? &*d.settings_.self : nullptr,
                                     .welcome =
                                         [&d](const fingerprint& f) {
                                           return d.known(f) || is_inviting(d.settings_.folder);
                                         }},
                        .on_peer = [&d](secure_stream stream) { d.let_in(std::move(stream)); }});
  if (!gate)
    return std::move(gate).error();
  d.gate_ = std::move(*gate);
  return daemon;
}

node_daemon::~node_daemon() {
  gate_.reset(); // nobody comes in any more
  const std::lock_guard lock(mutex_);
  visits_.clear();
}

std::optional<trusted_peer> node_daemon::known(const std::optional<fingerprint>& f) {
  if (!f)
    return {};
  auto found = trust(settings_.folder).find(*f, peer_role::coordinator);
  tell_trust_problem(found ? "" : found.error().message);
  return found ? *std::move(found) : std::nullopt;
}

/// Once, however many come.
void node_daemon::tell_trust_problem(const std::string& problem) {
  {
    const std::lock_guard lock(trust_mutex_);
    if (std::exchange(trust_problem_, problem) == problem)
      return;
  }
  log(problem.empty() ? "the list of those who are trusted can be read again"
                      : "nobody is trusted: " + problem);
}

/// Thread: the gate's.
void node_daemon::let_in(secure_stream stream) {
  const std::lock_guard lock(mutex_);
  std::erase_if(visits_, [](const visit& v) { return v.over->load(); });
  auto who = settings_.self ? known(stream.peer()) : std::nullopt;
  const auto stranger = settings_.self && !who;
  const auto strangers = std::ranges::count(visits_, true, &visit::stranger);
  if (visits_.size() >= most_visits ||
      (stranger && static_cast<std::size_t>(strangers) >= most_strangers))
    return; // it sees the connection closed
  auto over = std::make_shared<std::atomic<bool>>(false);
  auto thread = start_thread("visit", [this, over, who = std::move(who),
                                       moved = std::make_shared<framed_stream>(std::move(stream))](
                                          const std::stop_token& stop) {
    serve(std::move(*moved), who, stop);
    *over = true;
  });
  visits_.push_back({std::move(thread), over, stranger});
}

void node_daemon::serve(framed_stream stream, const std::optional<trusted_peer>& known,
                        const std::stop_token& stop) {
  const auto from = remote_end(stream.stream().fd()).address;
  if (!settings_.self) {
    if (auto done = service_.serve(std::move(stream), from, stop); !done)
      log(from + ": " + done.error().message);
    return;
  }
  if (!known)
    return pair(stream, {}); // invited, perhaps
  const auto who = known->name + " (" + from + ")";
  if (auto done = service_.serve(std::move(stream), who, stop); !done)
    log(who + ": " + done.error().message);
}

void node_daemon::pair(framed_stream& stream, const std::optional<pairing>& heard) const {
  const auto& s = settings_;
  const auto from = remote_end(stream.stream().fd()).address;
  const auto paired = heard ? answer_pairing(stream, *heard, *s.self, s.folder, pairing_patience)
                            : answer_pairing(stream, *s.self, s.folder, pairing_patience);
  log(paired ? "paired with coordinator \"" + paired->name + "\" (" + from + ")"
             : "a pairing was refused (" + from + "): " + paired.error().message);
}

} // namespace peernet
