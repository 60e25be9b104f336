// SPDX-License-Identifier: MIT
#include "actors/remote/messages.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <concepts>
#include <limits>
#include <type_traits>

namespace peernet {

namespace {

using json = nlohmann::json;

constexpr std::size_t most_entries = 20'000; ///< of any list
constexpr std::size_t most_values = 100'000; ///< what we write in 1 MB holds fewer
constexpr int most_depth = 8;                ///< of objects and lists within each other

/// T is `Of`, const or not.
template <class T, class Of>
concept a = std::is_same_v<std::remove_const_t<T>, Of>;

// Each message lists its fields once, for writing and for reading.
template <class Visitor, a<machine_network> T>
void fields(Visitor&& f, T& x) {
  f("interface", x.interface), f("address", x.address), f("mtu", x.mtu);
}
template <class Visitor, a<machine_facts> T>
void fields(Visitor&& f, T& x) {
  f("version", x.version), f("protocol", x.protocol), f("name", x.name), f("host", x.host);
  f("system", x.system), f("clock-domain", x.clock_domain), f("cores", x.cores);
  f("governor", x.governor), f("most-receive-buffer", x.most_receive_buffer);
  f("most-send-buffer", x.most_send_buffer), f("networks", x.networks), f("plugins", x.plugins);
  f("ports", x.ports), f("most-shipped", x.most_shipped), f("busy", x.busy);
}
template <class Visitor, a<greeting> T>
void fields(Visitor&& f, T& x) {
  f("facts", x.facts), f("node", x.node), f("scenario", x.scenario);
  f("digest", x.digest);
}
template <class Visitor, a<shipped_entry> T>
void fields(Visitor&& f, T& x) {
  f("name", x.name), f("digest", x.digest), f("bytes", x.bytes);
}
template <class Visitor, a<preparation> T>
void fields(Visitor&& f, T& x) {
  f("run", x.run), f("node", x.node), f("files", x.files);
}
template <class Visitor, a<wanted_files> T>
void fields(Visitor&& f, T& x) {
  f("digests", x.digests);
}
template <class Visitor, a<file_follows> T>
void fields(Visitor&& f, T& x) {
  f("name", x.name), f("digest", x.digest), f("bytes", x.bytes);
}
template <class Visitor, a<still_here> T>
void fields(Visitor&&, T&) {}
template <class Visitor, a<start_worker> T>
void fields(Visitor&&, T&) {}
template <class Visitor, a<worker_started> T>
void fields(Visitor&& f, T& x) {
  f("pid", x.pid), f("folder", x.folder);
}
template <class Visitor, a<worker_ended> T>
void fields(Visitor&& f, T& x) {
  f("how", x.how);
}
template <class Visitor, a<refusal> T>
void fields(Visitor&& f, T& x) {
  f("why", x.why);
}
template <class Visitor, a<pairing> T>
void fields(Visitor&& f, T& x) {
  f("claim", x.claim), f("name", x.name);
}

/// In the order of remote_message.
constexpr std::array<const char*, std::variant_size_v<remote_message>> names{
    "greeting", "prepare", "want", "file", "start", "started", "ended", "refused", "pair", "here"};

struct writer {
  json& to;
  template <class T>
  void operator()(const char* key, const T& value) const {
    to[key] = written(value);
  }
  template <class T>
  static json written(const T& value) {
    if constexpr (std::is_integral_v<T> || std::is_same_v<T, std::string>) {
      return value;
    } else {
      auto object = json::object();
      fields(writer{object}, value);
      return object;
    }
  }
  template <class T>
  static json written(const std::vector<T>& values) {
    auto list = json::array();
    for (const auto& v : values)
      list.push_back(written(v));
    return list;
  }
};

/// Every field must be there, of its type and in its range; what else is there is ignored.
struct reader {
  const json& from;
  bool& good;
  template <class T>
  void operator()(const char* key, T& value) const {
    const auto found = from.is_object() ? from.find(key) : from.end();
    good = good && found != from.end() && read(*found, value);
  }
  static bool read(const json& j, std::string& value) {
    if (!j.is_string())
      return false;
    value = j.get_ref<const std::string&>();
    return true;
  }
  template <class T>
  static bool read(const json& j, T& value) {
    if constexpr (std::is_unsigned_v<T>) {
      if (!j.is_number_unsigned() || j.get<std::uint64_t>() > std::numeric_limits<T>::max())
        return false;
      value = j.get<T>();
      return true;
    } else if constexpr (std::is_integral_v<T>) {
      if (!j.is_number_integer() ||
          (j.is_number_unsigned() && j.get<std::uint64_t>() > std::numeric_limits<T>::max()))
        return false;
      value = j.get<T>();
      return true;
    } else {
      bool good = j.is_object();
      fields(reader{j, good}, value);
      return good;
    }
  }
  template <class T>
  static bool read(const json& j, std::vector<T>& values) {
    if (!j.is_array() || j.size() > most_entries)
      return false;
    values.resize(j.size());
    for (std::size_t i = 0; i < j.size(); ++i)
      if (!read(j[i], values[i]))
        return false;
    return true;
  }
};

template <std::size_t Index = 0>
result<remote_message> decode_as(const std::string& name, const json& j) {
  if constexpr (Index == std::variant_size_v<remote_message>) {
    return error{errc::corrupt, "a message \"" + name.substr(0, 40) + "\" that nobody knows"};
  } else {
    if (name != names[Index])
      return decode_as<Index + 1>(name, j);
    std::variant_alternative_t<Index, remote_message> m;
    bool good = true;
    fields(reader{j, good}, m);
    if (!good)
      return error{errc::corrupt, "a message \"" + name + "\" with wrong or missing fields"};
    return remote_message{std::move(m)};
  }
}

/// Asked before a parser makes objects of the text, which can take a hundred times its memory.
bool is_modest(std::string_view text) {
  std::size_t values = 0;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = text[i];
    if (c == '"')
      quoted = !quoted;
    else if (quoted)
      i += c == '\\' ? 1 : 0;
    else if (c == '[' || c == '{')
      ++values, ++depth;
    else if (c == ']' || c == '}')
      --depth;
    else if (c == ',')
      ++values;
    if (depth > most_depth || values > most_values)
      return false;
  }
  return true;
}

} // namespace

std::string encode(const remote_message& m) {
  auto j = json::object();
  std::visit([&](const auto& x) { fields(writer{j}, x); }, m);
  j["message"] = names[m.index()];
  return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

result<remote_message> decode(std::string_view text) {
  if (!is_modest(text))
    return error{errc::corrupt, "a message of more parts than any of PeerNet's has"};
  const auto j = json::parse(text, nullptr, false);
  if (!j.is_object() || !j.contains("message") || !j["message"].is_string())
    return error{errc::corrupt, "a message that is no JSON object with a name"};
  return decode_as(j["message"].get<std::string>(), j);
}

} // namespace peernet
