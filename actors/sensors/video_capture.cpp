// SPDX-License-Identifier: MIT
#include "actors/sensors/video_capture.hpp"

#include "runtime/plugin/opencv_image.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace peernet {

namespace fs = std::filesystem;

namespace {

/// How long a network source may take to connect, and to send its next bytes, before it counts as
/// dead. Also bounds how long an abandoned read keeps its thread. Devices have OpenCV's own, 10 s.
constexpr int connect_limit_ms = 10'000;
constexpr int read_limit_ms = 5'000;

bool is_number(std::string_view text) noexcept {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Early and in plain words what OpenCV would report as "cannot open".
result<void> check_file(const std::string& subject, const fs::path& file) {
  std::error_code failed;
  const auto status = fs::status(file, failed);
  if (!fs::exists(status))
    return error{errc::not_found, subject + ": there is no such file" +
                                      (failed ? " (" + failed.message() + ")" : "") +
                                      "; relative paths begin at the scenario's folder"};
  if (fs::is_directory(status))
    return error{errc::unreadable,
                 subject + ": this is a folder; for a folder of pictures use type = \"images\""};
  if (fs::is_regular_file(status) && fs::file_size(file, failed) == 0)
    return error{errc::unreadable, subject + ": the file is empty"};
  return {};
}

} // namespace

video_source parse_video_source(std::string_view path, std::string_view directory, bool loop) {
  using kind = video_source::kind;
  if (is_number(path) || path.starts_with("/dev/"))
    return {kind::device, std::string(path), loop};
  if (const auto at = path.find("://"); at != std::string_view::npos) {
    constexpr std::array<std::string_view, 6> live = {"rtsp", "rtsps", "rtmp", "rtp", "udp", "srt"};
    const bool goes_on = std::ranges::find(live, path.substr(0, at)) != live.end();
    return {goes_on ? kind::live : kind::stream, std::string(path), loop};
  }
  return {kind::file, (fs::path(directory) / path).lexically_normal().string(), loop};
}

video_capture::video_capture(video_source source)
    : source_(std::move(source)), subject_("video '" + source_.path + "'") {}

error video_capture::unreadable(const std::string& why) const {
  return {errc::unreadable, subject_ + ": " + why};
}

bool video_capture::reopen() {
  switch (source_.what) {
  case video_source::kind::file:
    // Not "any": that asks every driver library OpenCV was built with, down to the USB bus.
    return std::ranges::any_of(std::array{cv::CAP_FFMPEG, cv::CAP_GSTREAMER, cv::CAP_OPENCV_MJPEG},
                               [&](int reader) { return capture_.open(source_.path, reader); });
  case video_source::kind::device:
    return capture_.open(is_number(source_.path) ? "/dev/video" + source_.path : source_.path,
                         cv::CAP_V4L2);
  case video_source::kind::live:
  case video_source::kind::stream:
    return capture_.open(source_.path, cv::CAP_FFMPEG,
                         {cv::CAP_PROP_OPEN_TIMEOUT_MSEC, connect_limit_ms,
                          cv::CAP_PROP_READ_TIMEOUT_MSEC, read_limit_ms});
  }
  return false;
}

result<std::unique_ptr<video_capture>> video_capture::open(video_source source) {
  std::unique_ptr<video_capture> made(new video_capture(std::move(source)));
  if (made->source_.what == video_source::kind::file)
    if (auto there = check_file(made->subject_, made->source_.path); !there.ok())
      return there.error();
  return call_opencv(
      errc::unreadable, made->subject_, [&]() -> result<std::unique_ptr<video_capture>> {
        if (!made->reopen())
          return made->unreadable(
              made->source_.what == video_source::kind::device
                  ? "OpenCV cannot open the device; is it there, free, and may this "
                    "user read it?"
                  : "OpenCV cannot open it as a video; is it damaged, or in a format "
                    "this machine's FFmpeg does not know?");
        if (!made->capture_.grab())
          return made->unreadable("OpenCV opened it, but cannot read a single frame");
        return std::move(made);
      });
}

/// Seeking keeps the decoder and is cheap. A stream may claim it can, and land somewhere in what it
/// happens to have buffered; it is opened anew, as is a file that cannot seek.
bool video_capture::begin_again() {
  if (source_.what == video_source::kind::file && capture_.set(cv::CAP_PROP_POS_FRAMES, 0) &&
      capture_.grab())
    return true;
  return reopen() && capture_.grab();
}

result<bool> video_capture::grab() {
  return call_opencv(errc::unreadable, subject_, [&]() -> result<bool> {
    if (capture_.grab())
      return true;
    if (source_.what == video_source::kind::device)
      return unreadable("the device gives no frame; is it still connected?");
    if (!source_.loop)
      return false;
    // One try: a source that gives nothing from its start must not be asked for ever.
    if (begin_again())
      return true;
    return unreadable("OpenCV cannot read it again from the start");
  });
}

result<payload> video_capture::decode() {
  return call_opencv(errc::unreadable, subject_, [&]() -> result<payload> {
    cv::Mat frame;
    buffer memory;
    if (image_bytes(format_) > 0) {
      memory = buffer::acquire(image_bytes(format_));
      frame = mat_over(format_, memory.data());
    }
    if (!capture_.retrieve(frame))
      return unreadable("OpenCV cannot decode a frame");
    auto now = image_format(frame);
    if (!now.ok())
      return unreadable(now.error().message);
    if (now.value() == format_ && frame.ptr<std::byte>() == memory.data())
      return payload(format_, std::move(memory));
    // The first frame, or a size that changed: OpenCV took memory of its own.
    format_ = now.value();
    return lend(frame);
  });
}

} // namespace peernet
