// SPDX-License-Identifier: MIT
// A program in a worker's place: it does what it is told over the control socket, a word a line,
// and ends with its input.
#pragma once

#include "tests/support/temp_folder.hpp"

#include <filesystem>
#include <fstream>
#include <string>

namespace peernet {

struct stand_in {
  temp_folder folder;
  const std::string program = folder / "stand-in";
  const std::string pids = folder / "pids"; ///< of all that it started, itself included

  stand_in() {
    // Arguments as for a worker: --as-node-of PARENT CONTROL SELF.
    std::ofstream(program) << R"(#!/bin/bash
exec 0<&$3
echo $$ >> )" << pids << R"(
say() { printf "$@" >&$control; }
control=$3
say 'ready\n'
while read -r word rest 2> /dev/null; do
  case $word in
  exit) exit $rest ;;
  die) kill -KILL $$ ;;
  say) say '%s\n' "$rest" ;;
  where) say '%s\n' "$PWD" ;;
  show) cat "$rest" >&$control ;;
  variable) say '(%s)\n' "${!rest}" ;;
  write) file=${rest%% *}; mkdir -p "${file%/*}"; echo "${rest#"$file"}" | cut -c2- > "$file" ;;
  link) ln -s / "$rest" ;;
  dig) cd "$rest"; for i in {1..50}; do mkdir )"
                           << std::string(100, 'd') << " && cd -P " << std::string(100, 'd')
                           << R"(; done; echo x > file ;;
  hang) sleep 1000 & echo $! >> )"
                           << pids << R"(; say 'hanging\n'; wait; sleep 1000 ;;
  esac
done
)";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  }

  /// How many of them live. One that is dead but not yet reaped does not.
  [[nodiscard]] std::size_t alive() const {
    std::ifstream in(pids);
    std::size_t n = 0;
    for (std::string pid; in >> pid;) {
      std::ifstream stat("/proc/" + pid + "/stat");
      std::string number, name, state;
      if (stat >> number >> name >> state)
        n += state != "Z" && state != "X" ? 1 : 0;
    }
    return n;
  }
};

} // namespace peernet
