// SPDX-License-Identifier: MIT
#include "runtime/config/scenario_file.hpp"

#include "runtime/config/reader.hpp"
#include "runtime/core/utf8.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace peernet {

namespace {

std::string too_large(const std::string& what) {
  return "is larger than 1 MiB: a " + what + " is a short text; is this the right file?";
}

} // namespace

result<std::string> load_small_text(const std::string& path, const std::string& what) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const auto status = fs::status(path, failed);
  if (status.type() == fs::file_type::not_found)
    return error{errc::not_found, "there is no such file"};
  if (failed)
    return error{errc::unreadable, "cannot be looked at: " + failed.message()};
  if (fs::is_directory(status))
    return error{errc::unreadable, "is a folder; name a " + what + " (.toml) in it"};
  if (!fs::is_regular_file(status))
    return error{errc::unreadable, "is not a regular file; name a " + what + " (.toml)"};
  if (const auto size = fs::file_size(path, failed); !failed && size > max_scenario_bytes)
    return error{errc::too_large, too_large(what)};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(max_scenario_bytes + 1, '\0'); // one more, as the file may have grown
  if (file)
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad())
    return error{errc::unreadable,
                 "cannot be read: " + std::generic_category().message(errno ? errno : EIO)};
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

std::optional<syntax_error> check_text(std::string_view text, const std::string& what) {
  if (text.size() > max_scenario_bytes)
    return syntax_error{{}, too_large(what)};
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return syntax_error{{}, "is empty; scenarios/README.md shows what a " + what + " looks like"};
  source_place here{1, 1};
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '\0')
      return syntax_error{here, "holds a zero byte: this is binary, not a " + what};
    const auto length = utf8_length(text.substr(i));
    if (length == 0)
      return syntax_error{here, "is not UTF-8 from here on; save it as UTF-8 text"};
    here =
        text[i] == '\n' ? source_place{here.line + 1, 1} : source_place{here.line, here.column + 1};
    i += length;
  }
  return {};
}

} // namespace peernet
