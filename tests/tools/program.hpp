// Runs the gaugeline binary: to its end, or as a daemon beside the test.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <formats/temporary_directory.hpp>

namespace gaugeline::test {

struct Outcome {
  int status = -1;  // 128 and more: ended by a signal
  std::string out;
  std::string err;
};

inline int exit_status(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

// `arguments` are words for the shell; `environment` is put before the command ("GAUGELINE_DIM=3").
inline Outcome launch(const std::string& arguments, const std::string& input = {},
                      const std::string& environment = {}) {
  const TemporaryDirectory folder;
  std::ofstream(folder / "in", std::ios::binary) << input;
  const auto quoted = [&](const char* name) { return "'" + (folder / name).native() + "'"; };
  const std::string command = environment + " '" GAUGELINE_BINARY "' " + arguments + " <" + quoted("in") + " >" +
                              quoted("out") + " 2>" + quoted("err");
  const int status = std::system(command.c_str());
  return {exit_status(status), read_text(folder / "out"), read_text(folder / "err")};
}

// The same where anything but success is a failure of the test; gives standard output.
inline std::string must(const std::string& arguments) {
  const Outcome outcome = launch(arguments);
  INFO(arguments, "\n", outcome.err);
  REQUIRE(outcome.status == 0);
  return outcome.out;
}

inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

inline std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

inline void write_text(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
}

// `gaugeline serve` on a port of the system's choice, ready when the constructor returns. Nothing is polled for: its
// log comes through a pipe, and tells when the port file is there.
class Daemon {
 public:
  Daemon(const std::filesystem::path& data_directory, const std::vector<std::string>& options) {
    const std::string port_file = folder_ / "port";
    std::vector<std::string> words{GAUGELINE_BINARY, "serve",       "--data-dir",  data_directory.native(),
                                   "--listen",       "127.0.0.1:0", "--port-file", port_file};
    words.insert(words.end(), options.begin(), options.end());
    start(words);
    wait_for("ready: ");
    const std::string line = read_text(port_file);
    REQUIRE(line.starts_with("listen "));
    REQUIRE(line.ends_with("\n"));
    port_ = line.substr(7, line.size() - 8);
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    ::close(log_);
  }

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + port_; }

  // Reads the log up to a line that holds `part`.
  void wait_for(std::string_view part) {
    std::string line;
    while (!contains(line, part)) {
      line = read_log_line();
      REQUIRE_MESSAGE(!line.empty(), "the log ended before a line with: ", part);
    }
  }

  void signal(int number) { REQUIRE(::kill(process_, number) == 0); }

  // Waits for the end, reading the log so that the daemon never waits for its reader.
  int wait() {
    while (!read_log_line().empty()) continue;
    int status = 0;
    REQUIRE(::waitpid(process_, &status, 0) == process_);
    process_ = -1;
    return exit_status(status);
  }

 private:
  void start(const std::vector<std::string>& words) {
    std::array<int, 2> log{};
    REQUIRE(::pipe2(log.data(), O_CLOEXEC) == 0);
    log_ = log[0];
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, log[1], STDERR_FILENO);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int failed = ::posix_spawn(&process_, words.front().c_str(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(log[1]);
    REQUIRE(failed == 0);
  }

  // Without its line break; empty at the end, and if nothing comes for a minute.
  std::string read_log_line() {
    constexpr int patience_milliseconds = 60'000;
    std::string line;
    char c = 0;
    while (true) {
      pollfd readable{log_, POLLIN, 0};
      if (::poll(&readable, 1, patience_milliseconds) <= 0) return {};
      if (::read(log_, &c, 1) != 1 || c == '\n') return line;
      line += c;
    }
  }

  TemporaryDirectory folder_;
  pid_t process_ = -1;
  int log_ = -1;
  std::string port_;
};

}  // namespace gaugeline::test
