// SPDX-License-Identifier: MIT
// The plugin "torch": the model "torchscript", a classifier saved by torch.jit, run by LibTorch on
// a CPU or a CUDA device. The only file that sees LibTorch (12 s to compile). Preprocess turns the
// image into a normalised tensor on the device; infer is `forward`, and waits for the device;
// postprocess is softmax and the k best classes.
#include "actors/models/planes.hpp"
#include "runtime/core/detection.hpp"
#include "runtime/plugin/registrar.hpp"

#include <torch/cuda.h>
#include <torch/script.h>

#include <ATen/Parallel.h>
#include <algorithm>
#include <fstream>

namespace peernet {

namespace {

/// LibTorch reports with stack traces of both languages; the line that matters is the first, or the
/// last when the script's own interpreter speaks.
std::string one_line(const std::exception& e) {
  const auto* own = dynamic_cast<const c10::Error*>(&e);
  const std::string text = own ? own->what_without_backtrace() : e.what();
  std::string first, last;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    if (auto line = text.substr(at, end - at);
        line.find_first_not_of(" \t~^<.-") != std::string::npos) {
      if (first.empty())
        first = line;
      last = std::move(line);
    }
    at = end + 1;
  }
  return text.find("TorchScript interpreter") != std::string::npos ? last : first;
}

template <class Body>
auto call_torch(errc code, const std::string& subject, Body body) -> decltype(body()) {
  try {
    return body();
  } catch (const std::exception& e) {
    return error{code, subject + ": LibTorch says: " + one_line(e)};
  }
}

struct torchscript_config {
  std::string name; ///< the stage's
  std::string file;
  planes_config planes;
  std::vector<std::string> labels; ///< one per class, or none
  std::int64_t top_k = 0;
  int threads = 1;
};

class torchscript final : public model {
public:
  torchscript(torchscript_config config, torch::jit::Module module, torch::Device device)
      : config_(std::move(config)),
        module_(std::move(module)),
        device_(device),
        host_input_(torch::empty({1, 3, config_.planes.height, config_.planes.width})) {}

  /// The interpreter specialises a script during its first calls; that must not be measured. An
  /// output we cannot use is found here too, before the run.
  result<void> warm_up() {
    constexpr int calls = 3;
    return call_torch(errc::unreadable, subject(), [&]() -> result<void> {
      host_input_.zero_();
      for (int i = 0; i < calls; ++i) {
        upload();
        forward();
      }
      return check_output();
    });
  }

  model_traits traits() const override { return {.preprocess = true, .postprocess = true}; }

  result<void> preprocess(const payload& input) override {
    use_threads();
    const std::span pixels(host_input_.data_ptr<float>(),
                           static_cast<std::size_t>(host_input_.numel()));
    if (auto written = write_planes(input, config_.planes, pixels); !written.ok())
      return error{written.error().code, config_.name + ": " + written.error().message};
    return call_torch(errc::internal, config_.name, [&]() -> result<void> {
      upload();
      return {};
    });
  }

  result<void> infer(const payload&, emitter&) override {
    return call_torch(errc::internal, config_.name, [&]() -> result<void> {
      forward();
      return {};
    });
  }

  result<void> postprocess(const payload& input, emitter& out) override {
    return call_torch(errc::internal, config_.name, [&]() -> result<void> {
      if (auto fine = check_output(); !fine.ok())
        return fine;
      const c10::InferenceMode no_gradients;
      const auto scores = torch::softmax(output_.toTensor().to(torch::kCPU, torch::kFloat), 1)[0];
      const auto [best, classes] = scores.topk(std::min(config_.top_k, scores.size(0)));
      const auto best_of = best.accessor<float, 1>();
      const auto class_of = classes.accessor<std::int64_t, 1>();
      found_.clear();
      for (std::int64_t i = 0; i < best.size(0); ++i)
        found_.emplace_back(detection{.score = best_of[i]}).set_label(label(class_of[i]));
      out.emit(pack(found_, input.what()));
      return {};
    });
  }

private:
  std::string subject() const { return "TorchScript model '" + config_.file + "'"; }

  /// The number of threads belongs to the calling thread, which is the worker's, not the one that
  /// made the model.
  void use_threads() {
    if (!std::exchange(threads_are_set_, true))
      at::set_num_threads(config_.threads);
  }

  void upload() {
    const c10::InferenceMode no_gradients;
    inputs_.assign(1, host_input_.to(device_));
    wait_for_device();
  }

  void forward() {
    const c10::InferenceMode no_gradients;
    output_ = module_.forward(inputs_);
    wait_for_device();
  }

  void wait_for_device() const {
    if (device_.is_cuda())
      torch::cuda::synchronize(device_.index());
  }

  result<void> check_output() const {
    const auto wrong = [&](const std::string& got) {
      return error{errc::unsupported, subject() + " puts out " + got +
                                          "; a classifier's tensor of 1 × classes is needed"};
    };
    if (!output_.isTensor())
      return wrong("a " + output_.tagKind());
    const auto& scores = output_.toTensor();
    if (scores.dim() != 2 || scores.size(0) != 1 || scores.size(1) < 1) {
      std::string shape;
      for (const auto n : scores.sizes())
        shape += (shape.empty() ? "" : " × ") + std::to_string(n);
      return wrong("a tensor of " + (shape.empty() ? "no dimension" : shape));
    }
    const auto classes = static_cast<std::size_t>(scores.size(1));
    if (!config_.labels.empty() && config_.labels.size() != classes)
      return error{errc::unsupported, subject() + " knows " + std::to_string(classes) +
                                          " classes, but its labels file has " +
                                          std::to_string(config_.labels.size()) + " lines"};
    return {};
  }

  std::string label(std::int64_t index) const {
    return config_.labels.empty() ? "class " + std::to_string(index)
                                  : config_.labels[static_cast<std::size_t>(index)];
  }

  const torchscript_config config_;
  torch::jit::Module module_;
  const torch::Device device_;
  torch::Tensor host_input_; ///< 1 × 3 × height × width
  std::vector<torch::IValue> inputs_;
  torch::IValue output_;
  std::vector<detection> found_;
  bool threads_are_set_ = false;
};

result<std::vector<std::string>> read_labels(const std::string& file) {
  std::ifstream in(file);
  std::vector<std::string> labels;
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r'))
      line.pop_back();
    labels.push_back(line);
  }
  if (labels.empty())
    return error{errc::unreadable, "labels '" + file +
                                       "': not readable, or empty; it must hold "
                                       "one label per line"};
  return labels;
}

result<torch::Device> find_device(const std::string& name) {
  const auto subject = "device '" + name + "'";
  return call_torch(errc::unsupported, subject, [&]() -> result<torch::Device> {
    const torch::Device device(name);
    if (device.is_cuda() && !torch::cuda::is_available())
      return error{errc::unsupported, subject + ": this machine's LibTorch finds no CUDA device; "
                                                "use device = \"cpu\""};
    if (device.is_cuda() && device.has_index() &&
        static_cast<std::size_t>(device.index()) >= torch::cuda::device_count())
      return error{errc::unsupported, subject + ": this machine has only " +
                                          std::to_string(torch::cuda::device_count()) +
                                          " CUDA devices"};
    if (!device.is_cuda() && !device.is_cpu())
      return error{errc::unsupported, subject + ": only cpu and cuda are supported"};
    return device;
  });
}

result<std::array<double, 3>> three_numbers(const options& settings, const char* key) {
  const auto& list = settings.get<std::vector<double>>(key);
  if (list.size() != 3)
    return error{errc::bad_scenario, std::string(key) + " needs 3 numbers: red, green, blue"};
  return std::array{list[0], list[1], list[2]};
}

result<std::unique_ptr<model>> make_torchscript(const options& settings, const environment& where) {
  torchscript_config config{.name = where.stage,
                            .file = settings.get<std::string>("path"),
                            .top_k = settings.get<std::int64_t>("top-k"),
                            .threads = static_cast<int>(settings.get<std::int64_t>("threads"))};
  const auto mean = three_numbers(settings, "mean");
  const auto deviation = three_numbers(settings, "std");
  if (!mean.ok())
    return mean.error();
  if (!deviation.ok())
    return deviation.error();
  if (std::ranges::find(*deviation, 0.0) != deviation->end())
    return error{errc::bad_scenario, where.stage + ": std holds a 0, and is divided by"};
  config.planes = {.width = settings.get<std::int64_t>("width"),
                   .height = settings.get<std::int64_t>("height"),
                   .mean = *mean,
                   .deviation = *deviation};
  if (settings.has("labels")) {
    auto labels = read_labels(settings.get<std::string>("labels"));
    if (!labels.ok())
      return labels.error();
    config.labels = std::move(labels).value();
  }
  const auto device = find_device(settings.get<std::string>("device"));
  if (!device.ok())
    return device.error();

  const auto subject = "TorchScript model '" + config.file + "'";
  return call_torch(errc::unreadable, subject, [&]() -> result<std::unique_ptr<model>> {
    at::set_num_threads(config.threads);
    auto module = torch::jit::load(config.file, *device);
    module.eval();
    auto made = std::make_unique<torchscript>(std::move(config), std::move(module), *device);
    if (auto warm = made->warm_up(); !warm.ok())
      return warm.error();
    return std::unique_ptr<model>(std::move(made));
  });
}

} // namespace

} // namespace peernet

PEERNET_PLUGIN(into) {
  into.add_model("torchscript", peernet::make_torchscript);
}
