// SPDX-License-Identifier: MIT
#include "runtime/config/codec_reader.hpp"

#include "runtime/config/limits.hpp"

#include <algorithm>

namespace peernet {

namespace {

constexpr std::string_view key = "codec";
constexpr std::string_view raw = "raw";
constexpr std::string_view form = "{ type = \"jpeg\", quality = 80 }, a list of them, or a name";

/// "`factor`, or `width` or `height`"
std::string listed(const std::vector<std::vector<std::string>>& ways) {
  std::string text;
  for (const auto& way : ways)
    for (const auto& name : way)
      text += (text.empty() ? "`" : &name == &way.front() ? ", or `" : " or `") + name + "`";
  return text;
}

class codec_list {
public:
  /// `path` is that of the key.
  codec_list(std::string path, const catalogue& known, mistakes& wrong)
      : path_(std::move(path)), known_(known), wrong_(wrong) {}

  std::vector<codec_config> read(const document_entry& e) {
    if (const auto* list = e.value.as<document_list>()) {
      for (const auto& element : *list)
        add(element, at(types_.size()), element.where);
      check(*list);
    } else {
      add(e.value, path_, e.where);
    }
    std::erase_if(codecs_, [](const codec_config& c) { return c.type == raw; });
    return std::move(codecs_);
  }

private:
  [[nodiscard]] std::string at(std::size_t i) const {
    return path_ + "[" + std::to_string(i) + "]";
  }

  /// `where` stands for keys that are missing.
  void add(const document_value& v, const std::string& path, const origin& where) {
    static const document_table no_keys;
    const document_entry whole{path, where, v};
    auto& c = codecs_.emplace_back();
    auto& type = types_.emplace_back();
    if (v.as<std::string>()) {
      const document_table named{{whole}};
      type = fields(named, "", v.where, wrong_).read_type(known_, plugin_kind::codec, path, c.type);
      fields keys(no_keys, path, v.where, wrong_);
      keys.read_options(type, c.settings);
      check_ways(type, no_keys, path, v.where);
    } else if (const auto* table = table_of(whole, path, form, wrong_)) {
      fields keys(*table, path, where, wrong_);
      type = keys.read_type(known_, plugin_kind::codec, "type", c.type);
      keys.read_options(type, c.settings);
      keys.finish();
      check_ways(type, *table, path, v.where);
    }
  }

  void check_ways(const catalogue_entry* type, const document_table& keys, const std::string& path,
                  const origin& where) {
    if (!type || type->ways.empty())
      return;
    const auto taken = std::ranges::count_if(type->ways, [&](const auto& way) {
      return std::ranges::any_of(way, [&](const auto& name) { return keys.find(name); });
    });
    if (taken != 1)
      wrong_.add(where, path + ": " + type->name + (taken == 0 ? " needs " : " takes ") +
                            listed(type->ways) +
                            (taken == 0               ? ""
                             : type->ways.size() == 2 ? ", not both"
                                                      : ", not several of them"));
  }

  void check(const document_list& list) {
    if (list.size() > most_codecs)
      wrong_.add(list[most_codecs].where, path_ + ": are more than " + std::to_string(most_codecs) +
                                              ", the most that are possible");
    const catalogue_entry* packer = nullptr; // what comes out of it is no picture any more
    for (std::size_t i = 0; i < types_.size(); ++i) {
      const auto* type = types_[i];
      if (!type)
        continue;
      if (type->name == raw) {
        if (list.size() > 1)
          wrong_.add(list[i].where, at(i) + ": raw means no codec; leave it out of the list");
        continue;
      }
      if (packer && type->images)
        wrong_.add(list[i].where, at(i) + ": " + type->name + " takes images, and " + packer->name +
                                      " before it gives bytes of its own; put " + type->name +
                                      " in front");
      if (!packer && !type->plain)
        packer = type;
    }
  }

  const std::string path_;
  const catalogue& known_;
  mistakes& wrong_;
  std::vector<codec_config> codecs_;
  std::vector<const catalogue_entry*> types_; ///< index as codecs_; null after a mistake
};

} // namespace

void read_codecs(fields& link, const catalogue& known, std::vector<codec_config>& codecs,
                 mistakes& wrong) {
  if (const auto* entry = link.take(key))
    codecs = codec_list(link.path(key), known, wrong).read(*entry);
}

} // namespace peernet
