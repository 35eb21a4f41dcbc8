#include <gaugeline/formats/comparability.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include <support/random_matrices.hpp>

#include "example_snapshot.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

std::string why_not(const ExampleSnapshot& a, const ExampleSnapshot& b) {
  const auto comparable = check_comparable(frame_of(a.view()), frame_of(b.view()));
  CHECK(comparable.has_value() == check_comparable(frame_of(b.view()), frame_of(a.view())).has_value());
  return comparable ? "" : std::string(comparable.error().message());
}

bool says(const std::string& message, std::string_view words) { return message.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("two snapshots of a run share a frame, whatever their slices") {
  ExampleSnapshot a(3, 4, 5), b(30, 4, 5);
  b.report.slice = 99;
  CHECK(why_not(a, b).empty());
}

TEST_CASE("what does not share a frame is refused with the reason") {
  ExampleSnapshot a(3, 4, 5), b(3, 4, 5);
  SUBCASE("another run") {
    b.run[0] = 'f';
    CHECK(says(why_not(a, b), "frame of its own"));
  }
  SUBCASE("another dimension") { CHECK(says(why_not(a, ExampleSnapshot(3, 4, 6)), "5 and 6 dimensions")); }
  SUBCASE("a run without gauge") {
    a.options.gauge = b.options.gauge = GaugeFixing::none;
    CHECK(says(why_not(a, b), "does not fix the gauge"));
  }
  SUBCASE("slices that are fitted alone") {
    a.options.coupling = b.options.coupling = Coupling::none;
    CHECK(says(why_not(a, b), "does not fix the gauge"));
  }
  SUBCASE("a smoother's and a filter's") {
    b.smoothed = true;
    CHECK(says(why_not(a, b), "smoother"));
  }
  SUBCASE("two of a smoother share one") {
    a.smoothed = b.smoothed = true;
    CHECK(why_not(a, b).empty());
  }
}

TEST_CASE("canaries show a frame that has turned, and one that has not, over dimensions") {
  for (const auto& [dimension, determinant] :
       {std::pair{1U, -1.}, {2U, 1.}, {2U, -1.}, {5U, 1.}, {20U, 1.}, {20U, -1.}}) {
    CAPTURE(dimension);
    ExampleSnapshot example(6 * std::size_t{dimension}, 2, dimension);  // a third of them are canaries
    const FrameCheck held = check_frame(example.view());
    CHECK(held.rows == example.canary_rows.size());
    CHECK(held.distance < .03);
    CHECK(held.angle < .05);
    CHECK(held.distance_turned <= held.distance);
    CHECK(held.share_of_turning < .6);
    if (dimension == 20) CHECK(std::abs(held.share_of_turning - held.share_by_chance) < .08);  // three deviations

    // Z -> Z R: the canaries alone tell the angle.
    Eigen::Map<Eigen::Matrix<float, -1, -1, Eigen::RowMajor>> z(
        example.items.embeddings.data(), static_cast<Eigen::Index>(example.items.token_ends.size()), dimension);
    const Eigen::MatrixXd rotation = testing::random_orthogonal(example.random, dimension, determinant);
    z = (z.cast<double>() * rotation).cast<float>();
    const FrameCheck turned = check_frame(example.view());
    CHECK(turned.distance_turned < .03);
    if ((rotation - Eigen::MatrixXd::Identity(dimension, dimension)).norm() > .1) {
      CHECK(turned.share_of_turning > .9);
      CHECK(turned.angle > .05);
    }
  }
}

TEST_CASE("without canaries there is nothing to be seen, and what stands still has not moved") {
  ExampleSnapshot example(9, 2, 4);
  example.canary_rows.clear();
  example.canary_before.clear();
  CHECK(check_frame(example.view()).rows == 0);
  CHECK(check_frame(ExampleSnapshot(1, 1, 3).view()).rows == 0);
  ExampleSnapshot still(9, 2, 4);
  still.canary_before.clear();
  for (const RowIndex row : still.canary_rows)
    for (std::uint32_t k = 0; k < 4; ++k) still.canary_before.push_back(still.items.embeddings[row * 4 + k]);
  const FrameCheck check = check_frame(still.view());
  CHECK(check.distance == 0);
  CHECK(check.share_of_turning == 0);
}
