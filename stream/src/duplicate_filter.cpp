#include "duplicate_filter.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace gaugeline::stream {

EventHash hash_of_event(std::string_view source, std::string_view id) noexcept {
  const auto length = static_cast<unsigned char>(source.size());
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  XXH3_128bits_update(&state, &length, 1);
  XXH3_128bits_update(&state, source.data(), source.size());
  XXH3_128bits_update(&state, id.data(), id.size());
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  return {hash.low64, hash.high64};
}

}  // namespace gaugeline::stream
