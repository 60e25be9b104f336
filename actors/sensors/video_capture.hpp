// SPDX-License-Identifier: MIT
// OpenCV's VideoCapture as the video sensors need it: frames arrive in pool memory, the end is told
// from a failure, and every error names the source.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/payload.hpp"

#include <opencv2/videoio.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace peernet {

/// What the option `path` names.
struct video_source {
  enum class kind {
    file,   ///< each frame in its turn; reading it never waits
    device, ///< a camera: frames come and go whether they are read or not
    live,   ///< a stream that goes on whether it is read or not (rtsp, rtp, udp, srt)
    stream, ///< any other URL: each frame in its turn, but reading may wait
  } what = kind::file;
  std::string path; ///< of the file resolved; otherwise as written
  bool loop = false;
};

/// "0" and "/dev/video0" are devices, "…://…" is a URL, anything else a file, relative to
/// `directory`.
[[nodiscard]] video_source parse_video_source(std::string_view path, std::string_view directory,
                                              bool loop);

/// An open source. Thread: one at a time.
class video_capture {
public:
  /// Opens the source and takes its first frame, so that what cannot be played fails here.
  /// Errors: errc::not_found (no such file), unreadable (not a video, or nothing in it), with what
  /// OpenCV could not do.
  [[nodiscard]] static result<std::unique_ptr<video_capture>> open(video_source source);

  [[nodiscard]] const video_source& source() const noexcept { return source_; }

  /// Takes the next frame; at the end the first one again if the source loops. False: there are no
  /// more. errc::unreadable when a device gives none, or a looping source none even from the start.
  [[nodiscard]] result<bool> grab();

  /// Decodes the frame taken last, into pool memory from the second frame of a size on.
  [[nodiscard]] result<payload> decode();

private:
  explicit video_capture(video_source source);

  [[nodiscard]] bool reopen();
  [[nodiscard]] bool begin_again();
  [[nodiscard]] error unreadable(const std::string& why) const;

  const video_source source_;
  const std::string subject_; ///< how errors begin
  cv::VideoCapture capture_;
  format format_; ///< of the last frame
};

} // namespace peernet
