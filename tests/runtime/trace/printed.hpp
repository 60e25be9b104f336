// SPDX-License-Identifier: MIT
// Printed text, looked at line by line. For the tests of what prints a run's summary, which say
// what a line holds to the last blank.
#pragma once

#include <boost/test/unit_test.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace peernet {

inline std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    all.push_back(line);
  return all;
}

inline bool has_line(const std::string& text, const std::string& wanted) {
  for (const auto& line : lines(text))
    if (line == wanted)
      return true;
  BOOST_TEST_MESSAGE(text);
  return false;
}

} // namespace peernet
