// SPDX-License-Identifier: MIT
#include "runtime/core/thread.hpp"

#include <pthread.h>
#include <sys/prctl.h>

namespace peernet {

void prepare_this_thread(const std::string& name) noexcept {
  ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
  ::prctl(PR_SET_TIMERSLACK, 1UL);
}

} // namespace peernet
