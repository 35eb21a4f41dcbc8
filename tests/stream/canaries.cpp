#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "../formats/example_snapshot.hpp"
#include "canaries.hpp"

using namespace gaugeline;
using namespace gaugeline::stream;
using namespace gaugeline::test;

namespace {

void name_rows(ExampleSide& side, const std::vector<int>& names) {
  side.token_bytes.clear();
  side.token_ends.clear();
  for (const int name : names) append_tokens(side.token_bytes, side.token_ends, {"item-" + std::to_string(name)});
}

}  // namespace

TEST_CASE("canaries are the items whose precision times squared length is largest, twice the dimension of them") {
  ExampleSnapshot example(12, 3, 2);
  std::ranges::fill(example.items.embeddings, 1.F);
  std::ranges::fill(example.items.precision, 1.F);
  for (const std::size_t row : {2UL, 3UL, 7UL}) example.items.precision[row] = 5;
  example.items.embeddings[22] = -9;
  Canaries canaries;
  canaries.choose(example.view().state);
  const auto found = canaries.among(example.view().state);
  CHECK(std::ranges::equal(found.rows, std::vector<RowIndex>{2, 3, 7, 11}));
  CHECK(found.before(3, 0) == -9);
}

TEST_CASE("a canary whose item began anew is none any more, and one whose row moved is found") {
  ExampleSnapshot before(6, 3, 3);  // fewer items than twice the dimension: all are canaries
  ExampleSnapshot now(5, 3, 3);
  name_rows(now.items, {0, 1, 3, 4, 5});
  now.items.born = {0, 1, 3, 4, 5};
  Canaries canaries;
  canaries.choose(before.view().state);
  SUBCASE("its row is gone") {
    const auto found = canaries.among(now.view().state);
    CHECK(std::ranges::equal(found.rows, std::vector<RowIndex>{0, 1, 2, 3, 4}));
    CHECK(found.before.row(2) == before.view().state.items.embeddings.row(3));
  }
  SUBCASE("the same token, in another life") {
    now.items.born[3] = 11;  // item-4
    const auto found = canaries.among(now.view().state);
    CHECK(std::ranges::equal(found.rows, std::vector<RowIndex>{0, 1, 2, 4}));
    CHECK(found.before.row(3) == before.view().state.items.embeddings.row(5));
  }
}
