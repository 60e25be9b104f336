// SPDX-License-Identifier: MIT
#include "actors/remote/node_call.hpp"

#include "actors/remote/file_store.hpp"
#include "runtime/core/address.hpp"
#include "runtime/core/clock.hpp"
#include "runtime/core/units.hpp"
#include "runtime/core/utf8.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <set>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace peernet {

namespace {

using namespace std::chrono_literals;

constexpr duration answer_patience = 10s;
/// For the machine to look through files it has already: half a gigabyte a second.
constexpr duration search_patience = 60s;
constexpr duration piece_patience = 20s; ///< for 64 kB to leave
constexpr std::size_t most_problems = 20;
/// Of what a node's sinks write, for one run: a disk's worth, not a disk.
constexpr std::uint64_t most_received = 64'000'000'000;

std::string text_of(const socket_address& a) {
  return bracketed(a.address) + ":" + std::to_string(a.port);
}

} // namespace

/// What the pump's thread leaves for the others.
struct node_call::inbox {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<std::string> end; ///< of the worker, or of the connection before it
  bool whole = false;             ///< it was the worker's
  bool over = false;              ///< the connection has ended
  std::uint64_t pieces = 0;
  std::vector<std::string> problems;
  std::optional<incoming_file> file; ///< being received

  bool has_ended() {
    const std::lock_guard lock(mutex);
    return end.has_value();
  }
  void add_problem(std::string text) {
    const std::lock_guard lock(mutex);
    if (problems.size() < most_problems)
      problems.push_back(std::move(text));
  }
  void close(std::string how, bool connection) {
    const std::lock_guard lock(mutex);
    if (!end) {
      end = std::move(how);
      whole = !connection;
    }
    over = over || connection;
    changed.notify_all();
  }
};

node_call::node_call(settings s, framed_stream stream)
    : settings_(std::move(s)), stream_(std::move(stream)), inbox_(std::make_shared<inbox>()) {
  ours_ = local_end(stream_->stream().fd());
  theirs_ = remote_end(stream_->stream().fd());
  path_mtu_ = peernet::path_mtu(stream_->stream().fd());
}

node_call::~node_call() {
  pump_.reset(); // its thread uses the rest
}

error node_call::about(error e) const {
  e.message = "node " + settings_.node + " (" + text_of(theirs_) + "): " + printable(e.message);
  return e;
}

result<std::unique_ptr<node_call>> node_call::to(settings s, const std::string& host,
                                                 std::uint16_t port,
                                                 const stream_security& security,
                                                 duration patience) {
  const wait_limit limit{clock::machine_now() + patience, s.interrupts};
  const auto failed = [&](error e) {
    e.message = "node " + s.node + ": " + e.message;
    return e;
  };
  auto fd = dial(host, port, limit);
  if (!fd)
    return failed(std::move(fd).error());
  auto over = secure_stream::over(*fd, security, stream_side::client);
  if (!over)
    return failed(std::move(over).error());
  std::unique_ptr<node_call> call(new node_call(std::move(s), framed_stream(std::move(*over))));
  if (auto done = call->stream_->handshake(limit); !done)
    return call->about(std::move(done).error());
  if (auto done = call->say(greeting{.facts = call->settings_.own}, patience); !done)
    return std::move(done).error();
  auto theirs = call->expect<greeting>(limit.deadline - clock::machine_now());
  if (!theirs)
    return std::move(theirs).error();
  if (auto done = call->accept(std::move(theirs->facts)); !done)
    return std::move(done).error();
  return call;
}

result<std::unique_ptr<node_call>> node_call::with(settings s, framed_stream stream,
                                                   const greeting& theirs, duration patience) {
  std::unique_ptr<node_call> call(new node_call(std::move(s), std::move(stream)));
  if (auto done = call->say(greeting{.facts = call->settings_.own}, patience); !done)
    return std::move(done).error();
  if (auto done = call->accept(theirs.facts); !done)
    return std::move(done).error();
  return call;
}

result<void> node_call::accept(machine_facts theirs) {
  facts_ = std::move(theirs);
  if (facts_.protocol == settings_.own.protocol && facts_.version == settings_.own.version)
    return {};
  const auto known_as = [](const machine_facts& f) {
    return "PeerNet " + f.version + " (protocol " + std::to_string(f.protocol) + ")";
  };
  // Its owner may be looking on there.
  (void)say(refusal{"the coordinator runs " + known_as(settings_.own) + ", this machine " +
                    known_as(facts_) + "; install the same version on both"},
            answer_patience);
  return about({errc::other_version, "it runs " + known_as(facts_) + ", here runs " +
                                         known_as(settings_.own) +
                                         "; install the same version on both"});
}

wait_limit node_call::within(duration patience) const {
  return {clock::machine_now() + patience, settings_.interrupts};
}

result<remote_message> node_call::hear(duration patience) {
  auto frame = stream_->receive(within(patience));
  if (!frame)
    return about(std::move(frame).error());
  if (frame->type != frame_type::message)
    return about({errc::corrupt, "it sent bytes where a message was due"});
  auto m = decode(frame->body);
  if (!m)
    return about(std::move(m).error());
  if (const auto* no = std::get_if<refusal>(&*m))
    return about({errc::refused, no->why});
  return m;
}

template <class Message>
result<Message> node_call::expect(duration patience) {
  auto m = hear(patience);
  if (!m)
    return std::move(m).error();
  if (auto* wanted = std::get_if<Message>(&*m))
    return std::move(*wanted);
  return about({errc::corrupt, "it answered something else than what it was asked"});
}

result<void> node_call::say(const remote_message& m, duration patience) {
  const auto text = encode(m);
  if (text.size() > most_message)
    return about({errc::too_large, "the scenario names too many files for one message"});
  if (auto done = stream_->send(frame_type::message, text, within(patience)); !done)
    return about(std::move(done).error());
  return {};
}

result<void> node_call::prepare(const std::string& run, const std::vector<file_to_ship>& files,
                                const std::function<void(shipping_progress)>& on_progress) {
  preparation order{.run = run, .node = settings_.node, .files = {}};
  for (const auto& f : files)
    order.files.push_back(f.entry);
  if (auto done = say(order, answer_patience); !done)
    return done;
  auto wanted = expect<wanted_files>(search_patience);
  if (!wanted)
    return std::move(wanted).error();
  std::set<std::string> lacking(wanted->digests.begin(), wanted->digests.end());
  std::vector<const file_to_ship*> to_send;
  shipping_progress so_far;
  for (const auto& f : files)
    if (lacking.erase(f.entry.digest) > 0) {
      to_send.push_back(&f);
      so_far.all += f.entry.bytes;
    }
  for (const auto* f : to_send)
    if (auto done = ship(*f, so_far, on_progress); !done)
      return done;
  return {};
}

result<void> node_call::ship(const file_to_ship& file, shipping_progress& so_far,
                             const std::function<void(shipping_progress)>& on_progress) {
  const int fd = ::open(file.here.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return about(
        {errc::unreadable, "cannot ship " + file.here.string() + ": " + std::strerror(errno)});
  const auto closed = [fd](error e) {
    ::close(fd);
    return e;
  };
  if (auto done =
          say(file_follows{.name = "", .digest = file.entry.digest, .bytes = file.entry.bytes},
              piece_patience);
      !done)
    return closed(std::move(done).error());
  std::string piece(most_piece, '\0');
  for (auto left = file.entry.bytes; left > 0;) {
    const auto n = ::read(fd, piece.data(), std::min<std::uint64_t>(left, piece.size()));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return closed(about(
          {errc::unreadable, "cannot ship " + file.here.string() + ": " +
                                 (n < 0 ? std::strerror(errno) : "it became shorter meanwhile")}));
    // It says something meanwhile only if it cannot take the file.
    if (auto said = hear(duration{0}); said || said.error().code != errc::timeout)
      return closed(said ? about({errc::corrupt, "it spoke while files were shipped"})
                         : std::move(said).error());
    if (auto done = stream_->send(frame_type::file, {piece.data(), static_cast<std::size_t>(n)},
                                  within(piece_patience));
        !done)
      return closed(about(std::move(done).error()));
    left -= static_cast<std::uint64_t>(n);
    so_far.done += static_cast<std::uint64_t>(n);
    if (on_progress)
      on_progress(so_far);
  }
  ::close(fd);
  return {};
}

result<void> node_call::still_here() {
  return say(peernet::still_here{}, answer_patience);
}

result<int> node_call::start() {
  if (auto done = say(start_worker{}, answer_patience); !done)
    return std::move(done).error();
  auto started = expect<worker_started>(answer_patience);
  if (!started)
    return std::move(started).error();
  folder_ = started->folder;
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    return about({errc::io, std::string("cannot make a socket pair: ") + std::strerror(errno)});
  pump_ = std::make_unique<control_pump>(
      std::move(*stream_), pair[1],
      control_pump::settings{.name = "to " + settings_.node,
                             .on_message = [this](const std::string& m) { on_message(m); },
                             .on_piece = [this](auto piece) { on_piece(piece); },
                             // CAF learns it then, not when the last file is here.
                             .local_is_served = [in = inbox_] { return in->has_ended(); },
                             .on_local_end = [](const std::string&) { /* the node ends it */ },
                             .on_end = [this](const std::string& why) { on_end(why); }});
  stream_.reset();
  return pair[0];
}

/// Thread: the pump's.
void node_call::on_message(const std::string& text) {
  const auto m = decode(text);
  if (!m)
    return inbox_->add_problem(m.error().message);
  if (const auto* ended = std::get_if<worker_ended>(&*m)) {
    inbox_->close(ended->how, false);
    return;
  }
  if (const auto* file = std::get_if<file_follows>(&*m)) {
    drop_file("another one came before it was whole");
    if (settings_.outputs.empty())
      return;
    const auto folder = file->name.substr(0, file->name.find('/'));
    if (std::ranges::find(settings_.sinks, folder) == settings_.sinks.end())
      return not_kept(printable(file->name) + ": no sink of that node is called so");
    if (file->bytes > most_received - received_)
      return not_kept(printable(file->name) + ": that is more than " + print_size(most_received) +
                      " from one node");
    received_ += file->bytes;
    auto made = receive_into(settings_.outputs, file->name, file->bytes);
    if (!made)
      return not_kept(made.error().message);
    inbox_->file.emplace(std::move(*made));
    on_piece({});
  }
}

/// Thread: the pump's.
void node_call::on_piece(std::span<const std::byte> piece) {
  {
    const std::lock_guard lock(inbox_->mutex);
    ++inbox_->pieces;
  }
  auto& file = inbox_->file;
  if (!file)
    return;
  auto done = file->add(piece);
  if (done && file->missing() == 0)
    done = file->finish();
  else if (done)
    return;
  if (!done)
    not_kept(done.error().message);
  file.reset();
}

/// Thread: the pump's.
void node_call::on_end(const std::string& why) {
  drop_file("the connection ended before it was whole: " + why);
  inbox_->close("the connection ended: " + why, true);
}

/// Thread: the pump's.
void node_call::drop_file(const std::string& why) {
  if (inbox_->file)
    not_kept(inbox_->file->place().string() + ": " + why);
  inbox_->file.reset();
}

void node_call::not_kept(const std::string& why) {
  inbox_->add_problem("a file of node " + settings_.node + " is not kept: " + why);
}

std::optional<std::string> node_call::wait_end(stamp deadline) {
  std::unique_lock lock(inbox_->mutex);
  inbox_->changed.wait_for(lock, deadline - clock::machine_now(),
                           [&] { return inbox_->end.has_value(); });
  return inbox_->end;
}

bool node_call::wait_files(duration patience) {
  std::unique_lock lock(inbox_->mutex);
  for (;;) {
    const auto before = inbox_->pieces;
    if (inbox_->changed.wait_for(lock, patience, [&] { return inbox_->over; }))
      return inbox_->whole;
    if (inbox_->pieces == before)
      return false;
  }
}

std::vector<std::string> node_call::problems() {
  const std::lock_guard lock(inbox_->mutex);
  return inbox_->problems;
}

} // namespace peernet
