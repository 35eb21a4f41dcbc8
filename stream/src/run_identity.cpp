#include "run_identity.hpp"

#include <cstdint>
#include <random>
#include <string_view>

namespace gaugeline::stream {

std::string draw_run_identity() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::random_device device;
  std::string identity;
  for (int word = 0; word < 4; ++word) {
    const std::uint32_t bits = device();
    for (unsigned shift = 0; shift < 32; shift += 4) identity += digits[(bits >> shift) & 15U];
  }
  return identity;
}

}  // namespace gaugeline::stream
