// SPDX-License-Identifier: MIT
// The plugin "detect": the models "hog-people" and "haar" with OpenCV's classical detectors. The
// three steps are kept apart so that `infer` times the detector and nothing else: preprocess
// scales, infer is detectMultiScale, postprocess brings boxes back to the pixels of the original.
#include "runtime/core/detection.hpp"
#include "runtime/plugin/opencv_image.hpp"
#include "runtime/plugin/registrar.hpp"

#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>

namespace peernet {

namespace {

/// What both detectors share: everything but the detector.
class detector : public model {
public:
  model_traits traits() const final {
    return {.preprocess = true, .postprocess = true, .values = {figure_}};
  }

  result<void> preprocess(const payload& input) final {
    return call_opencv(errc::internal, name_, [&]() -> result<void> {
      boxes_.clear();
      scores_.clear();
      const auto picture = view(input);
      if (!picture.ok())
        return error{picture.error().code, name_ + ": " + picture.error().message};
      convert(*picture, scale_, input_);
      if (input_.cols < smallest_.width || input_.rows < smallest_.height)
        return error{errc::unsupported, name_ + ": the image, scaled to " + extent(input_.size()) +
                                            ", is smaller than what the detector looks for (" +
                                            extent(smallest_) +
                                            "); send larger images or raise scale"};
      return {};
    });
  }

  result<void> infer(const payload&, emitter&) final {
    return call_opencv(errc::internal, name_, [&]() -> result<void> {
      detect(input_, boxes_, scores_);
      return {};
    });
  }

  result<void> postprocess(const payload& input, emitter& out) final {
    input_.release(); // it may be a view of the sample's memory
    const auto back = static_cast<float>(1 / scale_);
    found_.clear();
    for (std::size_t i = 0; i < boxes_.size(); ++i) {
      auto& d = found_.emplace_back(detection{.x = static_cast<float>(boxes_[i].x) * back,
                                              .y = static_cast<float>(boxes_[i].y) * back,
                                              .width = static_cast<float>(boxes_[i].width) * back,
                                              .height = static_cast<float>(boxes_[i].height) * back,
                                              .score = i < scores_.size() ? scores_[i] : 0});
      d.set_label(label_);
    }
    out.value(0, static_cast<double>(found_.size()));
    out.emit(pack(found_, input.what()));
    return {};
  }

protected:
  detector(std::string name, std::string label, std::string figure, double scale, cv::Size smallest)
      : name_(std::move(name)),
        label_(std::move(label)),
        figure_(std::move(figure)),
        scale_(scale),
        smallest_(smallest) {}

  /// Gives the detector the picture it works on; no copy where none is needed.
  virtual void convert(const cv::Mat& picture, double scale, cv::Mat& into) = 0;
  virtual void detect(const cv::Mat& picture, std::vector<cv::Rect>& boxes,
                      std::vector<float>& scores) = 0;

  static void rescale(const cv::Mat& picture, double scale, cv::Mat& into) {
    if (scale == 1.0)
      into = picture;
    else
      cv::resize(picture, into, {}, scale, scale, cv::INTER_AREA);
  }

private:
  static std::string extent(cv::Size s) {
    return std::to_string(s.width) + "x" + std::to_string(s.height);
  }

  const std::string name_, label_, figure_;
  const double scale_;
  const cv::Size smallest_;
  cv::Mat input_;
  std::vector<cv::Rect> boxes_;
  std::vector<float> scores_;
  std::vector<detection> found_;
};

/// People standing upright, by histograms of oriented gradients (Dalal and Triggs 2005); the
/// weights are part of OpenCV. The score is the distance from the classifier's plane.
class hog_people final : public detector {
public:
  hog_people(const options& settings, const environment& where)
      : detector(where.stage, "person", "people", settings.get<double>("scale"),
                 cv::HOGDescriptor().winSize),
        threshold_(settings.get<double>("threshold")),
        stride_(static_cast<int>(settings.get<std::int64_t>("stride"))) {
    hog_.setSVMDetector(cv::HOGDescriptor::getDefaultPeopleDetector());
  }

private:
  void convert(const cv::Mat& picture, double scale, cv::Mat& into) override {
    rescale(picture, scale, into);
  }

  void detect(const cv::Mat& picture, std::vector<cv::Rect>& boxes,
              std::vector<float>& scores) override {
    weights_.clear();
    hog_.detectMultiScale(picture, boxes, weights_, threshold_, {stride_, stride_});
    scores.assign(weights_.begin(), weights_.end());
  }

  cv::HOGDescriptor hog_;
  const double threshold_;
  const int stride_;
  std::vector<double> weights_;
};

/// Whatever a cascade file was trained for (Viola and Jones 2001). The score is the number of
/// neighbouring hits that were merged into the box.
class haar final : public detector {
public:
  haar(cv::CascadeClassifier cascade, const options& settings, const environment& where)
      : detector(where.stage, "object", "objects", settings.get<double>("scale"),
                 cascade.getOriginalWindowSize()),
        cascade_(std::move(cascade)),
        scale_factor_(settings.get<double>("scale-factor")),
        min_neighbors_(static_cast<int>(settings.get<std::int64_t>("min-neighbors"))) {}

private:
  void convert(const cv::Mat& picture, double scale, cv::Mat& into) override {
    if (picture.channels() == 1)
      return rescale(picture, scale, into);
    cv::cvtColor(picture, grey_, cv::COLOR_BGR2GRAY);
    rescale(grey_, scale, into);
  }

  void detect(const cv::Mat& picture, std::vector<cv::Rect>& boxes,
              std::vector<float>& scores) override {
    neighbours_.clear();
    cascade_.detectMultiScale(picture, boxes, neighbours_, scale_factor_, min_neighbors_);
    scores.assign(neighbours_.begin(), neighbours_.end());
  }

  cv::CascadeClassifier cascade_;
  const double scale_factor_;
  const int min_neighbors_;
  cv::Mat grey_;
  std::vector<int> neighbours_;
};

result<std::unique_ptr<model>> make_hog_people(const options& settings, const environment& where) {
  return call_opencv(errc::internal, where.stage, [&]() -> result<std::unique_ptr<model>> {
    return std::unique_ptr<model>(std::make_unique<hog_people>(settings, where));
  });
}

result<std::unique_ptr<model>> make_haar(const options& settings, const environment& where) {
  const auto file = settings.get<std::string>("path");
  const auto subject = "cascade '" + file + "'";
  return call_opencv(errc::unreadable, subject, [&]() -> result<std::unique_ptr<model>> {
    cv::CascadeClassifier cascade;
    if (!cascade.load(file))
      return error{errc::unreadable,
                   subject + ": OpenCV cannot load it; is it there, and a cascade in XML "
                             "(Debian's package opencv-data has some)?"};
    return std::unique_ptr<model>(std::make_unique<haar>(std::move(cascade), settings, where));
  });
}

} // namespace

} // namespace peernet

PEERNET_PLUGIN(into) {
  peernet::silence_opencv();
  // One thread per worker: `count = N` is how a scenario asks for more, and a detector that takes
  // every core for itself would disturb the other nodes that are measured on this machine.
  cv::setNumThreads(1);
  into.add_model("hog-people", peernet::make_hog_people);
  into.add_model("haar", peernet::make_haar);
}
