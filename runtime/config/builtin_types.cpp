// SPDX-License-Identifier: MIT
// A new type is one entry here, its files, and a line in scenarios/README.md (a test compares the
// two).
#include "runtime/config/builtin_types.hpp"

namespace peernet {

namespace {

using enum option_kind;

constexpr double largest_payload = 256u << 20; // what every transport takes
constexpr double one_hour_ns = 3600e9;

option_def model_step(const std::string& name) {
  return {.name = name,
          .kind = time_span,
          .doc = "how long it spends in " + name + "; 0: no such step",
          .otherwise = duration{0},
          .min = 0,
          .max = one_hour_ns};
}

option_def pixels(std::string name, std::optional<option_value> otherwise, std::string doc) {
  const bool required = !otherwise;
  return {.name = std::move(name),
          .kind = integer,
          .doc = std::move(doc),
          .required = required,
          .otherwise = std::move(otherwise),
          .min = 1,
          .max = 16384};
}

option_def size_in_pixels(std::string name) {
  auto def = pixels(std::move(name), {}, "pixels; alone it keeps the picture's shape");
  def.required = false;
  return def;
}

option_def quality(std::int64_t otherwise) {
  return {.name = "quality",
          .kind = integer,
          .doc = "higher is better and larger",
          .otherwise = otherwise,
          .min = 1,
          .max = 100};
}

option_def level(std::int64_t otherwise, double min, double max) {
  return {.name = "level",
          .kind = integer,
          .doc = "higher is smaller and slower",
          .otherwise = otherwise,
          .min = min,
          .max = max};
}

option_def payload_size() {
  return {.name = "size",
          .kind = size_range,
          .doc = "bytes of each payload",
          .required = true,
          .min = 0,
          .max = largest_payload};
}

option_def image_scale() {
  return {.name = "scale",
          .kind = number,
          .doc = "the image is shrunk by this before it is searched",
          .otherwise = 1.0,
          .min = 0.1,
          .max = 1,
          .above_min = true};
}

option_def every(std::string doc) {
  return {.name = "every",
          .kind = integer,
          .doc = std::move(doc),
          .otherwise = 1,
          .min = 1,
          .max = 1e6};
}

} // namespace

std::vector<catalogue_entry> builtin_types() {
  return {
      // -- sensors --------------------------------------------------------------------------------
      {plugin_kind::sensor,
       "video",
       "video",
       "frames of a video file, camera or stream",
       {{.name = "path",
         .kind = media,
         .doc = "file, /dev device, device number, or URL",
         .required = true},
        {.name = "loop",
         .kind = flag,
         .doc = "start over at the end of the file",
         .otherwise = false}}},
      {plugin_kind::sensor,
       "image",
       "images",
       "one picture, decoded once, the same pixels each time",
       {{.name = "path", .kind = file, .doc = "the picture", .required = true}}},
      {plugin_kind::sensor,
       "images",
       "images",
       "the pictures of a folder in name order, read and decoded each time, over and over",
       {{.name = "path", .kind = folder, .doc = "the folder", .required = true}}},
      {plugin_kind::sensor,
       "synthetic-image",
       "",
       "a moving pattern",
       {pixels("width", 640, "pixels"),
        pixels("height", 480, "pixels"),
        {.name = "channels",
         .kind = integer,
         .doc = "1: grey, 3: colour",
         .otherwise = 3,
         .min = 1,
         .max = 3,
         .step = 2}}},
      {plugin_kind::sensor, "bytes", "", "random bytes", {payload_size()}},
      {plugin_kind::sensor, "text", "", "random printable text", {payload_size()}},

      {plugin_kind::sensor, "external", "", "an embedding program pushes the samples"},
      // -- models ---------------------------------------------------------------------------------
      {plugin_kind::model,
       "dummy",
       "",
       "spends the stated time and answers with zeros",
       {model_step("preprocess"),
        model_step("infer"),
        model_step("postprocess"),
        {.name = "busy", .kind = flag, .doc = "compute instead of sleeping", .otherwise = false},
        {.name = "output",
         .kind = size,
         .doc = "bytes of the answer",
         .otherwise = 100,
         .min = 0,
         .max = largest_payload}}},
      {plugin_kind::model, "echo", "", "answers with its input"},
      {plugin_kind::model,
       "hog-people",
       "detect",
       "finds standing people with OpenCV's built-in HOG detector",
       {image_scale(),
        {.name = "threshold",
         .kind = number,
         .doc = "hits below this score do not count",
         .otherwise = 0.0},
        {.name = "stride",
         .kind = integer,
         .doc = "pixels between two looks",
         .otherwise = 8,
         .min = 4,
         .max = 32,
         .step = 4}},
       {"people"}},
      {plugin_kind::model,
       "haar",
       "detect",
       "finds what an OpenCV Haar cascade was trained for",
       {{.name = "path", .kind = file, .doc = "the cascade, XML", .required = true},
        image_scale(),
        {.name = "scale-factor",
         .kind = number,
         .doc = "growth of the search window from pass to pass",
         .otherwise = 1.1,
         .min = 1,
         .max = 2,
         .above_min = true},
        {.name = "min-neighbors",
         .kind = integer,
         .doc = "hits in one spot that make a finding",
         .otherwise = 3,
         .min = 0,
         .max = 100}},
       {"objects"}},
      {plugin_kind::model,
       "torchscript",
       "torch",
       "an image classifier saved as TorchScript, run by LibTorch",
       {{.name = "path", .kind = file, .doc = "the model", .required = true},
        {.name = "device", .kind = text, .doc = "LibTorch's name of it", .otherwise = "cpu"},
        pixels("width", {}, "the input is brought to this width"),
        pixels("height", {}, "the input is brought to this height"),
        {.name = "mean",
         .kind = numbers,
         .doc = "subtracted from red, green, blue in 0…1",
         .otherwise = std::vector{0.485, 0.456, 0.406},
         .length = 3},
        {.name = "std",
         .kind = numbers,
         .doc = "red, green, blue are then divided by this",
         .otherwise = std::vector{0.229, 0.224, 0.225},
         .min = 0,
         .above_min = true,
         .length = 3},
        {.name = "labels", .kind = file, .doc = "names of the classes, one a line"},
        {.name = "top-k",
         .kind = integer,
         .doc = "so many best classes are reported",
         .otherwise = 5,
         .min = 1,
         .max = 1000},
        {.name = "threads",
         .kind = integer,
         .doc = "LibTorch may use so many",
         .otherwise = 1,
         .min = 1,
         .max = 256}}},

      // -- sinks ----------------------------------------------------------------------------------
      {plugin_kind::sink, "discard", "", "takes results and does nothing"},
      {plugin_kind::sink, "external", "", "an embedding program takes the results"},
      {plugin_kind::sink,
       "print",
       "",
       "a line on the terminal for results",
       {every("print one in so many")}},
      {plugin_kind::sink,
       "save-images",
       "images",
       "writes pictures; detections are drawn on the frame they were found in",
       {{.name = "path",
         .kind = option_kind::output,
         .doc = "folder to write to; default: one of the sink's name in the results"},
        {.name = "frames",
         .kind = sensor,
         .doc = "sensor on the same node whose frames detections are drawn on"},
        every("save one in so many")}},

      // -- codecs ---------------------------------------------------------------------------------
      {plugin_kind::codec, "raw", "", "bytes as they are"},
      {.kind = plugin_kind::codec,
       .name = "jpeg",
       .module = "image-codecs",
       .doc = "images as JPEG, lossy",
       .options = {quality(90)},
       .images = true},
      {.kind = plugin_kind::codec,
       .name = "png",
       .module = "image-codecs",
       .doc = "images as PNG, lossless",
       .options = {level(3, 0, 9)},
       .images = true},
      {.kind = plugin_kind::codec,
       .name = "webp",
       .module = "image-codecs",
       .doc = "images as WebP, lossy unless told otherwise",
       .options = {quality(80),
                   {.name = "lossless",
                    .kind = flag,
                    .doc = "every pixel comes back; `quality` is not used",
                    .otherwise = false}},
       .images = true},
      {.kind = plugin_kind::codec,
       .name = "resize",
       .module = "image-codecs",
       .doc = "images made smaller; they stay so",
       .options = {{.name = "factor",
                    .kind = number,
                    .doc = "of width and height",
                    .min = 0,
                    .max = 1,
                    .above_min = true},
                   size_in_pixels("width"),
                   size_in_pixels("height")},
       .images = true,
       .plain = true,
       .ways = {{"factor"}, {"width", "height"}}},
      {.kind = plugin_kind::codec,
       .name = "zstd",
       .module = "zstd",
       .doc = "any bytes by Zstandard, lossless",
       .options = {level(3, 1, 19)}},

      // -- transports -----------------------------------------------------------------------------
      {.kind = plugin_kind::transport,
       .name = "zmq-tcp",
       .doc = "ZeroMQ over TCP",
       .reliable = true},
      {.kind = plugin_kind::transport,
       .name = "zmq-ipc",
       .doc = "ZeroMQ over a socket file, within one machine",
       .one_machine = true,
       .reliable = true},
      {.kind = plugin_kind::transport, .name = "tcp", .doc = "plain TCP", .reliable = true},
      {.kind = plugin_kind::transport,
       .name = "shm",
       .doc = "shared memory, within one machine",
       .options = {{.name = "ring",
                    .kind = size,
                    .doc = "bytes of shared memory for each lane; the largest sample must fit in",
                    .otherwise = std::int64_t{16'000'000},
                    .min = 4096,
                    .max = 4294967296.0}},
       .one_machine = true,
       .reliable = true},
      {.kind = plugin_kind::transport,
       .name = "caf",
       .doc = "messages of the actor framework, directly between the two nodes",
       .reliable = true},
      {.kind = plugin_kind::transport,
       .name = "udp",
       .doc = "datagrams over UDP; none is sent twice",
       .options = {{.name = "pace",
                    .kind = bitrate,
                    .doc = "datagrams are spread over time at this rate; default: all at once",
                    .min = 1e5,
                    .max = 1e12},
                   {.name = "datagram",
                    .kind = size,
                    .doc = "of UDP payload at most, headers of ours included",
                    .otherwise = 1400,
                    .min = 512,
                    .max = 65'507},
                   {.name = "max-sample",
                    .kind = size,
                    .doc = "larger ones, encoded, fail",
                    .otherwise = 4'000'000,
                    .min = 1000,
                    .max = 25e6}, // as many datagrams of 512 bytes as can be numbered
                   {.name = "reassembly",
                    .kind = time_span,
                    .doc = "a sample that is not whole so long after its first part is given up",
                    .otherwise = duration{std::chrono::milliseconds{100}},
                    .min = 1e6,
                    .max = 60e9}}},
  };
}

} // namespace peernet
