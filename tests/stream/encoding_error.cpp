#include <doctest/doctest.h>

#include <gaugeline/stream/encoding_error.hpp>

#include "../formats/example_snapshot.hpp"

using namespace gaugeline;
using namespace gaugeline::stream;
using namespace gaugeline::test;

TEST_CASE("a table that comes out as it was has lost nothing") {
  const ExampleSnapshot example(50, 3, 4);
  const SideState<float> side = example.items.view(4);
  const EncodingError error = encoding_error(side, side, 20);
  CHECK(error.rows == 50);
  CHECK(error.asked == 20);
  CHECK(error.mean_cosine == 1);
  CHECK(error.least_cosine == 1);
  CHECK(error.overlap_at_10 == 1);
}

TEST_CASE("the row that suffers most, and neighbours that are others, are told") {
  const ExampleSnapshot exact(50, 3, 4);
  ExampleSnapshot stored(50, 3, 4);
  for (std::size_t k = 0; k < 4; ++k) stored.items.embeddings[12 + k] *= -1;
  const EncodingError turned = encoding_error(exact.items.view(4), stored.items.view(4));
  CHECK(turned.least_cosine == -1);
  CHECK(turned.mean_cosine == doctest::Approx(48. / 50));
  CHECK(turned.overlap_at_10 < 1);
  CHECK(turned.overlap_at_10 > .8);
}

TEST_CASE("rows that were never in data, and zeros, do not count") {
  ExampleSnapshot exact(20, 3, 2);
  exact.items.null_variance[3] = 0;
  for (std::size_t k = 0; k < 2; ++k) exact.items.embeddings[10 + k] = 0;
  const SideState<float> side = exact.items.view(2);
  CHECK(encoding_error(side, side).rows == 18);
  CHECK(encoding_error(ExampleSnapshot(1, 1, 2).items.view(2), side).rows == 0);
}
