// One value type for everything that can fail. Nothing in gaugeline's own code throws: a fallible call returns
// Expected<T>, and the Error says what was wrong, and where, in a form that can be shown to a user as it is.
//
// An Error owns no heap memory (the text lies in a fixed buffer, cut with "..." where it would not fit), so a learner
// that refuses a slice allocates nothing. Copying is cheap; safe to pass between threads.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <expected>
#include <string_view>

namespace gaugeline {

enum class ErrorCode : std::uint8_t {
  invalid_argument,     // the caller broke a documented precondition, or asked for an option out of range
  capacity_exceeded,    // more than the capacity stated in the options, or than a configured limit
  out_of_memory,        // the one allocation failed, or the memory handed over is too small
  bad_data,             // bytes or figures from outside that cannot be used
  unsupported_version,  // well formed, but of a version or kind that this program does not read
  checksum_mismatch,    // damaged bytes
  out_of_order,         // time runs backwards, or a sequence number skips
  not_found,            // no such token, slice or file
  io_error,             // the operating system refused
  protocol_violation,   // the peer broke the stream's protocol
  no_space,             // the disk is full: the same call may succeed once there is room
  permission_denied,    // the caller may not do this: no token, or one that is not good for it
};

[[nodiscard]] constexpr std::string_view name(ErrorCode code) noexcept {
  constexpr std::array<std::string_view, 12> names{
      "invalid argument",    "capacity exceeded",  "out of memory", "bad data",
      "unsupported version", "checksum mismatch",  "out of order",  "not found",
      "I/O error",           "protocol violation", "no space",      "permission denied"};
  return names[static_cast<std::size_t>(code)];
}

class Error {
 public:
  // The message is the parts, one after another: text and numbers.
  template <class... Parts>
  explicit Error(ErrorCode code, const Parts&... parts) noexcept : code_(code) {
    (append(parts), ...);
  }

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  [[nodiscard]] std::string_view message() const noexcept { return {text_.data(), size_}; }

  // The same error, told from further out: "FILE: message".
  [[nodiscard]] Error within(std::string_view where) const noexcept { return Error(code_, where, ": ", message()); }

 private:
  static constexpr std::size_t capacity = 380;

  void append(std::string_view part) noexcept {
    for (const char c : part) {
      if (size_ == capacity) {
        text_[capacity - 1] = text_[capacity - 2] = text_[capacity - 3] = '.';
        return;
      }
      text_[size_++] = c;
    }
  }
  void append(const char* part) noexcept { append(std::string_view(part)); }
  template <class Number>
    requires std::integral<Number> || std::floating_point<Number>
  void append(Number number) noexcept {
    std::array<char, 40> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    append(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
  }

  ErrorCode code_;
  std::uint16_t size_ = 0;
  std::array<char, capacity> text_{};
};

template <class T = void>
using Expected = std::expected<T, Error>;

// return fail(ErrorCode::bad_data, "row ", i, " is not finite");
template <class... Parts>
[[nodiscard]] std::unexpected<Error> fail(ErrorCode code, const Parts&... parts) noexcept {
  return std::unexpected<Error>(Error(code, parts...));
}

}  // namespace gaugeline
