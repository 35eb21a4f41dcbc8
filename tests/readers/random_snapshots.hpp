// Snapshots of random shape and content: what a reader in another language must be able to stand.
#pragma once

#include <array>
#include <formats/example_snapshot.hpp>
#include <set>
#include <string>

namespace gaugeline::test {

// 1 to 12 random bytes, now and then 255: tokens are UTF-8 by convention only. None comes twice.
inline std::string random_token(Random& random, std::set<std::string>& taken) {
  std::string token;
  do {
    const std::size_t size = random.bits() % 32 == 0 ? 255 : 1 + random.bits() % 12;
    const bool plain = random.bits() % 2 == 0;
    token.clear();
    for (std::size_t i = 0; i < size; ++i)
      token += static_cast<char>(plain ? 'a' + random.bits() % 26 : random.bits() % 256);
  } while (!taken.insert(token).second);
  return token;
}

inline void draw_tokens(ExampleSide& side, Random& random) {
  const std::size_t rows = side.token_ends.size();
  side.token_bytes.clear();
  side.token_ends.clear();
  std::set<std::string> taken;
  for (std::size_t row = 0; row < rows; ++row)
    append_tokens(side.token_bytes, side.token_ends, {random_token(random, taken)});
}

// Rows that questions must leave out, or find exactly as similar as others.
inline void draw_special_rows(ExampleSide& side, std::uint32_t dimension, Random& random) {
  const std::size_t rows = side.token_ends.size();
  for (std::size_t row = 0; row < rows; ++row) {
    const auto place = [&](std::size_t of) {
      return side.embeddings.begin() + static_cast<std::ptrdiff_t>(of * dimension);
    };
    switch (random.bits() % 10) {
      case 0:
        side.count[row] = side.log_retention[row] = 0;
        break;  // not known
      case 1:
        side.count[row] = 0;
        break;  // known still
      case 2:
        std::fill_n(place(row), dimension, 0.F);
        break;  // no direction
      case 3:
        std::copy_n(place(random.bits() % rows), dimension, place(row));
        break;
      case 4:
        side.null_variance[row] = 0;
        break;
      default:
        break;
    }
  }
}

// Canaries that have moved a little, with a frame that has turned or has not.
inline void draw_canaries(ExampleSnapshot& example, Random& random) {
  const std::uint32_t dimension = example.dimension;
  const bool turned = random.bits() % 2 == 0;
  example.canary_rows.clear();
  example.canary_before.clear();
  if (random.bits() % 4 == 0) return;
  for (std::size_t row = 0; row < example.items.token_ends.size(); ++row) {
    if (random.bits() % 2 == 0) continue;
    example.canary_rows.push_back(static_cast<RowIndex>(row));
    for (std::uint32_t k = 0; k < dimension; ++k) {
      double before = 0;
      for (std::uint32_t j = 0; j < dimension; ++j)
        before += (turned ? example.rotation[j * dimension + k] : (j == k ? 1 : 0)) *
                  static_cast<double>(example.items.embeddings[row * dimension + j]);
      example.canary_before.push_back(static_cast<float>(before + .1 * random.normal()));
    }
  }
}

inline void draw_options(Options& options, Random& random) {
  options.seed = random.bits();
  options.prior_precision = static_cast<float>(1 + random.uniform());
  options.diffusion_rate = static_cast<float>(random.uniform());
  options.time_unit_seconds = 1e6 * random.uniform();
  options.sweeps = static_cast<std::uint32_t>(1 + random.bits() % 10);
  options.negatives = static_cast<std::uint32_t>(1 + random.bits() % 1000);
  options.offset_diffusion = static_cast<float>(random.uniform());
  options.mean_reversion = static_cast<float>(random.uniform());
  options.pass_slices = static_cast<std::uint32_t>(random.bits() % 2);
}

// The same seed gives the same snapshot. Every second one has the dimension of the one before.
inline ExampleSnapshot random_snapshot(std::uint64_t seed) {
  Random shape(seed / 2 + 1'000'000);
  const auto dimension = static_cast<std::uint32_t>(1 + shape.bits() % 64);
  Random random(seed);
  const std::size_t items = random.bits() % 51;
  const bool shared = random.bits() % 2 == 0;
  const std::size_t contexts = shared ? items : random.bits() % 51;
  ExampleSnapshot example(items, contexts, dimension);
  example.items = ExampleSide(items, dimension, "item-", random);
  example.contexts = ExampleSide(contexts, dimension, "context-", random);
  draw_options(example.options, random);
  draw_tokens(example.items, random);
  if (shared) {
    example.contexts.token_bytes = example.items.token_bytes;
    example.contexts.token_ends = example.items.token_ends;
  } else {
    draw_tokens(example.contexts, random);
  }
  if (random.bits() % 3 == 0) {
    example.options.likelihood = Likelihood::gaussian;
    example.items.add_offsets(random);
    example.contexts.add_offsets(random);
    example.values = {random.normal(), random.uniform(), random.uniform(), 12345, random.uniform(), 54321};
  }
  if (random.bits() % 4 == 0) {  // no anchors, and a frame that is not held or is
    if (random.bits() % 2 == 0) example.options.gauge = GaugeFixing::none;
    if (random.bits() % 2 == 0) example.options.coupling = Coupling::none;
    example.options.anchor_memory = 0;
  }
  if (!keeps_anchors(example.options)) {
    for (ExampleSide* side : {&example.items, &example.contexts}) {
      side->anchor.clear();
      side->anchor_time.clear();
    }
  }
  draw_special_rows(example.items, dimension, random);
  example.rotation = reflection(dimension, random);
  draw_canaries(example, random);
  example.run[0] = random.bits() % 4 == 0 ? 'f' : '0';
  example.smoothed = random.bits() % 4 == 0;
  example.report.slice = random.bits() % 1000;
  example.report.score = random.normal();
  if (random.bits() % 4 == 0) example.items.candidate_counts.assign(example.items.candidate_counts.size(), 0);
  example.encoding =
      std::array{formats::Encoding::float32, formats::Encoding::bfloat16, formats::Encoding::int8}[random.bits() % 3];
  return example;
}

// From one row a chunk up to the writer's own size.
inline std::size_t random_chunk_bytes(std::uint64_t seed, std::uint32_t dimension) {
  Random random(seed + 2'000'000);
  const std::size_t row_bytes = std::size_t{8} * dimension + 512;
  return random.bits() % 4 == 0 ? formats::default_chunk_bytes : 1024 + row_bytes * (1 + random.bits() % 20);
}

}  // namespace gaugeline::test
