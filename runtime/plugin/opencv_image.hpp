// SPDX-License-Identifier: MIT
// The border between payloads and OpenCV, for plugins that use it: pixels cross without a copy in
// both directions, exceptions do not cross at all. Header-only, so that nothing but such plugins
// needs OpenCV.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/payload.hpp"

#include <climits>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>

#include <exception>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace peernet {

/// Runs `body`, which gives a result<T>. What it throws becomes an error of kind `code` that begins
/// with `subject` (who wanted what, of which file) and ends with OpenCV's own words.
template <class Body>
auto call_opencv(errc code, const std::string& subject, Body body) -> decltype(body()) {
  try {
    return body();
  } catch (const cv::Exception& e) {
    return error{code, subject + ": " + e.err + " (OpenCV, " + e.func + ")"};
  } catch (const std::exception& e) {
    return error{code, subject + ": " + e.what()};
  }
}

/// What OpenCV would print on standard error is in our errors; process-wide.
inline void silence_opencv() {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
}

/// Keeps a matrix's memory alive for the payloads that show it.
class mat_storage final : public storage {
public:
  explicit mat_storage(cv::Mat m) : mat(std::move(m)) {}
  const cv::Mat mat;

private:
  void dispose() noexcept override { delete this; }
};

/// The format of 8-bit pictures with 1 or 3 channels, the ones PeerNet's image types handle.
inline result<format> image_format(const cv::Mat& m) {
  if (m.empty() || m.dims != 2 || (m.type() != CV_8UC1 && m.type() != CV_8UC3))
    return error{errc::unsupported, "the picture is " + cv::typeToString(m.type()) +
                                        "; only 8-bit grey and 8-bit BGR can be sent"};
  return format{.kind = content::image,
                .channels = static_cast<std::uint16_t>(m.channels()),
                .width = static_cast<std::uint32_t>(m.cols),
                .height = static_cast<std::uint32_t>(m.rows)};
}

/// A payload that shows `m`'s own pixels; nobody may write to them any more. Copies only if rows
/// are padded. errc::unsupported for other pictures than `image_format` knows.
inline result<payload> lend(cv::Mat m) {
  auto what = image_format(m);
  if (!what.ok())
    return what.error();
  if (!m.isContinuous())
    m = m.clone();
  auto held = std::make_unique<mat_storage>(std::move(m));
  const auto bytes =
      std::as_bytes(std::span{held->mat.data, held->mat.total() * held->mat.elemSize()});
  return payload(*what, bytes, storage_ref::adopt(held.release()));
}

/// A matrix over memory that holds, or will hold, a picture of format `f`: 8 bit, 1 or 3 channels.
inline cv::Mat mat_over(const format& f, std::byte* pixels) {
  return {static_cast<int>(f.height), static_cast<int>(f.width), CV_8UC(f.channels), pixels};
}

/// The payload's pixels as a matrix, valid while the payload lives; only to be read.
/// errc::unsupported if it is no 8-bit image of 1 or 3 channels, or its size is not its format's.
inline result<cv::Mat> view(const payload& p) {
  const auto& f = p.what();
  if (f.kind != content::image || f.type != element::u8 || (f.channels != 1 && f.channels != 3))
    return error{errc::unsupported,
                 "an 8-bit image with 1 or 3 channels is needed, and something else came"};
  if (f.width == 0 || f.height == 0 || image_bytes(f) != p.size() || f.width > INT_MAX ||
      f.height > INT_MAX)
    return error{errc::unsupported, "an image came whose bytes do not fit its format"};
  return mat_over(f, const_cast<std::byte*>(p.data()));
}

} // namespace peernet
