// Counts the user-space instructions of this thread: by the processor's counter (perf_event_open) where the kernel
// gives it, else by valgrind's callgrind, in which the program then runs again, some fifty times slower. Both count
// what is done and not how long it takes, so a busy machine does not disturb them. Linux only.
#pragma once

#include <cstdint>
#include <string>

namespace gaugeline::bench {

class InstructionCounter {
 public:
  // Under the processor's counter, or within callgrind, it returns. Else it runs the program again within callgrind and
  // ends with its exit status; where that cannot be had either, it says so and ends with status 1.
  explicit InstructionCounter(char** arguments);
  InstructionCounter(const InstructionCounter&) = delete;
  InstructionCounter& operator=(const InstructionCounter&) = delete;
  ~InstructionCounter();

  [[nodiscard]] const char* name() const noexcept;  // who counts

  void start();
  [[nodiscard]] std::uint64_t stop();  // instructions since start()

 private:
  int descriptor_ = -1;  // of the processor's counter; -1: callgrind
  std::string file_;     // callgrind appends .1, .2, ... to it
  int dumps_ = 0;
};

}  // namespace gaugeline::bench
