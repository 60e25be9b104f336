// SPDX-License-Identifier: MIT
// What is wrong with a scenario and where: one diagnostic a mistake, all of them at once. `sources`
// remembers the place of every key, so that checks made on the plain structs can still point into
// the file, or at the `--set` that brought the value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace peernet {

/// Where something was written, for messages; both count from 1. Line 0: nowhere in the file (a
/// default, or `--set`).
struct source_place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  /// Where a thing was written is no part of what it says: scenarios compare equal across places.
  bool operator==(const source_place&) const { return true; }
};

/// One mistake.
struct diagnostic {
  source_place where;
  std::string file;    ///< as the user named it; "--set KEY" for a value that came from there, or
                       ///< the hosts file
  std::string message; ///< names the key, what is wrong and the remedy
};

/// "file:line:column: error: message", without the parts that are not known.
[[nodiscard]] std::string to_string(const diagnostic& d);

/// One diagnostic a line.
[[nodiscard]] std::string to_string(const std::vector<diagnostic>& all);

/// A place together with the text it is in: 0 is the file, others are a hosts file and overrides.
struct origin {
  source_place where;
  std::uint32_t source = 0;
  bool operator==(const origin&) const { return true; } ///< as for source_place
};

/// Where every key of a scenario was written, by its dotted path ("links.uplink.codec.quality").
class sources {
public:
  explicit sources(std::string file = {}) : names_{std::move(file)} {}

  /// A further text, by what messages call it; its number goes into `origin::source`.
  std::uint32_t add_text(std::string name);

  /// The text "--set KEY".
  std::uint32_t add_override(std::string_view key) { return add_text("--set " + std::string(key)); }

  void note(std::string path, origin where) { places_[std::move(path)] = where; }

  /// The place of `path`, or of the nearest table around it that was written.
  [[nodiscard]] origin find(std::string_view path) const;

  /// `path` itself was written.
  [[nodiscard]] bool has(std::string_view path) const { return places_.contains(path); }

  [[nodiscard]] const std::string& name(origin where) const { return names_[where.source]; }

private:
  std::vector<std::string> names_;
  std::map<std::string, origin, std::less<>> places_;
};

/// Collects mistakes. Behind the first hundred it only counts, so that a file of nothing but
/// mistakes is answered as fast as any other.
class mistakes {
public:
  static constexpr std::size_t most_shown = 100;

  explicit mistakes(const sources& where) : sources_(where) {}

  void add(origin where, std::string message);

  /// A mistake in the value of the key `path`, which goes before the message.
  void about(std::string_view path, std::string_view message);

  [[nodiscard]] bool none() const noexcept { return count_ == 0; }
  [[nodiscard]] bool full() const noexcept { return count_ >= most_shown; }

  /// All of them in the order of the file, then of the hosts file, overrides last.
  [[nodiscard]] std::vector<diagnostic> list() const;

  /// `; did you mean "…"?`, or else the list of valid names; for the end of a message about
  /// `wrong`. Empty once full, as the search is not free.
  [[nodiscard]] std::string hint(std::string_view wrong,
                                 const std::vector<std::string>& valid) const;

private:
  struct entry {
    origin where;
    std::string message;
  };
  const sources& sources_;
  std::vector<entry> entries_;
  std::size_t count_ = 0;
};

} // namespace peernet
