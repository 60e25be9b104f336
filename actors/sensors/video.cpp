// SPDX-License-Identifier: MIT
// The plugin "video": the sensor of that name, for files, cameras and streams. A file is read on
// the caller's thread. What can make its reader wait has a thread of its own, so that `cancel` need
// not wait for OpenCV; a camera or live stream is emptied by it all the time, so that a sample is
// never an old frame out of the driver's queue but the first that ended after it was asked for.
#include "actors/sensors/video_capture.hpp"
#include "runtime/core/thread.hpp"
#include "runtime/plugin/opencv_image.hpp"
#include "runtime/plugin/registrar.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <thread>

namespace peernet {

namespace {

using frame_or_end = result<std::optional<payload>>;

class file_video final : public sensor {
public:
  explicit file_video(std::unique_ptr<video_capture> capture) : capture_(std::move(capture)) {}

  frame_or_end sample() override {
    if (cancelled_)
      return std::optional<payload>{};
    if (!std::exchange(first_is_taken_, false)) {
      const auto more = capture_->grab();
      if (!more.ok())
        return more.error();
      if (!more.value())
        return std::optional<payload>{};
    }
    auto frame = capture_->decode();
    if (!frame.ok())
      return frame.error();
    return std::optional{std::move(frame).value()};
  }

  void cancel() noexcept override { cancelled_ = true; }

private:
  const std::unique_ptr<video_capture> capture_;
  bool first_is_taken_ = true; ///< opening took it
  std::atomic<bool> cancelled_ = false;
};

/// `sample` asks, the thread answers. Its destruction waits for a read that is under way, within
/// the limits in video_capture.cpp.
class waiting_video final : public sensor {
public:
  waiting_video(const std::string& name, std::unique_ptr<video_capture> capture)
      : capture_(std::move(capture)),
        goes_on_(capture_->source().what != video_source::kind::stream) {
    thread_ = start_thread(name, [this](std::stop_token stop) { run(stop); });
  }

  frame_or_end sample() override {
    std::unique_lock lock(mutex_);
    answer_.reset();
    asked_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return answer_.has_value() || cancelled_; });
    if (cancelled_)
      return std::optional<payload>{};
    return std::move(*answer_);
  }

  void cancel() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      cancelled_ = true;
    }
    changed_.notify_all();
  }

private:
  void run(const std::stop_token& stop) {
    bool taken = !goes_on_; // opening took the first frame, which only a recording still wants
    bool healthy = true;
    while (!stop.stop_requested()) {
      if (!goes_on_ || !healthy) { // asking a dead camera again at once would only heat the room
        std::unique_lock lock(mutex_);
        if (!changed_.wait(lock, stop, [&] { return asked_; }))
          return;
      }
      const auto more = std::exchange(taken, false) ? result<bool>(true) : capture_->grab();
      healthy = more.ok() && more.value();
      {
        const std::lock_guard lock(mutex_);
        if (!std::exchange(asked_, false))
          continue;
      }
      auto frame = answer(more);
      {
        const std::lock_guard lock(mutex_);
        answer_ = std::move(frame);
      }
      changed_.notify_all();
    }
  }

  frame_or_end answer(const result<bool>& more) {
    if (!more.ok())
      return more.error();
    if (!more.value())
      return std::optional<payload>{};
    auto frame = capture_->decode();
    if (!frame.ok())
      return frame.error();
    return std::optional{std::move(frame).value()};
  }

  const std::unique_ptr<video_capture> capture_;
  const bool goes_on_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool asked_ = false;
  bool cancelled_ = false;
  std::optional<frame_or_end> answer_;
  std::jthread thread_; ///< last: it uses all of the above
};

result<std::unique_ptr<sensor>> make_video(const options& settings, const environment& where) {
  auto capture = video_capture::open(parse_video_source(
      settings.get<std::string>("path"), where.directory, settings.get<bool>("loop")));
  if (!capture.ok())
    return capture.error();
  if (capture.value()->source().what == video_source::kind::file)
    return std::unique_ptr<sensor>(std::make_unique<file_video>(std::move(capture).value()));
  return std::unique_ptr<sensor>(
      std::make_unique<waiting_video>(where.stage, std::move(capture).value()));
}

} // namespace

} // namespace peernet

PEERNET_PLUGIN(into) {
  peernet::silence_opencv();
  // FFmpeg prints by itself unless OpenCV is told otherwise, which it only is by this variable,
  // read once when the first video is opened. The user's own choice stays.
  ::setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0);
  into.add_sensor("video", peernet::make_video);
}
