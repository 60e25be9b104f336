// SPDX-License-Identifier: MIT
// The key `codec` of a link: a codec, or several that work one behind the other.
#pragma once

#include "runtime/config/fields.hpp"
#include "runtime/config/scenario.hpp"

#include <vector>

namespace peernet {

/// Reads `codec` of a link's table into `codecs`, which is empty for "raw". Each is the name of a
/// type, or a table with its name in "type" and its own keys; several stand in a list. Mistakes,
/// among them an order in which a codec would not understand what the one before it made, go to
/// `wrong`.
void read_codecs(fields& link, const catalogue& known, std::vector<codec_config>& codecs,
                 mistakes& wrong);

} // namespace peernet
