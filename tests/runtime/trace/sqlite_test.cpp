// SPDX-License-Identifier: MIT
#include "runtime/trace/sqlite.hpp"
#include "tests/runtime/trace/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace peernet;

BOOST_AUTO_TEST_SUITE(sqlite_test)

BOOST_AUTO_TEST_CASE(what_goes_in_comes_out_with_its_type) {
  const scratch_folder folder;
  auto db = *sql_database::open(folder / "x.db", sql_open::create);
  db.execute("CREATE TABLE t (i INTEGER, r REAL, s TEXT, n TEXT)");
  db.prepare("INSERT INTO t VALUES (?, ?, ?, ?)")
      .run(std::int64_t{INT64_MIN}, 0.1, "µ \"quoted\"", std::nullopt);
  auto q = db.prepare("SELECT * FROM t");
  BOOST_REQUIRE(q.next());
  BOOST_TEST(q.integer(0) == INT64_MIN);
  BOOST_TEST(q.real(1) == 0.1);
  BOOST_TEST(q.text(2) == "µ \"quoted\"");
  BOOST_TEST(q.is_null(3));
  BOOST_TEST(!q.next());
  BOOST_TEST(db.check().ok());
}

BOOST_AUTO_TEST_CASE(a_failure_sticks_until_it_is_asked_for) {
  const scratch_folder folder;
  auto db = *sql_database::open(folder / "x.db", sql_open::create);
  db.execute("CREATE TABLE t (i INTEGER)");
  db.execute("INSERT INTO missing VALUES (1)");
  db.execute("INSERT INTO t VALUES (1)"); // not run
  const auto failure = db.check();
  BOOST_REQUIRE(!failure.ok());
  BOOST_TEST(failure.error().message.find("missing") != std::string::npos);
  BOOST_TEST(failure.error().message.find("x.db") != std::string::npos);
  BOOST_TEST(db.query_integer("SELECT COUNT(*) FROM t").value() == 0);
}

BOOST_AUTO_TEST_CASE(a_transaction_that_failed_leaves_nothing) {
  const scratch_folder folder;
  auto db = *sql_database::open(folder / "x.db", sql_open::create);
  db.execute("CREATE TABLE t (i INTEGER)");
  {
    sql_transaction all(db);
    db.execute("INSERT INTO t VALUES (1)");
    db.execute("INSERT INTO missing VALUES (1)");
    BOOST_TEST(!all.commit().ok());
  }
  {
    sql_transaction abandoned(db);
    db.execute("INSERT INTO t VALUES (2)");
  }
  BOOST_TEST(db.query_integer("SELECT COUNT(*) FROM t").value() == 0);
  sql_transaction good(db);
  db.execute("INSERT INTO t VALUES (3)");
  BOOST_TEST(good.commit().ok());
  BOOST_TEST(db.query_integer("SELECT COUNT(*) FROM t").value() == 1);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_named) {
  const scratch_folder folder;
  std::ofstream(folder / "x.db") << std::string(4096, 'x');
  auto db = *sql_database::open(folder / "x.db", sql_open::read_only);
  static_cast<void>(db.query_integer("PRAGMA user_version"));
  const auto failure = db.check();
  BOOST_REQUIRE(!failure.ok());
  BOOST_TEST((failure.error().code == errc::unreadable));
  BOOST_TEST(failure.error().message.find("not a SQLite database") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
