// The drift protocol against a plain recomputation from the snapshots themselves.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gaugeline/stream/evaluate_drift.hpp>

#include "small_stream.hpp"

using namespace gaugeline;
using namespace gaugeline::stream;

namespace {

using Vector = std::vector<double>;

// Nine slices. Every third has tokens of its own besides, of which "late" ones come late, and a small vocabulary, so
// that rows are lost and come back.
void teach(const std::filesystem::path& directory) {
  SerialExecutor executor;
  auto options = small_learner();
  options.item_capacity = options.context_capacity = 34;
  auto run = LearningRun::open(directory, options, executor).value();
  for (std::int64_t day = 0; day < 9; ++day) {
    const testing::SequenceSlice slice(day, day % 3 == 2 ? 8 : 30, 10, day % 3 == 2 ? "late" : "w");
    REQUIRE(run.process(slice.view(), "direct", static_cast<std::uint64_t>(day) + 1));
  }
}

const formats::SnapshotStore& small_store() { return taught_store<teach>(); }

// ---- the same by brute force ----------------------------------------------------------------------------------------

struct PlainSlices {
  std::vector<std::map<std::string, Vector>> vectors;  // by slice
  std::map<std::string, double> uses;                  // over all slices

  [[nodiscard]] Vector at(std::size_t slice, const std::string& token) const {
    const auto found = vectors[slice].find(token);
    return found == vectors[slice].end() ? Vector(8) : found->second;
  }
  [[nodiscard]] Vector mean(std::size_t begin, std::size_t end, const std::string& token) const {
    Vector sum(8);
    for (std::size_t slice = begin; slice < end; ++slice) {
      const Vector vector = at(slice, token);
      for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += vector[c] / static_cast<double>(end - begin);
    }
    return sum;
  }
};

PlainSlices read_plainly() {
  PlainSlices plain;
  const auto slices = small_store().slices().value();
  for (const std::uint64_t slice : slices) {
    const auto snapshot = small_store().load(slice).value();
    const auto items = snapshot.view().state.items;
    auto& vectors = plain.vectors.emplace_back();
    for (std::size_t row = 0; row < items.size(); ++row) {
      const float* values = items.embeddings.row(static_cast<Eigen::Index>(row)).data();
      vectors[std::string(items.tokens[row])] = Vector(values, values + 8);
      plain.uses[std::string(items.tokens[row])] += double{items.uses[row]};
    }
  }
  return plain;
}

double cosine_distance(const Vector& a, const Vector& b) {
  double product = 0, squares_a = 0, squares_b = 0;
  for (std::size_t c = 0; c < a.size(); ++c) {
    product += a[c] * b[c];
    squares_a += a[c] * a[c];
    squares_b += b[c] * b[c];
  }
  return squares_a == 0 || squares_b == 0 ? 1 : 1 - product / std::sqrt(squares_a * squares_b);
}

// Over the median, less the line in log uses, whose two coefficients come from the normal equations.
std::map<std::string, double> adjust(const std::map<std::string, double>& distances,
                                     const std::map<std::string, double>& uses) {
  Vector ordered;
  for (const auto& [token, distance] : distances) ordered.push_back(distance);
  std::ranges::sort(ordered);
  const std::size_t n = ordered.size();
  const double median = (ordered[(n - 1) / 2] + ordered[n / 2]) / 2;
  double x = 0, y = 0, xx = 0, xy = 0;
  for (const auto& [token, distance] : distances) {
    const double log_uses = std::log(uses.at(token));
    x += log_uses;
    y += distance / median;
    xx += log_uses * log_uses;
    xy += log_uses * distance / median;
  }
  const auto count = static_cast<double>(n);
  const double slope = (count * xy - x * y) / (count * xx - x * x);
  const double level = (y - slope * x) / count;
  std::map<std::string, double> result;
  for (const auto& [token, distance] : distances)
    result[token] = distance / median - slope * std::log(uses.at(token)) - level;
  return result;
}

std::map<std::string, TokenDrift> measure_plainly(const DriftProtocol& protocol) {
  const PlainSlices plain = read_plainly();
  std::map<std::string, TokenDrift> drifts;
  for (const auto& [token, uses] : plain.uses) {
    if (uses >= double{protocol.min_uses}) drifts[token] = {token, uses, -1e300, 0};
  }
  std::map<std::string, double> distances;
  for (std::size_t cut = protocol.side; cut + protocol.side <= plain.vectors.size(); ++cut) {
    for (const auto& [token, drift] : drifts)
      distances[token] =
          cosine_distance(plain.mean(cut - protocol.side, cut, token), plain.mean(cut, cut + protocol.side, token));
    for (const auto& [token, value] : adjust(distances, plain.uses))
      drifts[token].over_cuts = std::max(drifts[token].over_cuts, value);
  }
  for (const auto& [token, drift] : drifts) {
    std::size_t first = 0;
    while (!plain.vectors[first].contains(token)) ++first;
    distances[token] = cosine_distance(plain.at(first, token), plain.at(plain.vectors.size() - 1, token));
  }
  for (const auto& [token, value] : adjust(distances, plain.uses)) drifts[token].first_last = value;
  return drifts;
}

// How often a frequent token has a row in one slice and none in the next.
std::size_t lost_rows(const std::map<std::string, TokenDrift>& drifts) {
  const PlainSlices plain = read_plainly();
  std::size_t lost = 0;
  for (std::size_t slice = 0; slice + 1 < plain.vectors.size(); ++slice) {
    for (const auto& [token, drift] : drifts)
      lost += plain.vectors[slice].contains(token) && !plain.vectors[slice + 1].contains(token) ? 1U : 0U;
  }
  return lost;
}

// A frequent token with one value of both statistics.
TokenDrift value(const std::string& token, double drift) { return {token, 200, drift, -drift}; }

}  // namespace

TEST_CASE("drift statistics are those of a plain recomputation, lost rows included") {
  for (const std::size_t side : {1U, 2U, 4U}) {
    CAPTURE(side);
    const DriftProtocol protocol{.min_uses = 20, .side = side};
    const auto statistics = measure_drift(small_store(), protocol).value();
    const auto expected = measure_plainly(protocol);
    CHECK(statistics.slices == 9);
    REQUIRE(statistics.frequent.size() == expected.size());
    REQUIRE(expected.size() > 20);
    REQUIRE(lost_rows(expected) > 0);
    for (const TokenDrift& found : statistics.frequent) {
      CAPTURE(found.token);
      const TokenDrift& plain = expected.at(found.token);
      CHECK(found.uses == plain.uses);
      CHECK(found.over_cuts == doctest::Approx(plain.over_cuts).epsilon(1e-6));
      CHECK(found.first_last == doctest::Approx(plain.first_last).epsilon(1e-6));
    }
  }
}

TEST_CASE("frequent tokens come by their uses, and the others are named as rare") {
  const auto statistics = measure_drift(small_store(), {.min_uses = 20, .side = 2}).value();
  CHECK(std::ranges::is_sorted(statistics.frequent, std::greater{}, &TokenDrift::uses));
  CHECK(statistics.frequent.back().uses >= 20);
  const auto uses = read_plainly().uses;
  CHECK(statistics.frequent.size() + statistics.rare.size() == uses.size());
  for (const std::string& token : statistics.rare) CHECK(uses.at(token) < 20);
}

TEST_CASE("targets that drift are ranked against the others, and against all other frequent tokens") {
  DriftStatistics statistics;
  statistics.frequent = {value("a", 4), value("b", 1), value("c", 2), value("d", 3), value("e", 1)};
  statistics.rare = {"f", "g"};
  using enum KnownDrift;
  const std::vector<DriftTarget> targets{{"a", drifts}, {"b", drifts}, {"c", still},
                                         {"f", drifts}, {"h", still},  {"i", drifts}};
  const auto scores = score_drift(statistics, targets);
  CHECK(scores.drifting == 2);
  CHECK(scores.still == 1);
  CHECK(scores.rare == 1);
  CHECK(scores.unknown == 2);
  CHECK(scores.over_cuts.controls.value().area == .5);
  CHECK(scores.over_cuts.all_others.value().area == 3.5 / 6);
  CHECK(scores.over_cuts.all_others.value().negatives == 3);
  CHECK(scores.over_cuts.all_others.value().standard_error.has_value());
  CHECK(scores.first_last.all_others.value().area == doctest::Approx(1 - 3.5 / 6));
}

TEST_CASE("where nothing can be compared, no area is given") {
  DriftStatistics statistics;
  statistics.frequent = {value("a", 4), value("b", 1)};
  const std::vector<DriftTarget> targets{{"a", KnownDrift::drifts}};
  const auto scores = score_drift(statistics, targets);
  CHECK_FALSE(scores.over_cuts.controls.has_value());
  CHECK(scores.over_cuts.all_others.value().area == 1);
  CHECK_FALSE(score_drift(statistics, {}).first_last.all_others.has_value());
}

TEST_CASE("too few slices is an error that says what to do") {
  CHECK(measure_drift(small_store(), {.min_uses = 20, .side = 4}).has_value());
  const auto drift = measure_drift(small_store(), {.min_uses = 20, .side = 5});
  REQUIRE_FALSE(drift.has_value());
  CHECK(drift.error().code() == ErrorCode::invalid_argument);
  CHECK(drift.error().message() ==
        "there are 9 slices, too few for 5 on each side of a cut: take 4 or fewer on a side, or cut time finer");
}

TEST_CASE("an option out of range, no frequent token, or no snapshot is an error") {
  const auto code = [](const formats::SnapshotStore& store, const DriftProtocol& protocol) {
    return measure_drift(store, protocol).error().code();
  };
  CHECK(code(small_store(), {.side = 0}) == ErrorCode::invalid_argument);
  CHECK(code(small_store(), {.min_uses = 0}) == ErrorCode::invalid_argument);
  CHECK(code(small_store(), {.min_uses = 1e6F, .side = 2}) == ErrorCode::bad_data);
  const TemporaryDirectory directory;
  CHECK(code(formats::SnapshotStore::create(directory.path()).value(), {}) == ErrorCode::not_found);
}
