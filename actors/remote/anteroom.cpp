// SPDX-License-Identifier: MIT
#include "actors/remote/anteroom.hpp"

#include "runtime/core/clock.hpp"
#include "runtime/core/thread.hpp"

#include <atomic>
#include <mutex>
#include <sys/socket.h>
#include <utility>

namespace peernet {

struct anteroom::guest {
  framed_stream stream;
  std::mutex mutex;
  int fd; ///< -1: it has spoken, or its time is up
  std::atomic<bool> gone = false;

  explicit guest(secure_stream s) : stream(std::move(s)), fd(stream.stream().fd()) {}

  /// Ends its wait.
  void show_out() {
    const std::lock_guard lock(mutex);
    if (fd >= 0)
      ::shutdown(fd, SHUT_RDWR);
  }
};

anteroom::anteroom(std::string thread, duration patience, receiver on_first)
    : thread_(std::move(thread)), patience_(patience), on_first_(std::move(on_first)) {}

anteroom::~anteroom() {
  for (const auto& p : places_)
    p.who->show_out();
}

void anteroom::enter(secure_stream stream) {
  const auto is_gone = [](const place& p) { return p.who->gone.load(); };
  std::erase_if(places_, is_gone);
  std::erase_if(leaving_, is_gone);
  if (leaving_.size() >= most)
    leaving_.pop_front(); // waits for its thread
  if (places_.size() >= most) {
    places_.front().who->show_out();
    leaving_.splice(leaving_.end(), places_, places_.begin());
  }
  const auto who = std::make_shared<guest>(std::move(stream));
  places_.push_back({who, start_thread(thread_, [this, who](const std::stop_token&) {
                       {
                         auto s = framed_stream(std::move(who->stream));
                         auto first = s.receive(clock::machine_now() + patience_);
                         {
                           const std::lock_guard lock(who->mutex);
                           who->fd = -1;
                         }
                         if (first)
                           on_first_(std::move(s), std::move(*first));
                       }
                       who->gone = true;
                     })});
}

} // namespace peernet
