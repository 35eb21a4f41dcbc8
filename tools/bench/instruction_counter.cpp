#include "instruction_counter.hpp"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else  // without its header this program cannot be steered by callgrind
#define RUNNING_ON_VALGRIND 0
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_DUMP_STATS
#endif

#if defined(__x86_64__) && defined(__GNUC__)
#define GAUGELINE_HIDES_WIDE_UNITS 1
extern "C" unsigned int __cpu_features2[];  // libgcc's notes for __builtin_cpu_supports: levels v2 to v4 and others
#endif

namespace gaugeline::bench {
namespace {

constexpr const char* folder_variable = "GAUGELINE_COUNTS";  // where callgrind writes its counts

int open_processor_counter() {
  perf_event_attr wanted{};
  wanted.type = PERF_TYPE_HARDWARE;
  wanted.size = sizeof wanted;
  wanted.config = PERF_COUNT_HW_INSTRUCTIONS;
  wanted.disabled = 1;
  wanted.exclude_kernel = 1;
  wanted.exclude_hv = 1;
  return static_cast<int>(::syscall(SYS_perf_event_open, &wanted, 0, -1, -1, 0UL));
}

// Valgrind calls a function for every number of a fused multiply-add, which makes it ten times as slow as it is anyway.
// So the kernels are told that the processor has no wide units.
void hide_wide_units() noexcept {
#ifdef GAUGELINE_HIDES_WIDE_UNITS
  constexpr int words = 3;
  for (int word = 0; word < words; ++word) __cpu_features2[word] = 0;
#endif
}

[[noreturn]] void run_within_callgrind(char** arguments) {
#if !__has_include(<valgrind/callgrind.h>)
  std::fputs("built without valgrind's header (Debian: valgrind), so callgrind cannot count them either\n", stderr);
  std::exit(1);
#endif
  std::string folder = std::filesystem::temp_directory_path() / "gaugeline-counts-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    std::fprintf(stderr, "%s: %s\n", folder.c_str(), std::strerror(errno));
    std::exit(1);
  }
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string out = "--callgrind-out-file=" + folder + "/count";
    const std::string program = std::filesystem::read_symlink("/proc/self/exe");
    std::vector<const char*> words{"valgrind", "--quiet",      "--tool=callgrind", "--collect-atstart=no",
                                   out.data(), program.c_str()};
    for (char** argument = arguments + 1; *argument != nullptr; ++argument) words.push_back(*argument);
    words.push_back(nullptr);
    ::setenv(folder_variable, folder.c_str(), 1);
    ::execvp(words.front(), const_cast<char**>(words.data()));
    std::fprintf(stderr, "valgrind: %s (Debian: valgrind)\n", std::strerror(errno));
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  std::filesystem::remove_all(folder);
  std::exit(child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

}  // namespace

InstructionCounter::InstructionCounter(char** arguments) {
  const char* folder = std::getenv(folder_variable);
  if (RUNNING_ON_VALGRIND && folder != nullptr) {
    file_ = std::string(folder) + "/count";
    hide_wide_units();
    return;
  }
  descriptor_ = open_processor_counter();
  if (descriptor_ >= 0) return;
  std::fprintf(stderr, "no counter of instructions here (perf_event_open: %s): run within valgrind\n",
               std::strerror(errno));
  run_within_callgrind(arguments);
}

InstructionCounter::~InstructionCounter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

const char* InstructionCounter::name() const noexcept {
  return descriptor_ >= 0 ? "the processor" : "callgrind, without AVX";
}

void InstructionCounter::start() {
  if (descriptor_ >= 0) {
    ::ioctl(descriptor_, PERF_EVENT_IOC_RESET, 0);
    ::ioctl(descriptor_, PERF_EVENT_IOC_ENABLE, 0);
    return;
  }
  CALLGRIND_ZERO_STATS;
  CALLGRIND_TOGGLE_COLLECT;
}

std::uint64_t InstructionCounter::stop() {
  std::uint64_t count = 0;
  if (descriptor_ >= 0) {
    ::ioctl(descriptor_, PERF_EVENT_IOC_DISABLE, 0);
    if (::read(descriptor_, &count, sizeof count) == sizeof count) return count;
  } else {
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS;
    const std::string name = file_ + "." + std::to_string(++dumps_);
    std::ifstream dump(name);
    for (std::string word; dump >> word;) {
      if (word == "totals:" && dump >> count) {
        std::filesystem::remove(name);
        return count;
      }
    }
  }
  std::fputs("the instructions that were counted cannot be read\n", stderr);
  std::exit(1);
}

}  // namespace gaugeline::bench
