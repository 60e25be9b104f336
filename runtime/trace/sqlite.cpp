// SPDX-License-Identifier: MIT
#include "runtime/trace/sqlite.hpp"

#include <sqlite3.h>

#include <cstring>

namespace peernet {

namespace {

errc code_of(int status) {
  switch (status & 0xFF) {
  case SQLITE_NOTADB:
  case SQLITE_CORRUPT:
    return errc::unreadable;
  case SQLITE_ERROR:
  case SQLITE_MISUSE:
  case SQLITE_RANGE:
    return errc::internal;
  default:
    return errc::io;
  }
}

std::string reason_of(sqlite3* handle) {
  const auto status = sqlite3_extended_errcode(handle);
  const auto system = sqlite3_system_errno(handle);
  switch (status & 0xFF) {
  case SQLITE_FULL:
    return "the disk is full; free some space or choose another folder for the results";
  case SQLITE_NOTADB:
    return "it is not a SQLite database";
  case SQLITE_READONLY:
    return "it or its folder may not be written";
  case SQLITE_BUSY:
    return "another program is writing to it";
  case SQLITE_CANTOPEN:
  case SQLITE_IOERR:
    if (system != 0)
      return std::strerror(system);
    [[fallthrough]];
  default:
    return sqlite3_errmsg(handle);
  }
}

} // namespace

void sql_database::closer::operator()(sqlite3* handle) const noexcept {
  sqlite3_close_v2(handle);
}

void sql_statement::closer::operator()(sqlite3_stmt* handle) const noexcept {
  sqlite3_finalize(handle);
}

void sql_database::state::fail(std::string_view doing) {
  if (!failure)
    failure = error{code_of(sqlite3_errcode(handle.get())),
                    "cannot " + std::string(doing) + " " + path + ": " + reason_of(handle.get())};
}

result<sql_database> sql_database::open(const std::string& path, sql_open mode) {
  const int flags = mode == sql_open::read_only    ? SQLITE_OPEN_READONLY
                    : mode == sql_open::read_write ? SQLITE_OPEN_READWRITE
                                                   : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const auto status = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  auto s = std::make_unique<state>();
  s->path = path;
  s->handle.reset(handle);
  if (handle == nullptr)
    return error{errc::io, "cannot open " + path + ": no memory"};
  if (status != SQLITE_OK)
    s->fail(mode == sql_open::create ? "create" : "open");
  sql_database db(std::move(s));
  if (auto opened = db.check(); !opened)
    return opened.error();
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, 5000); // a reader of the views may hold the file for a moment
  return db;
}

void sql_database::execute(std::string_view sql) {
  if (!failed() && sqlite3_exec(state_->handle.get(), std::string(sql).c_str(), nullptr, nullptr,
                                nullptr) != SQLITE_OK)
    state_->fail("write");
}

sql_statement sql_database::prepare(std::string_view sql) {
  sql_statement statement;
  statement.database_ = state_.get();
  if (failed())
    return statement;
  sqlite3_stmt* handle = nullptr;
  if (sqlite3_prepare_v3(state_->handle.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &handle, nullptr) != SQLITE_OK)
    state_->fail("query");
  statement.handle_.reset(handle);
  return statement;
}

std::optional<std::int64_t> sql_database::query_integer(std::string_view sql) {
  auto q = prepare(sql);
  if (!q.next() || q.is_null(0))
    return std::nullopt;
  return q.integer(0);
}

result<void> sql_database::check() {
  if (!state_->failure)
    return {};
  auto failure = std::move(*state_->failure);
  state_->failure.reset();
  return failure;
}

bool sql_statement::next() {
  if (database_->failure)
    return false;
  const auto status = sqlite3_step(handle_.get());
  if (status != SQLITE_ROW && status != SQLITE_DONE)
    database_->fail("read or write");
  return status == SQLITE_ROW;
}

void sql_statement::finish() {
  static_cast<void>(next());
  reset();
}

void sql_statement::reset() {
  sqlite3_reset(handle_.get());
}

std::int64_t sql_statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

double sql_statement::real(int column) const {
  return sqlite3_column_double(handle_.get(), column);
}

std::string sql_statement::text(int column) const {
  const auto* bytes = sqlite3_column_text(handle_.get(), column);
  return bytes == nullptr
             ? std::string()
             : std::string(reinterpret_cast<const char*>(bytes),
                           static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column)));
}

bool sql_statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

void sql_statement::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(handle_.get(), parameter, value);
}

void sql_statement::bind(int parameter, double value) {
  sqlite3_bind_double(handle_.get(), parameter, value);
}

void sql_statement::bind(int parameter, std::string_view value) {
  sqlite3_bind_text(handle_.get(), parameter, value.data(), static_cast<int>(value.size()),
                    SQLITE_TRANSIENT);
}

void sql_statement::bind_null(int parameter) {
  sqlite3_bind_null(handle_.get(), parameter);
}

sql_transaction::~sql_transaction() {
  if (!open_)
    return;
  // A failure may have ended the transaction already; what matters is the first failure.
  const auto first = db_.check();
  db_.execute("ROLLBACK");
  static_cast<void>(db_.check());
  if (!first)
    db_.state_->failure = first.error();
}

result<void> sql_transaction::commit() {
  db_.execute("COMMIT");
  if (auto done = db_.check(); !done) {
    db_.execute("ROLLBACK");
    static_cast<void>(db_.check());
    open_ = false;
    return done;
  }
  open_ = false;
  return {};
}

} // namespace peernet
