#include "credential_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace gaugeline::stream {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 20U;

class Descriptor {
 public:
  // Does not wait for the other end of a pipe that lies where a file is expected.
  explicit Descriptor(const std::filesystem::path& path)
      : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

std::unexpected<Error> cannot_read(const std::filesystem::path& path) {
  const int number = errno;
  return fail(ErrorCode::io_error, path.native(), ": cannot be read: ", std::generic_category().message(number));
}

}  // namespace

Expected<CredentialFile> read_credential_file(const std::filesystem::path& path) {
  const Descriptor file(path);
  struct stat status{};
  if (file.number() < 0 || ::fstat(file.number(), &status) != 0) return cannot_read(path);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::bad_data, path.native(), ": is not a regular file");
  CredentialFile read{.text = std::string(most_bytes + 1, '\0'),
                      .is_open_to_others = (status.st_mode & (S_IROTH | S_IWOTH)) != 0};
  std::size_t size = 0;
  while (size < read.text.size()) {
    const auto got = ::read(file.number(), read.text.data() + size, read.text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > most_bytes) return fail(ErrorCode::bad_data, path.native(), ": has more than ", most_bytes, " bytes");
  read.text.resize(size);
  return read;
}

}  // namespace gaugeline::stream
