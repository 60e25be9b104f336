// SPDX-License-Identifier: MIT
// For tests of what may not be read: root may read everything, so lay its rights down for a while.
#pragma once

#include <boost/test/unit_test.hpp>

#include <unistd.h>

namespace peernet {

/// While this lives, the process acts as a user without rights, also if root started it.
class ordinary_user {
public:
  ordinary_user() : before_(::geteuid()) {
    if (before_ == 0)
      BOOST_REQUIRE_EQUAL(::seteuid(65534), 0);
  }
  ordinary_user(const ordinary_user&) = delete;
  ordinary_user& operator=(const ordinary_user&) = delete;
  ~ordinary_user() {
    if (before_ == 0 && ::seteuid(0) != 0)
      ::_exit(1);
  }

private:
  ::uid_t before_;
};

} // namespace peernet
