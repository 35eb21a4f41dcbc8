// Ranges and conditions of requests for a file (RFC 9110, sections 13 and 14), for one strong entity tag.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gaugeline::stream {

struct ByteRange {
  std::uint64_t begin = 0, end = 0;  // [begin, end)
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

enum class RangeKind : std::uint8_t { whole, part, unsatisfiable };
struct RequestedRange {
  RangeKind kind = RangeKind::whole;
  ByteRange range;  // of a part
};

// Of a Range field, for a file of `size` bytes. Whole: there is no field, it is not well formed, it is of another unit,
// or it asks for several ranges; a server may answer all of these with the whole file.
[[nodiscard]] RequestedRange requested_range(std::string_view field, std::uint64_t size) noexcept;

// Whether an If-None-Match field names the tag, by the weak comparison, or is *.
[[nodiscard]] bool none_match_names(std::string_view field, std::string_view tag) noexcept;

}  // namespace gaugeline::stream
