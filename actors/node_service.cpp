// SPDX-License-Identifier: MIT
#include "actors/node_service.hpp"

#include "actors/child_process.hpp"
#include "actors/remote/control_pump.hpp"
#include "actors/remote/machine.hpp"
#include "actors/worker.hpp"
#include "runtime/core/clock.hpp"
#include "runtime/core/utf8.hpp"
#include "runtime/plugin/loader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <unistd.h>
#include <utility>
#include <vector>

namespace peernet {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr duration greeting_patience = 10s;
/// Between greeting and order: the coordinator may be waiting for others to join. It holds nothing
/// meanwhile.
constexpr duration order_patience = 10min;
constexpr duration piece_patience = 20s;
/// For a worker whose coordinator is gone to end by itself.
constexpr duration farewell_patience = 5s;
constexpr duration look_around = 100ms;

} // namespace

/// One coordinator's visit.
struct node_service::visit {
  node_service& service;
  framed_stream stream;
  const std::string who;
  const std::stop_token stop;
  bool occupies = false;
  bool pairs = false;  ///< it may still say that it comes to pair
  bool paired = false; ///< that is what it came for

  ~visit() {
    const std::lock_guard lock(service.mutex_);
    if (occupies)
      service.busy_.clear();
  }

  result<void> say(const remote_message& m) {
    return stream.send(frame_type::message, encode(m), clock::machine_now() + piece_patience);
  }

  /// The next message; ends early when the host stops.
  result<remote_frame> hear(duration patience) {
    const auto deadline = clock::machine_now() + patience;
    while (!stop.stop_requested()) {
      const auto soon = std::min(deadline, clock::machine_now() + look_around);
      auto frame = stream.receive(soon);
      if (frame || frame.error().code != errc::timeout || clock::machine_now() >= deadline)
        return frame;
    }
    return error{errc::closed, "this machine's service stops"};
  }

  result<remote_message> next(duration patience) {
    auto frame = hear(patience);
    if (!frame)
      return std::move(frame).error();
    if (frame->type != frame_type::message)
      return error{errc::corrupt, "bytes came where a message was due"};
    return decode(frame->body);
  }

  /// `patience` is for each sign of the other side.
  template <class Message>
  result<Message> expect(duration patience) {
    auto m = next(patience);
    while (m && std::holds_alternative<still_here>(*m))
      m = next(patience);
    if (!m)
      return std::move(m).error();
    if (const auto* claim = std::get_if<pairing>(&*m); claim && pairs) {
      service.settings_.on_pairing(stream, *claim);
      paired = true;
      return error{errc::closed, "it came to pair"};
    }
    if (auto* wanted = std::get_if<Message>(&*m))
      return std::move(*wanted);
    if (const auto* no = std::get_if<refusal>(&*m))
      return error{errc::refused, printable(no->why)};
    return error{errc::corrupt, "a message came where another one was due"};
  }

  /// Says no, and why; that is the end.
  error refuse(error why) {
    if (auto told = say(refusal{why.message}); !told)
      why.message += " (" + told.error().message + ")";
    return why;
  }

  /// The same while it sends files: unread ones would make its system forget what we said.
  error refuse_shipping(error why) {
    why = refuse(std::move(why));
    stream.stream().say_goodbye();
    for (const auto until = clock::machine_now() + farewell_patience;
         clock::machine_now() < until && hear(farewell_patience);) {
    }
    return why;
  }

  result<void> greet(const std::optional<joining>& as);
  result<preparation> take_order();
  result<void> take_files(const preparation& order);
  result<void> play(const preparation& order, const work_folder& work);
  result<void> bring_outputs(framed_stream& to, const fs::path& folder) const;
};

result<void> node_service::visit::greet(const std::optional<joining>& as) {
  greeting ours{.facts = service.facts()};
  if (as) {
    ours.node = as->node;
    ours.scenario = as->scenario;
    ours.digest = as->digest;
    if (auto done = say(ours); !done)
      return done;
  }
  pairs = !as && service.settings_.on_pairing;
  auto theirs = expect<greeting>(greeting_patience);
  pairs = false;
  if (!theirs)
    return std::move(theirs).error();
  if (!as)
    if (auto done = say(ours); !done)
      return done;
  // The coordinator compares versions and says to its user what is wrong.
  return {};
}

result<preparation> node_service::visit::take_order() {
  auto order = expect<preparation>(order_patience);
  if (!order)
    return order;
  order->run = printable(order->run);
  order->node = printable(order->node);
  std::string busy;
  {
    const std::lock_guard lock(service.mutex_);
    busy = service.busy_;
    occupies = busy.empty();
    if (occupies)
      service.busy_ = "run \"" + order->run + "\" of " + who;
  }
  if (!occupies)
    return refuse({errc::refused, "it is busy with " + busy});
  return order;
}

result<void> node_service::visit::take_files(const preparation& order) {
  auto missing = service.files_.missing(order.files);
  if (!missing)
    return refuse(std::move(missing).error());
  if (auto done = say(wanted_files{*missing}); !done)
    return done;
  std::map<std::string, std::uint64_t> wanted; // bytes, by digest
  for (const auto& digest : *missing)
    wanted[digest] = std::ranges::find(order.files, digest, &shipped_entry::digest)->bytes;
  while (!wanted.empty()) {
    auto next = expect<file_follows>(piece_patience);
    if (!next)
      return std::move(next).error();
    const auto asked = wanted.extract(next->digest);
    if (!asked || asked.mapped() != next->bytes)
      return refuse_shipping({errc::refused, "a file came that was not asked for"});
    auto file = service.files_.receive(next->digest, next->bytes);
    while (file && file->missing() > 0) {
      auto piece = hear(piece_patience);
      if (!piece)
        return std::move(piece).error();
      if (piece->type != frame_type::file)
        return refuse_shipping({errc::corrupt, "a file ended before its time"});
      if (auto done = file->add(std::as_bytes(std::span(piece->body))); !done)
        return refuse_shipping(std::move(done).error());
    }
    auto done = file ? file->finish() : result<void>{file.error()};
    if (!done)
      return refuse_shipping(std::move(done).error());
  }
  return {};
}

result<void> node_service::visit::play(const preparation& order, const work_folder& work) {
  auto pair = make_socket_pair();
  if (!pair)
    return refuse(std::move(pair).error());
  // A variable of the owner's own is for programs that the owner starts.
  auto worker = child_process::start(
      service.settings_.program, worker_arguments(pair->theirs, std::nullopt, {}), {pair->theirs},
      {.folder = work.path(),
       .variables = {{"PEERNET_PLUGIN_PATH", service.settings_.plugins},
                     {"TMPDIR", work.path().string()}},
       .own_group = true});
  ::close(pair->theirs);
  if (!worker) {
    ::close(pair->ours);
    return refuse(std::move(worker).error());
  }
  if (auto done = say(worker_started{worker->pid(), work.path()}); !done) {
    ::close(pair->ours);
    return done;
  }
  service.log(who + ": run \"" + order.run + "\" begins; this machine is node " + order.node +
              " (process " + std::to_string(worker->pid()) + ")");
  std::string broken = "its last bytes did not leave in time";
  std::atomic<bool> over = false;
  control_pump pump(std::move(stream), pair->ours,
                    {.name = "pump",
                     .on_message = {},
                     .on_local_end = [&](const std::string&) { over = true; },
                     .on_end =
                         [&](const std::string& why) {
                           broken = why;
                           over = true;
                         }});
  while (!over && !worker->ended() && !stop.stop_requested())
    (void)worker->wait(clock::machine_now() + look_around);
  if (stop.stop_requested())
    worker->kill();
  // What it said last is still on its way; a coordinator that is gone lets it end by itself.
  auto last = pump.take_back(clock::machine_now() + farewell_patience);
  auto how = worker->wait(clock::machine_now() + farewell_patience);
  if (!how) {
    worker->kill();
    how = worker->wait(clock::machine_now() + farewell_patience);
  }
  const auto ended = how.value_or("its process does not end");
  service.log(who + ": run \"" + order.run + "\" is over: " + ended +
              (last ? "" : ", the connection is gone: " + broken));
  if (!last)
    return error{errc::closed, "the connection is gone: " + broken};
  auto told = last->send(frame_type::message, encode(worker_ended{ended}),
                         clock::machine_now() + piece_patience);
  if (told)
    told = bring_outputs(*last, work.path() / "output");
  last->stream().say_goodbye();
  return told;
}

/// What sinks wrote here belongs to the run's results there.
result<void> node_service::visit::bring_outputs(framed_stream& to, const fs::path& folder) const {
  std::error_code none;
  std::string piece(most_piece, '\0');
  const auto unreadable = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(folder, unreadable, none), end; at != end;
       at.increment(none)) {
    const auto& e = *at;
    if (!e.is_regular_file(none) || e.is_symlink(none))
      continue;
    const auto name = e.path().lexically_relative(folder).string();
    const int fd = ::open(e.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      service.log("cannot bring " + e.path().string() +
                  " to the coordinator: " + std::strerror(errno));
      continue;
    }
    auto left = e.file_size(none);
    if (none)
      left = 0;
    auto sent = to.send(frame_type::message, encode(file_follows{name, "", left}),
                        clock::machine_now() + piece_patience);
    while (sent && left > 0) {
      const auto n = ::read(fd, piece.data(), std::min<std::uint64_t>(left, piece.size()));
      if (n <= 0)
        sent = error{errc::io, "cannot read " + e.path().string()};
      else
        sent = to.send(frame_type::file, {piece.data(), static_cast<std::size_t>(n)},
                       clock::machine_now() + piece_patience);
      left -= static_cast<std::uint64_t>(std::max<ssize_t>(n, 0));
    }
    ::close(fd);
    if (!sent)
      return sent;
  }
  if (none)
    service.log("not all in " + folder.string() + " goes to the coordinator: " + none.message());
  return {};
}

node_service::node_service(settings s)
    : settings_(std::move(s)), files_(settings_.cache, settings_.most_shipped) {}

machine_facts node_service::facts() const {
  auto f = look_at_machine(plugin_folders(settings_.plugins)); // what its workers will see
  f.name = settings_.name;
  f.ports = settings_.ports.any() ? "" : to_string(settings_.ports);
  f.most_shipped = settings_.most_shipped;
  const std::lock_guard lock(mutex_);
  f.busy = busy_;
  return f;
}

result<void> node_service::serve(framed_stream stream, const std::string& who,
                                 const std::stop_token& stop, const std::optional<joining>& as) {
  visit v{.service = *this, .stream = std::move(stream), .who = who, .stop = stop};
  if (auto done = v.greet(as); !done)
    return v.paired ? result<void>{} : done;
  auto order = v.take_order();
  if (!order)
    return order.error().code == errc::closed && !as ? result<void>{} : std::move(order).error();
  if (auto done = v.take_files(*order); !done)
    return done;
  if (auto started = v.expect<start_worker>(settings_.presence); !started)
    return std::move(started).error();
  auto made = files_.lay_out(order->files);
  if (!made)
    return v.refuse(std::move(made).error());
  return v.play(*order, *made);
}

} // namespace peernet
