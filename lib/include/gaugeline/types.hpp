// The small vocabulary of types that every room shares: time, sides, embedding tables, lists of tokens.
// All of them are views or plain values; none owns memory.
#pragma once

#include <Eigen/Core>
#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace gaugeline {

// Event time: microseconds since 1970-01-01T00:00:00Z, negative before. Leap seconds do not exist, as in POSIX time.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

struct TimeInterval {  // [begin, end)
  Time begin{};
  Time end{};
  friend bool operator==(const TimeInterval&, const TimeInterval&) = default;
};

// Since 1970; the sum in double, since the ends of int64 are valid times.
[[nodiscard]] constexpr double middle_microseconds(TimeInterval interval) noexcept {
  return .5 * (static_cast<double>(interval.begin.time_since_epoch().count()) +
               static_cast<double>(interval.end.time_since_epoch().count()));
}

// The two tables of the model: items U and contexts V. The score of a pair is u_i . v_j.
enum class Side : std::uint8_t { items = 0, contexts = 1 };
inline constexpr Side both_sides[] = {Side::items, Side::contexts};
[[nodiscard]] constexpr Side other(Side side) noexcept { return side == Side::items ? Side::contexts : Side::items; }

using RowIndex = std::uint32_t;
inline constexpr RowIndex no_row = std::numeric_limits<RowIndex>::max();

// An embedding table: rows x dimension, each row contiguous.
template <class Scalar>
using Table = Eigen::Map<Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
template <class Scalar>
using ConstTable = Eigen::Map<const Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

// A list of tokens (UTF-8) as one run of bytes: token i is bytes [ends[i-1], ends[i]), and ends[-1] is 0.
// The form in which files and messages hold them, so that a list of a million tokens is read without a copy.
class TokenList {
 public:
  constexpr TokenList() noexcept = default;
  constexpr TokenList(std::span<const char> bytes, std::span<const std::uint32_t> ends) noexcept
      : bytes_(bytes), ends_(ends) {}

  [[nodiscard]] constexpr std::size_t size() const noexcept { return ends_.size(); }
  [[nodiscard]] constexpr bool empty() const noexcept { return ends_.empty(); }
  [[nodiscard]] constexpr std::string_view operator[](std::size_t i) const noexcept {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + begin, ends_[i] - begin};
  }
  [[nodiscard]] constexpr std::span<const char> bytes() const noexcept { return bytes_; }
  [[nodiscard]] constexpr std::span<const std::uint32_t> ends() const noexcept { return ends_; }

  // True if the ends never fall and the last one is the number of bytes: the list can be read safely.
  [[nodiscard]] constexpr bool well_formed() const noexcept {
    std::uint32_t last = 0;
    for (const std::uint32_t end : ends_) {
      if (end < last) return false;
      last = end;
    }
    return last == bytes_.size();
  }

 private:
  std::span<const char> bytes_;
  std::span<const std::uint32_t> ends_;
};

}  // namespace gaugeline
