// SPDX-License-Identifier: MIT
// Where those wait who were let in and have yet to say what they come for: a thread and a deadline
// each. However many come and say nothing, memory and threads stay bounded, and there is room for
// the next.
#pragma once

#include "actors/remote/frames.hpp"

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <thread>

namespace peernet {

class anteroom {
public:
  static constexpr std::size_t most = 64; ///< when one more comes, the one here longest goes

  /// Gets whoever has spoken, and the first frame; on that guest's own thread, named `thread`.
  using receiver = std::function<void(framed_stream, remote_frame)>;

  anteroom(std::string thread, duration patience, receiver on_first);
  ~anteroom(); ///< shows out who is silent, and waits for `on_first`

  /// Thread: one at a time.
  void enter(secure_stream stream);

private:
  struct guest;
  struct place {
    std::shared_ptr<guest> who;
    std::jthread thread;
  };

  const std::string thread_;
  const duration patience_;
  const receiver on_first_;
  std::list<place> places_;
  std::list<place> leaving_; ///< shown out; may still be told something, which nobody waits for
};

} // namespace peernet
