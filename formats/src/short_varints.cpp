#include "short_varints.hpp"

#include <array>
#include <cstddef>
#include <limits>

#include "varint.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#define GAUGELINE_SHUFFLES 1
#include <immintrin.h>
#else
#define GAUGELINE_SHUFFLES 0
#endif

namespace gaugeline::formats {
namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::uint32_t>::max();

// Places in a column and in its numbers.
struct Places {
  const std::uint8_t* from;
  const std::uint8_t* from_end;
  std::uint32_t* to;
  std::uint32_t* to_end;
};

bool decode_one(Places& places) noexcept {
  VarintReader reader({places.from, places.from_end});
  const auto number = reader.next(largest);
  if (!number || places.to == places.to_end) return false;
  *places.to++ = static_cast<std::uint32_t>(*number);
  places.from += reader.position();
  return true;
}

#if GAUGELINE_SHUFFLES

// For eight bytes, by which of them have the top bit set: the numbers of one byte or two that they begin with.
struct Group {
  std::array<std::uint8_t, 16> shuffle{};  // the bytes of each, in 16 bits; 0x80: none
  std::uint8_t numbers = 0;
  std::uint8_t bytes = 0;
};

constexpr std::array<Group, 256> make_groups() {
  std::array<Group, 256> groups{};
  for (unsigned tops = 0; tops < groups.size(); ++tops) {
    Group& group = groups[tops];
    group.shuffle.fill(0x80);
    for (unsigned begin = 0; begin < 8;) {
      const unsigned length = (tops >> begin & 1U) != 0 ? 2 : 1;
      const bool ends = begin + length <= 8 && (tops >> (begin + length - 1) & 1U) == 0;
      if (!ends) break;
      for (unsigned byte = 0; byte < length; ++byte)
        group.shuffle[group.numbers * 2U + byte] = static_cast<std::uint8_t>(begin + byte);
      ++group.numbers;
      begin += length;
      group.bytes = static_cast<std::uint8_t>(begin);
    }
  }
  return groups;
}
alignas(64) constexpr std::array<Group, 256> groups = make_groups();

// The numbers of a group; reads 8 bytes and writes 8 numbers, whatever it has.
__attribute__((target("ssse3"), always_inline)) inline void decode_group(const Group& group, Places& places,
                                                                         __m128i& too_long) noexcept {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(places.from));
  const __m128i shuffle = _mm_loadu_si128(reinterpret_cast<const __m128i*>(group.shuffle.data()));
  const __m128i words = _mm_shuffle_epi8(bytes, shuffle);
  // Two bytes of which the second is 0.
  const __m128i high = _mm_and_si128(words, _mm_set1_epi16(static_cast<short>(0xFF80)));
  too_long = _mm_or_si128(too_long, _mm_cmpeq_epi16(high, _mm_set1_epi16(0x80)));
  const __m128i numbers = _mm_or_si128(_mm_and_si128(words, _mm_set1_epi16(0x7F)),
                                       _mm_srli_epi16(_mm_and_si128(words, _mm_set1_epi16(0x7F00)), 1));
  const __m128i zero = _mm_setzero_si128();
  _mm_storeu_si128(reinterpret_cast<__m128i*>(places.to), _mm_unpacklo_epi16(numbers, zero));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(places.to + 4), _mm_unpackhi_epi16(numbers, zero));
  places.from += group.bytes;
  places.to += group.numbers;
}

constexpr std::ptrdiff_t step_bytes = 16;  // read at once: where the second group begins hangs on the first alone
bool has_step(const Places& places) noexcept {
  return places.from_end - places.from >= step_bytes && places.to_end - places.to >= step_bytes;
}
__attribute__((target("ssse3"), always_inline)) inline bool decode_step(Places& places, __m128i& too_long) noexcept {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(places.from));
  const auto tops = static_cast<unsigned>(_mm_movemask_epi8(bytes));
  const Group& first = groups[tops & 0xFFU];
  if (first.bytes == 0) return decode_one(places);
  const Group& second = groups[tops >> first.bytes & 0xFFU];
  decode_group(first, places, too_long);
  decode_group(second, places, too_long);
  return true;
}

// All but the last few of each. By turns, since each step waits for the one before it. False as decode_short_varints.
__attribute__((target("ssse3"))) bool decode_steps(std::array<Places, 2>& halves) noexcept {
  __m128i too_long = _mm_setzero_si128();
  while (has_step(halves[0]) && has_step(halves[1])) {
    if (!decode_step(halves[0], too_long) || !decode_step(halves[1], too_long)) return false;
  }
  for (Places& places : halves) {
    while (has_step(places)) {
      if (!decode_step(places, too_long)) return false;
    }
  }
  return _mm_movemask_epi8(too_long) == 0;
}

#endif

}  // namespace

bool decode_short_varints(std::span<const std::uint8_t> column, std::span<std::uint32_t> numbers) noexcept {
  std::size_t middle = column.size() / 2;
  while (middle > 0 && middle < column.size() && column[middle - 1] >= 0x80U) ++middle;
  const std::size_t before = VarintReader::count(column.first(middle));
  if (before > numbers.size()) return false;
  const auto half = [](std::span<const std::uint8_t> from, std::span<std::uint32_t> to) {
    return Places{from.data(), from.data() + from.size(), to.data(), to.data() + to.size()};
  };
  std::array halves{half(column.first(middle), numbers.first(before)),
                    half(column.subspan(middle), numbers.subspan(before))};
#if GAUGELINE_SHUFFLES
  if (__builtin_cpu_supports("ssse3") && !decode_steps(halves)) return false;
#endif
  for (Places& places : halves) {
    while (places.from != places.from_end) {
      if (!decode_one(places)) return false;
    }
    if (places.to != places.to_end) return false;
  }
  return true;
}

}  // namespace gaugeline::formats
