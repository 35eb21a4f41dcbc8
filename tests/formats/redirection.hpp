// Puts a file in the place of a standard stream for as long as it lives.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

namespace gaugeline::test {

class Redirection {
 public:
  Redirection(int stream, const std::filesystem::path& path, int flags) : stream_(stream), saved_(::dup(stream)) {
    const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    REQUIRE(::dup2(file, stream) == stream);
    ::close(file);
  }
  Redirection(const Redirection&) = delete;
  Redirection& operator=(const Redirection&) = delete;
  ~Redirection() {
    ::dup2(saved_, stream_);
    ::close(saved_);
  }

 private:
  int stream_;
  int saved_;
};

}  // namespace gaugeline::test
