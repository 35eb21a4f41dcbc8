// Writes a slice as bytes and reads it back, with gaugeline::formats.
#include <gaugeline/formats/slice_codec.hpp>

int main() {
  gaugeline::formats::SliceData slice;
  slice.interval = {.begin = gaugeline::Time{}, .end = gaugeline::Time{std::chrono::hours{1}}};
  slice.item_token_bytes = {'a', 'b'};
  slice.item_token_ends = {1, 2};
  slice.contexts_are_items = true;
  slice.pairs = {{.item = 0, .context = 1, .weight = 3}};

  const auto bytes = gaugeline::formats::encode_slice(slice.view());
  if (!bytes) return 1;
  const auto again = gaugeline::formats::decode_slice(*bytes);
  return again && again->pairs.size() == 1 && again->pairs[0].weight == 3 ? 0 : 1;
}
