// SPDX-License-Identifier: MIT
// Rows of sealed records: those of who has the key open in their turn and no other way, and what
// anybody else says ends the stream.
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/row.hpp"
#include "transports/tcp/sealed_records.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace {

enum step : unsigned char { genuine, noise, again, bent, steps };

} // namespace

PEERNET_FUZZ_TARGET(sealed_records) {
  using namespace peernet;
  const std::string key(record_key_bytes, 'k');
  record_cipher sender(key), receiver(key);
  std::vector<std::byte> record, plain;
  bool broken = false;
  for (row input(bytes); !input.over();) {
    const auto what = input.number() % steps;
    const auto said = input.bytes(1 + input.number<std::uint16_t>() % most_sealed);
    if (said.empty())
      return;
    if (what == genuine) {
      record.assign(said.size() + record_overhead, {});
      std::ranges::copy(said, record.begin() + record_head);
      sender.seal(record);
    } else if (what == noise) {
      record.assign(said.begin(), said.end());
    } else if (what == bent && !record.empty()) {
      record[input.number<std::uint16_t>() % record.size()] ^= std::byte{1};
    }
    if (record.size() <= record_overhead)
      continue;
    const auto announced =
        record_cipher::announced(std::span(std::as_const(record)).first<record_head>());
    must_hold(!announced || (*announced > record_overhead && *announced <= longest_record));
    if (what == genuine)
      must_hold(announced == record.size());
    if (announced != record.size())
      continue; // a connection would wait for more, or end
    plain.resize(record.size() - record_overhead);
    const bool opened = receiver.open(record, plain);
    must_hold(!opened || (what == genuine && !broken && std::ranges::equal(plain, said)));
    must_hold(opened || what != genuine || broken);
    broken |= !opened;
  }
}
