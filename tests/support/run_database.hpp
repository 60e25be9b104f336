// SPDX-License-Identifier: MIT
// run.db as a user reads it: through SQLite, while the run goes on or afterwards. A query that
// fails ends the test.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct sqlite3;

namespace peernet {

/// Thread: one at a time.
class run_database {
public:
  using row = std::vector<std::string>; ///< NULL is an empty text
  using number_row = std::vector<std::int64_t>;

  /// `writable` for a copy that a test changes.
  explicit run_database(const std::string& path, bool writable = false);

  [[nodiscard]] std::vector<row> rows(const std::string& query);
  /// NULL is 0.
  [[nodiscard]] std::vector<number_row> numbers(const std::string& query);
  /// Of a query that gives exactly one.
  [[nodiscard]] std::int64_t number(const std::string& query);
  [[nodiscard]] std::string text(const std::string& query);
  /// All rows as the sqlite3 program prints them: "probe|0|12\n".
  [[nodiscard]] std::string table(const std::string& query);
  void execute(const std::string& command);

  /// Nothing if the file, or what the query names, is not there (yet), or it gives no row.
  [[nodiscard]] static std::optional<std::int64_t> try_number(const std::string& path,
                                                              const std::string& query);

private:
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> db_;
};

} // namespace peernet
