// SPDX-License-Identifier: MIT
#include "actors/sinks/save_images.hpp"

#include "runtime/core/detection.hpp"
#include "runtime/plugin/opencv_image.hpp"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace peernet {

namespace fs = std::filesystem;

namespace {

const cv::Scalar box_colour(0, 255, 0); // green, in BGR
const cv::Scalar text_colour(0, 0, 0);
constexpr int line_width = 2;
constexpr double text_scale = 0.5;

/// Draws `text` on a filled bar whose lower left corner is at `corner`, moved into the picture.
void draw_label(cv::Mat& on, cv::Point corner, const std::string& text) {
  int baseline = 0;
  const auto size = cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, text_scale, 1, &baseline);
  corner.y = std::max(corner.y, size.height + baseline);
  const cv::Rect bar(corner.x, corner.y - size.height - baseline, size.width,
                     size.height + baseline);
  cv::rectangle(on, bar, box_colour, cv::FILLED);
  cv::putText(on, text, {corner.x, corner.y - baseline / 2}, cv::FONT_HERSHEY_SIMPLEX, text_scale,
              text_colour, 1, cv::LINE_AA);
}

/// The detections come from a model on another machine: their numbers may be anything. They are in
/// pixels of the picture that was searched, which may have been shrunk on its way there.
void draw(cv::Mat& on, const std::vector<detection>& found, const format& searched) {
  const auto scale_x =
      searched.width > 0 ? static_cast<float>(on.cols) / static_cast<float>(searched.width) : 1;
  const auto scale_y =
      searched.height > 0 ? static_cast<float>(on.rows) / static_cast<float>(searched.height) : 1;
  const auto pixel = [](float value, int limit) {
    return static_cast<int>(std::clamp(std::round(value), 0.0f, static_cast<float>(limit)));
  };
  int line = 0; // classes of the whole picture are listed at its top left
  for (const auto& d : found) {
    if (!std::isfinite(d.x + d.y + d.width + d.height))
      continue;
    char score[32];
    std::snprintf(score, sizeof score, " %.2f", static_cast<double>(d.score));
    const auto text = std::string(d.name()) + score;
    if (d.width == 0 && d.height == 0) {
      constexpr int line_height = 20;
      draw_label(on, {0, line_height * ++line}, text);
      continue;
    }
    const cv::Point from(pixel(d.x * scale_x, on.cols), pixel(d.y * scale_y, on.rows));
    const cv::Point to(pixel((d.x + d.width) * scale_x, on.cols),
                       pixel((d.y + d.height) * scale_y, on.rows));
    cv::rectangle(on, from, to, box_colour, line_width);
    draw_label(on, from, text);
  }
}

class save_images final : public sink {
public:
  save_images(std::string name, fs::path folder, std::int64_t every, const frame_history* frames)
      : name_(std::move(name)), folder_(std::move(folder)), every_(every), frames_(frames) {}

  result<void> act(const sample& arrived) override {
    if (seen_++ % every_ != 0)
      return {};
    return call_opencv(errc::io, name_ + ": cannot save a picture", [&]() -> result<void> {
      switch (arrived.body.what().kind) {
      case content::image:
        return write(arrived, view(arrived.body));
      case content::detections:
        return write(arrived, with_boxes(arrived));
      default:
        return error{errc::unsupported, name_ + ": save-images takes images and detections; "
                                                "something else came"};
      }
    });
  }

private:
  result<cv::Mat> with_boxes(const sample& arrived) const {
    const auto trace = arrived.header.trace;
    if (!frames_)
      return error{errc::unsupported, "detections came, but there is nothing to draw them on; set "
                                      "frames = \"<a sensor on this node>\""};
    const auto kept = frames_->find(trace);
    if (!kept)
      return error{errc::not_found, "the frame of sample " + std::to_string(trace.seq()) +
                                        " is not kept any more: its result came too late"};
    const auto seen = view(*kept);
    if (!seen.ok())
      return seen.error();
    cv::Mat canvas; // the frame is shared with whoever else is looking at it
    if (seen->channels() == 1)
      cv::cvtColor(*seen, canvas, cv::COLOR_GRAY2BGR);
    else
      canvas = seen->clone();
    draw(canvas, unpack(arrived.body), arrived.body.what());
    return canvas;
  }

  result<void> write(const sample& arrived, const result<cv::Mat>& picture) {
    if (!picture.ok())
      return error{picture.error().code, name_ + ": " + picture.error().message};
    const auto& header = arrived.header;
    char file[80];
    const int n = std::snprintf(file, sizeof file, "%u-%08llu", header.trace.sensor(),
                                static_cast<unsigned long long>(header.trace.seq()));
    if (header.output != 0)
      std::snprintf(file + n, sizeof file - static_cast<std::size_t>(n), ".%u", header.output);
    fs::create_directories(folder_); // throws what `act` reports
    const auto path = (folder_ / file).string() + ".jpg";
    if (!cv::imwrite(path, *picture))
      return error{errc::io, name_ + ": OpenCV cannot write '" + path +
                                 "'; is there room, and may this user write there?"};
    return {};
  }

  const std::string name_;
  const fs::path folder_;
  const std::int64_t every_;
  const frame_history* const frames_;
  std::int64_t seen_ = 0;
};

/// Tries whether pictures can be written into `folder`: what cannot work fails before the run.
/// Nothing stays behind.
result<void> try_folder(const fs::path& folder) {
  constexpr int attempts = 5; // a sink on another node may be trying the same folder
  const auto name = "the folder '" + folder.string() + "'";
  for (int left = attempts; left > 0; --left) {
    std::error_code failed;
    fs::path uppermost; // of what is not there yet
    for (auto at = folder; !at.empty() && !fs::exists(at, failed); at = at.parent_path())
      uppermost = at;
    fs::create_directories(folder, failed);
    if (failed)
      return error{errc::bad_scenario, "cannot make " + name + ": " + failed.message()};
    auto file = (folder / ".peernet-XXXXXX").string();
    const int fd = ::mkstemp(file.data());
    const int reason = errno;
    if (fd >= 0) {
      ::close(fd);
      ::unlink(file.c_str());
    }
    for (auto at = folder; !uppermost.empty(); at = at.parent_path()) {
      fs::remove(at, failed); // only if it is empty
      if (at == uppermost)
        break;
    }
    if (fd >= 0)
      return {};
    if (reason != ENOENT || left == 1)
      return error{errc::bad_scenario, "cannot write into " + name + ": " + std::strerror(reason)};
  }
  return {};
}

} // namespace

result<std::unique_ptr<sink>> make_save_images_sink(const options& settings,
                                                    const environment& where) {
  const auto folder = settings.has("path")
                          ? fs::path(where.directory) / settings.get<std::string>("path")
                          : fs::path(where.output) / where.stage;
  if (settings.has("path"))
    if (auto works = try_folder(folder); !works)
      return std::move(works).error();
  return std::unique_ptr<sink>(std::make_unique<save_images>(
      where.stage, folder, settings.get<std::int64_t>("every"), where.frames));
}

} // namespace peernet
