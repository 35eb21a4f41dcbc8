#include "thread_role.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace gaugeline::stream {

void name_thread(const char* name) noexcept { [[maybe_unused]] const int error = ::prctl(PR_SET_NAME, name); }

// On Linux a thread has a niceness of its own.
void give_way_to_others() noexcept {
  constexpr int steps = 10;
  const auto thread = static_cast<id_t>(::gettid());
  const int now = ::getpriority(PRIO_PROCESS, thread);
  [[maybe_unused]] const int error = ::setpriority(PRIO_PROCESS, thread, now + steps);
}

}  // namespace gaugeline::stream
