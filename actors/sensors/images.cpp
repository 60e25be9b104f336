// SPDX-License-Identifier: MIT
// The plugin "images": the sensors "image" (one file, decoded once, the same pixels each time) and
// "images" (a folder in name order, read and decoded each time, over and over), and the sink
// "save-images", which lives in ../sinks/save_images.cpp.
#include "actors/sinks/save_images.hpp"
#include "runtime/plugin/opencv_image.hpp"
#include "runtime/plugin/registrar.hpp"

#include <opencv2/imgcodecs.hpp>

#include <algorithm>
#include <filesystem>

namespace peernet {

namespace fs = std::filesystem;

namespace {

/// Decodes a file of any format OpenCV knows to BGR.
result<payload> read_image(const std::string& file) {
  const auto subject = "image '" + file + "'";
  return call_opencv(errc::unreadable, subject, [&]() -> result<payload> {
    std::error_code failed;
    if (!fs::exists(file, failed))
      return error{errc::not_found, subject + ": there is no such file"};
    auto pixels = cv::imread(file, cv::IMREAD_COLOR);
    if (pixels.empty())
      return error{errc::unreadable, subject + ": OpenCV cannot decode it; is it a whole picture "
                                               "in a format like PNG, JPEG or BMP?"};
    return lend(std::move(pixels));
  });
}

class still_image final : public sensor {
public:
  explicit still_image(payload picture) : picture_(std::move(picture)) {}
  result<std::optional<payload>> sample() override { return std::optional{picture_}; }

private:
  const payload picture_;
};

class image_folder final : public sensor {
public:
  explicit image_folder(std::vector<std::string> files) : files_(std::move(files)) {}

  result<std::optional<payload>> sample() override {
    auto picture = read_image(files_[next_]);
    next_ = (next_ + 1) % files_.size();
    if (!picture.ok())
      return picture.error();
    return std::optional{std::move(picture).value()};
  }

private:
  const std::vector<std::string> files_;
  std::size_t next_ = 0;
};

/// The files in a folder that begin like a picture, in name order; others (notes, labels) are no
/// pictures and are passed over.
result<std::vector<std::string>> list_images(const std::string& folder) {
  const auto subject = "images '" + folder + "'";
  return call_opencv(errc::unreadable, subject, [&]() -> result<std::vector<std::string>> {
    std::error_code failed;
    if (!fs::is_directory(folder, failed))
      return error{errc::not_found, subject + ": there is no such folder"};
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.is_regular_file() && cv::haveImageReader(entry.path().string()))
        files.push_back(entry.path().string());
    if (files.empty())
      return error{errc::unreadable, subject + ": no file in it is a picture OpenCV can read"};
    std::ranges::sort(files);
    return files;
  });
}

result<std::unique_ptr<sensor>> make_image(const options& settings, const environment& /*where*/) {
  auto picture = read_image(settings.get<std::string>("path"));
  if (!picture.ok())
    return picture.error();
  return std::unique_ptr<sensor>(std::make_unique<still_image>(std::move(picture).value()));
}

result<std::unique_ptr<sensor>> make_images(const options& settings, const environment& /*where*/) {
  auto files = list_images(settings.get<std::string>("path"));
  if (!files.ok())
    return files.error();
  return std::unique_ptr<sensor>(std::make_unique<image_folder>(std::move(files).value()));
}

} // namespace

} // namespace peernet

PEERNET_PLUGIN(into) {
  peernet::silence_opencv();
  into.add_sensor("image", peernet::make_image);
  into.add_sensor("images", peernet::make_images);
  into.add_sink("save-images", peernet::make_save_images_sink);
}
