// NumPy's .npy, version 1.0: the magic, two bytes of version, two bytes of header length (four from version 2 on), and
// a Python dictionary as text (numpy.lib.format).
#pragma once

#include <cstddef>
#include <string_view>

namespace gaugeline::formats {

inline constexpr std::string_view npy_magic = "\x93NUMPY";
inline constexpr std::size_t npy_prefix_bytes = npy_magic.size() + 4;
inline constexpr std::size_t npy_alignment = 64;

}  // namespace gaugeline::formats
