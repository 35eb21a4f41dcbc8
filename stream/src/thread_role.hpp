// What a thread of the daemon is for, as the system sees it.
#pragma once

namespace gaugeline::stream {

// Names the calling thread, for who looks with `top -H` or a debugger: up to 15 characters.
void name_thread(const char* name) noexcept;

// Lets the daemon's other threads go first, where the processors are not enough for all: a sender waits for its
// acknowledgement and a person for an answer, while nobody waits for the learner but through the queue. It gets a
// tenth of what one of them gets (10 steps of `nice`, for this thread alone), and all that they leave.
void give_way_to_others() noexcept;

}  // namespace gaugeline::stream
