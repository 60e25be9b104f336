// SPDX-License-Identifier: MIT
// What a plugin's author declares: types that come of it have names and keys that a scenario can
// use, and defaults that are read back as what they are.
#include "runtime/config/declared_types.hpp"
#include "tests/fuzz/fuzz_target.hpp"

PEERNET_FUZZ_TARGET(declared_types) {
  using namespace peernet;
  auto types = catalogue::builtin();
  (void)declare_types(text_of(bytes), "peernet-fuzz.toml", "fuzz", types);
  for (const auto& entry : types.entries())
    for (const auto& def : entry.options) {
      if (entry.module != "fuzz" || !def.otherwise)
        continue;
      const auto written = "v = " + print_value(def, *def.otherwise);
      const auto parsed = parse_document(written, 0);
      const auto* table = std::get_if<document_table>(&parsed);
      must_hold(table != nullptr);
      const auto back = read_value(def, table->find("v")->value);
      must_hold(back.ok() && *back == *def.otherwise);
    }
}
