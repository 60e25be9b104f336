// SPDX-License-Identifier: MIT
// The plugin is loaded as a node loads it; its videos are written here.
#include "runtime/plugin/registry.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/support/why.hpp"

#include <boost/test/unit_test.hpp>
#include <opencv2/videoio.hpp>

#include <arpa/inet.h>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace peernet;

namespace {

constexpr int width = 160, height = 120;

/// Frame n is evenly grey: 40 + 10 n. Motion JPEG, so each frame stands for itself.
void write_video(const std::string& file, int frames) {
  cv::VideoWriter writer(file, cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 25, {width, height});
  BOOST_REQUIRE(writer.isOpened());
  for (int n = 0; n < frames; ++n)
    writer.write(cv::Mat(height, width, CV_8UC3, cv::Scalar::all(40 + 10 * (n % 20))));
}

/// A whole video file.
std::string video_bytes(int frames) {
  const temp_folder folder;
  write_video(folder / "v.avi", frames);
  std::ifstream file(folder / "v.avi", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int frame_number(const payload& p) {
  return (std::to_integer<int>(p.bytes()[p.size() / 2]) - 40 + 5) / 10;
}

result<std::unique_ptr<sensor>> open(const std::string& path, bool loop = false,
                                     const std::string& directory = "") {
  static registry types;
  const auto loaded = types.ensure_module("video");
  BOOST_REQUIRE_MESSAGE(loaded.ok(), why(loaded));
  options o;
  o.set("path", path);
  o.set("loop", loop);
  return types.make_sensor("video", o, {.stage = "camera", .directory = directory});
}

/// A listening socket on a free port of this machine.
class listener {
public:
  listener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    BOOST_REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    BOOST_REQUIRE(::listen(fd_, 1) == 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~listener() { stop(); }
  listener(const listener&) = delete;

  int accept_one() const { return ::accept(fd_, nullptr, nullptr); }
  void stop() { // also ends a waiting accept
    if (fd_ >= 0) {
      ::shutdown(fd_, SHUT_RDWR);
      ::close(fd_);
    }
    fd_ = -1;
  }
  int port() const { return port_; }

private:
  int fd_;
  int port_ = 0;
};

void send_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0)
      return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(video_test)

BOOST_AUTO_TEST_CASE(a_file_gives_each_frame_once_in_order_and_then_ends) {
  const temp_folder folder;
  write_video(folder / "v.avi", 12);
  const auto sut = open(folder / "v.avi").value();
  for (int n = 0; n < 12; ++n) {
    const auto got = sut->sample();
    BOOST_REQUIRE_MESSAGE(got.ok(), why(got));
    BOOST_REQUIRE(got->has_value());
    const auto& frame = **got;
    BOOST_TEST((frame.what() ==
                format{.kind = content::image, .channels = 3, .width = width, .height = height}));
    BOOST_TEST(frame.size() == image_bytes(frame.what()));
    BOOST_TEST(frame_number(frame) == n);
  }
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(!sut->sample().value().has_value());
}

BOOST_AUTO_TEST_CASE(frames_that_are_kept_do_not_change) {
  const temp_folder folder;
  write_video(folder / "v.avi", 6);
  const auto sut = open(folder / "v.avi").value();
  std::vector<payload> kept;
  while (auto frame = sut->sample().value())
    kept.push_back(std::move(*frame));
  BOOST_REQUIRE(kept.size() == 6u);
  for (int n = 0; n < 6; ++n)
    BOOST_TEST(frame_number(kept[static_cast<std::size_t>(n)]) == n);
}

BOOST_AUTO_TEST_CASE(frames_use_the_memory_of_earlier_ones_again) {
  const temp_folder folder;
  write_video(folder / "v.avi", 12);
  const auto sut = open(folder / "v.avi").value();
  BOOST_TEST(sut->sample().ok()); // the first frame tells the size
  const auto* second = sut->sample().value()->data();
  const auto* third = sut->sample().value()->data();
  BOOST_TEST(second == third);
}

BOOST_AUTO_TEST_CASE(a_looping_file_begins_again_without_losing_a_frame) {
  const temp_folder folder;
  write_video(folder / "v.avi", 5);
  const auto sut = open(folder / "v.avi", true).value();
  for (int n = 0; n < 17; ++n)
    BOOST_TEST(frame_number(*sut->sample().value()) == n % 5);
}

BOOST_AUTO_TEST_CASE(a_relative_path_begins_at_the_scenario) {
  const temp_folder folder;
  std::filesystem::create_directory(folder / "clips");
  write_video(folder / "clips/v.avi", 2);
  BOOST_TEST(open("clips/v.avi", false, folder.path().string()).ok());
}

BOOST_AUTO_TEST_CASE(what_is_no_video_is_an_error_that_names_it) {
  const temp_folder folder;
  std::ofstream(folder / "empty.avi");
  std::ofstream(folder / "text.avi") << "this is no video, whatever its name says";
  std::filesystem::create_directory(folder / "pictures");
  for (const auto& [name, code] : {std::pair{"missing.avi", errc::not_found},
                                   {"empty.avi", errc::unreadable},
                                   {"text.avi", errc::unreadable},
                                   {"pictures", errc::unreadable}}) {
    const auto opened = open(folder / name);
    BOOST_REQUIRE(!opened.ok());
    BOOST_TEST((opened.error().code == code));
    BOOST_TEST(opened.error().message.find(name) != std::string::npos);
  }
  const auto device = open("/dev/video-that-is-not-there");
  BOOST_REQUIRE(!device.ok());
  BOOST_TEST(device.error().message.find("/dev/video-that-is-not-there") != std::string::npos);
  BOOST_TEST(!open("4096").ok());
  BOOST_TEST(!open("nonsense://nowhere").ok());
}

BOOST_AUTO_TEST_CASE(a_video_cut_off_gives_what_it_has) {
  const temp_folder folder;
  write_video(folder / "v.avi", 20);
  std::filesystem::resize_file(folder / "v.avi", std::filesystem::file_size(folder / "v.avi") / 2);
  const auto opened = open(folder / "v.avi");
  if (!opened.ok())
    return; // also an answer
  int frames = 0;
  while (frames < 1000 && opened.value()->sample().value())
    ++frames;
  BOOST_TEST(frames > 0);
  BOOST_TEST(frames < 20);
}

BOOST_AUTO_TEST_CASE(after_cancel_there_are_no_more_samples) {
  const temp_folder folder;
  write_video(folder / "v.avi", 5);
  for (const std::string& path : {folder / "v.avi", "file://" + folder / "v.avi"}) {
    const auto sut = open(path, true).value();
    BOOST_TEST(sut->sample().value().has_value());
    sut->cancel();
    BOOST_TEST(!sut->sample().value().has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_stream_gives_each_frame_in_order_too) {
  const temp_folder folder;
  write_video(folder / "v.avi", 8);
  const auto sut = open("file://" + folder / "v.avi").value();
  for (int n = 0; n < 8; ++n) {
    const auto got = sut->sample();
    BOOST_REQUIRE_MESSAGE(got.ok(), why(got));
    BOOST_REQUIRE(got->has_value());
    BOOST_TEST(frame_number(**got) == n);
  }
  BOOST_TEST(!sut->sample().value().has_value());
}

BOOST_AUTO_TEST_CASE(a_loop_that_cannot_begin_again_is_an_error_not_an_endless_search) {
  const auto video = video_bytes(100);
  listener server;
  std::jthread sender([&] { // the whole video once, and then there is nobody to connect to
    const int client = server.accept_one();
    server.stop();
    send_all(client, video);
    ::close(client);
  });
  const auto opened = open("tcp://127.0.0.1:" + std::to_string(server.port()), true);
  BOOST_REQUIRE_MESSAGE(opened.ok(), why(opened));
  for (int i = 0; i < 100; ++i)
    BOOST_TEST(opened.value()->sample().ok());
  for (int i = 0; i < 2; ++i) {
    const auto after = opened.value()->sample();
    BOOST_REQUIRE(!after.ok());
    BOOST_TEST(after.error().message.find("tcp://127.0.0.1") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(cancel_ends_a_sample_that_waits_for_a_silent_stream) {
  const auto video = video_bytes(400);
  listener server;
  int client = -1;
  std::jthread sender([&] { // sends most of the video, then nothing, and stays
    client = server.accept_one();
    send_all(client, std::string_view(video).substr(0, video.size() * 3 / 4));
  });

  // It loops, so nothing but `cancel` makes it say that there are no more.
  auto opened = open("tcp://127.0.0.1:" + std::to_string(server.port()), true);
  if (!opened.ok()) {
    server.stop();
    BOOST_FAIL(opened.error().message);
  }
  bool ended_quietly = false;
  std::jthread reader([&] {
    while (true) {
      const auto got = opened.value()->sample();
      if (got.ok() && got->has_value())
        continue;
      ended_quietly = got.ok();
      return;
    }
  });
  sender.join(); // from here on only `cancel` can end a sample before the stream's time is out
  opened.value()->cancel();
  reader.join();
  BOOST_TEST(ended_quietly);
  server.stop();
  ::shutdown(client, SHUT_RDWR);
  ::close(client);
}

BOOST_AUTO_TEST_SUITE_END()
