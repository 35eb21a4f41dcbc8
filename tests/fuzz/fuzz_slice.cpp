// decode_slice on any bytes. What it lets through must be valid, and must come back from its own encoding.
#include <cstdint>
#include <cstdlib>
#include <span>

#include <gaugeline/formats/slice_codec.hpp>

using namespace gaugeline;
using namespace gaugeline::formats;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto slice = decode_slice(std::as_bytes(std::span(data, size)), {.tokens = 1000, .observations = 10000});
  if (!slice) return 0;
  if (!validate(slice->view())) std::abort();
  const auto encoded = encode_slice(slice->view());
  if (!encoded) std::abort();
  const auto again = decode_slice(*encoded);
  if (!again || again->pairs.size() != slice->pairs.size()) std::abort();
  return 0;
}
