// SPDX-License-Identifier: MIT
#include "tests/support/run_database.hpp"

#include <boost/test/unit_test.hpp>
#include <sqlite3.h>

namespace peernet {

namespace {

constexpr int busy_patience_ms = 5000;

using statement_ptr = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;

statement_ptr prepare(sqlite3* db, const std::string& query) {
  sqlite3_stmt* raw = nullptr;
  ::sqlite3_prepare_v2(db, query.c_str(), -1, &raw, nullptr);
  return {raw, ::sqlite3_finalize};
}

/// Calls `visit` for every row; false on an error.
template <class Visit>
bool each_row(sqlite3* db, const std::string& query, Visit&& visit) {
  const auto statement = prepare(db, query);
  if (!statement)
    return false;
  for (;;) {
    const auto status = ::sqlite3_step(statement.get());
    if (status == SQLITE_DONE)
      return true;
    if (status != SQLITE_ROW)
      return false;
    visit(statement.get());
  }
}

std::unique_ptr<sqlite3, int (*)(sqlite3*)> open(const std::string& path, bool writable) {
  sqlite3* raw = nullptr;
  ::sqlite3_open_v2(path.c_str(), &raw, writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY,
                    nullptr);
  ::sqlite3_busy_timeout(raw, busy_patience_ms);
  return {raw, ::sqlite3_close};
}

} // namespace

run_database::run_database(const std::string& path, bool writable) : db_(open(path, writable)) {
  if (const auto code = ::sqlite3_errcode(db_.get()); code != SQLITE_OK)
    BOOST_FAIL(path << ": " << ::sqlite3_errstr(code));
}

std::vector<run_database::row> run_database::rows(const std::string& query) {
  std::vector<row> all;
  const auto done = each_row(db_.get(), query, [&](sqlite3_stmt* s) {
    row r;
    for (int i = 0; i < ::sqlite3_column_count(s); ++i) {
      const auto* text = reinterpret_cast<const char*>(::sqlite3_column_text(s, i));
      r.emplace_back(text ? text : "");
    }
    all.push_back(std::move(r));
  });
  if (!done)
    BOOST_FAIL(query << ": " << ::sqlite3_errmsg(db_.get()));
  return all;
}

std::vector<run_database::number_row> run_database::numbers(const std::string& query) {
  std::vector<number_row> all;
  const auto done = each_row(db_.get(), query, [&](sqlite3_stmt* s) {
    number_row r;
    for (int i = 0; i < ::sqlite3_column_count(s); ++i)
      r.push_back(::sqlite3_column_int64(s, i));
    all.push_back(std::move(r));
  });
  if (!done)
    BOOST_FAIL(query << ": " << ::sqlite3_errmsg(db_.get()));
  return all;
}

std::int64_t run_database::number(const std::string& query) {
  const auto all = numbers(query);
  BOOST_REQUIRE_MESSAGE(all.size() == 1 && all[0].size() == 1, query << " gives no single number");
  return all[0][0];
}

std::string run_database::text(const std::string& query) {
  const auto all = rows(query);
  BOOST_REQUIRE_MESSAGE(all.size() == 1 && all[0].size() == 1, query << " gives no single text");
  return all[0][0];
}

std::string run_database::table(const std::string& query) {
  std::string lines;
  for (const auto& r : rows(query)) {
    for (std::size_t i = 0; i < r.size(); ++i)
      lines += (i > 0 ? "|" : "") + r[i];
    lines += "\n";
  }
  return lines;
}

void run_database::execute(const std::string& command) {
  (void)rows(command);
}

std::optional<std::int64_t> run_database::try_number(const std::string& path,
                                                     const std::string& query) {
  const auto db = open(path, false);
  std::optional<std::int64_t> found;
  if (!each_row(db.get(), query, [&](sqlite3_stmt* s) { found = ::sqlite3_column_int64(s, 0); }))
    return std::nullopt;
  return found;
}

} // namespace peernet
