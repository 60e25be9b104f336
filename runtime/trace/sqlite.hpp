// SPDX-License-Identifier: MIT
// A thin owner of SQLite's handles, internal to this folder; sqlite.cpp is the one file that
// includes the library. Failures stick to the database, as they do to a stream: code runs a whole
// job and asks `check()` once at its end; after a failure nothing more is read or written.
#pragma once

#include "runtime/core/error.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

struct sqlite3;
struct sqlite3_stmt;

namespace peernet {

class sql_statement;
class sql_transaction;

/// How a database file is opened.
enum class sql_open : std::uint8_t { create, read_write, read_only };

/// One connection. Thread: confined to one at a time.
class sql_database {
public:
  /// errc::io or errc::unreadable with the path and the reason.
  [[nodiscard]] static result<sql_database> open(const std::string& path, sql_open mode);

  /// Runs statements that give no rows.
  void execute(std::string_view sql);

  [[nodiscard]] sql_statement prepare(std::string_view sql);

  /// The first column of the first row; nothing if there is no row or it is NULL.
  [[nodiscard]] std::optional<std::int64_t> query_integer(std::string_view sql);

  /// The first failure since the last call, and forgets it.
  [[nodiscard]] result<void> check();
  [[nodiscard]] bool failed() const noexcept { return state_->failure.has_value(); }

  [[nodiscard]] const std::string& path() const noexcept { return state_->path; }

private:
  friend class sql_statement;
  friend class sql_transaction;

  struct closer {
    void operator()(sqlite3* handle) const noexcept;
  };
  /// Behind a pointer, so that statements keep their way to it when the database object moves.
  struct state {
    std::string path;
    std::unique_ptr<sqlite3, closer> handle;
    std::optional<error> failure;

    void fail(std::string_view doing);
  };

  explicit sql_database(std::unique_ptr<state> s) : state_(std::move(s)) {}

  std::unique_ptr<state> state_;
};

/// A prepared statement; must not outlive its database.
class sql_statement {
public:
  /// Moves to the next row; false at the end or on failure.
  [[nodiscard]] bool next();

  /// Makes the statement ready to run again.
  void reset();

  // Columns of the current row, from 0.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  template <class T>
  [[nodiscard]] T number(int column) const {
    return static_cast<T>(integer(column));
  }

  // Parameters, from 1.
  void bind(int parameter, std::int64_t value);
  void bind(int parameter, double value);
  void bind(int parameter, std::string_view value);
  void bind_null(int parameter);

  /// Binds every parameter in turn.
  template <class... Values>
  sql_statement& with(const Values&... values) {
    int parameter = 0;
    (bind_any(++parameter, values), ...);
    return *this;
  }

  /// Binds, runs and resets: one row in.
  template <class... Values>
  void run(const Values&... values) {
    with(values...);
    finish();
  }

private:
  friend class sql_database;

  struct closer {
    void operator()(sqlite3_stmt* handle) const noexcept;
  };

  template <class T>
  void bind_any(int parameter, const T& value) {
    if constexpr (std::is_same_v<T, std::nullopt_t>)
      bind_null(parameter);
    else if constexpr (requires { value.has_value(); })
      value ? bind_any(parameter, *value) : bind_null(parameter);
    else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
      bind(parameter, static_cast<std::int64_t>(value));
    else if constexpr (std::is_floating_point_v<T>)
      bind(parameter, static_cast<double>(value));
    else
      bind(parameter, std::string_view(value));
  }
  void finish();

  sql_database::state* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, closer> handle_;
};

/// Everything until `commit` happens as one, or not at all.
class sql_transaction {
public:
  explicit sql_transaction(sql_database& db) : db_(db) { db_.execute("BEGIN IMMEDIATE"); }
  ~sql_transaction();
  sql_transaction(const sql_transaction&) = delete;
  sql_transaction& operator=(const sql_transaction&) = delete;

  /// The failure of anything since the beginning; nothing was written then.
  [[nodiscard]] result<void> commit();

private:
  sql_database& db_;
  bool open_ = true;
};

} // namespace peernet
