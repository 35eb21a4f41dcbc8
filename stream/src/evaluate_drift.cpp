#include <gaugeline/stream/evaluate_drift.hpp>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "slice_uses.hpp"

namespace gaugeline::stream {
namespace {

using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // frequent tokens x dimension
using Means = Eigen::MatrixXd;

Expected<> check(const DriftProtocol& protocol) {
  if (!(protocol.min_uses > 0))
    return fail(ErrorCode::invalid_argument, "min_uses is ", protocol.min_uses, ", not above 0");
  if (protocol.side == 0) return fail(ErrorCode::invalid_argument, "side is 0, not 1 or more");
  return {};
}

Expected<> check_slices(std::size_t slices, std::size_t side) {
  if (slices / 2 >= side) return {};
  if (slices < 2)
    return fail(ErrorCode::invalid_argument, "there is one slice only, and drift needs two: cut time finer");
  return fail(ErrorCode::invalid_argument, "there are ", slices, " slices, too few for ", side,
              " on each side of a cut: take ", slices / 2, " or fewer on a side, or cut time finer");
}

// The item rows of tokens; zero where there is none.
Rows item_rows(const LearnerState<float>& state, const Lexicon& tokens, std::span<const std::uint32_t> ids) {
  const auto rows = rows_by_id(state.items.tokens, tokens);
  Rows found = Rows::Zero(std::ssize(ids), state.dimension);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (rows[ids[i]] != no_row) found.row(static_cast<Eigen::Index>(i)) = state.items.embeddings.row(rows[ids[i]]);
  }
  return found;
}

// 1 - cos of row by row; 1 where either is zero. In double, since a row that hardly turns is told by the last digits.
Eigen::ArrayXd cosine_distances(const Means& a, const Means& b) {
  const Eigen::ArrayXd products = a.cwiseProduct(b).rowwise().sum();
  const Eigen::ArrayXd norms = a.rowwise().norm().cwiseProduct(b.rowwise().norm());
  return 1 - (norms > 0).select(products / norms, 0);
}

double median(Eigen::ArrayXd values) {
  const auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  const double upper = *middle;
  return values.size() % 2 == 1 ? upper : (*std::max_element(values.begin(), middle) + upper) / 2;
}

// The line of least squares through values over log uses is taken off.
Eigen::ArrayXd adjusted(const Eigen::ArrayXd& distances, const Eigen::ArrayXd& log_uses) {
  constexpr double least_distance = 1e-12;  // where nothing moves, nothing is divided by 0
  const Eigen::ArrayXd values = distances / std::max(median(distances), least_distance);
  const Eigen::ArrayXd centred = log_uses - log_uses.mean();
  const double spread = centred.square().sum();
  const double slope = spread > 0 ? (centred * values).sum() / spread : 0;
  return values - values.mean() - slope * centred;
}

// Takes one slice after another and keeps what the statistics need of them.
class DriftMeter {
 public:
  DriftMeter(std::size_t side, Eigen::ArrayXd log_uses, std::uint32_t dimension)
      : log_uses_(std::move(log_uses)),
        recent_(2 * side),
        first_(Rows::Zero(log_uses_.size(), dimension)),
        over_cuts_(Eigen::ArrayXd::Constant(log_uses_.size(), -std::numeric_limits<double>::infinity())) {}

  void take(Rows rows) {
    for (Eigen::Index i = 0; i < rows.rows(); ++i) {
      if (first_.row(i).isZero(0)) first_.row(i) = rows.row(i);
    }
    recent_[slices_++ % recent_.size()] = std::move(rows);
    if (slices_ < recent_.size()) return;
    const std::size_t cut = slices_ - recent_.size() / 2;
    const auto distances = cosine_distances(mean(slices_ - recent_.size(), cut), mean(cut, slices_));
    over_cuts_ = over_cuts_.max(adjusted(distances, log_uses_));
  }
  // At least 2 side slices were taken.
  [[nodiscard]] const Eigen::ArrayXd& over_cuts() const noexcept { return over_cuts_; }
  [[nodiscard]] Eigen::ArrayXd first_last() const {
    return adjusted(cosine_distances(first_.cast<double>(), mean(slices_ - 1, slices_)), log_uses_);
  }

 private:
  // Over the slices [begin, end).
  [[nodiscard]] Means mean(std::size_t begin, std::size_t end) const {
    Means sum = Means::Zero(first_.rows(), first_.cols());
    for (std::size_t slice = begin; slice < end; ++slice) sum += recent_[slice % recent_.size()].cast<double>();
    return sum / static_cast<double>(end - begin);
  }

  Eigen::ArrayXd log_uses_;
  std::vector<Rows> recent_;  // a ring: slice t lies at t modulo its size
  Rows first_;                // of the first slice in which the token had a row
  Eigen::ArrayXd over_cuts_;
  std::size_t slices_ = 0;
};

DriftStatistics statistics_of(const SliceUses& uses, std::span<const std::uint32_t> ids, const DriftMeter& meter) {
  DriftStatistics statistics;
  statistics.slices = uses.slices.size();
  const Eigen::ArrayXd first_last = meter.first_last();
  std::vector<bool> frequent(uses.uses.size());
  statistics.frequent.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto place = static_cast<Eigen::Index>(i);
    frequent[ids[i]] = true;
    statistics.frequent.push_back(
        {std::string(uses.tokens.token(ids[i])), uses.uses[ids[i]], meter.over_cuts()[place], first_last[place]});
  }
  for (std::uint32_t id = 0; id < frequent.size(); ++id) {
    if (!frequent[id]) statistics.rare.emplace_back(uses.tokens.token(id));
  }
  return statistics;
}

}  // namespace

Expected<DriftStatistics> measure_drift(const formats::SnapshotStore& store, const DriftProtocol& protocol) {
  if (auto ok = check(protocol); !ok) return std::unexpected(ok.error());
  const auto uses = count_uses(store);
  if (!uses) return std::unexpected(uses.error());
  if (auto ok = check_slices(uses->slices.size(), protocol.side); !ok) return std::unexpected(ok.error());
  const auto ids = uses->frequent(protocol.min_uses);
  if (ids.empty())
    return fail(ErrorCode::bad_data, "no token is used ", protocol.min_uses, " times over all slices: take fewer uses");

  Eigen::ArrayXd log_uses(std::ssize(ids));
  std::ranges::transform(ids, log_uses.begin(), [&](std::uint32_t id) { return std::log(uses->uses[id]); });
  DriftMeter meter(protocol.side, std::move(log_uses), uses->dimension);
  for (const SliceStamp& slice : uses->slices) {
    const auto snapshot = store.load(slice.index);
    if (!snapshot) return std::unexpected(snapshot.error());
    meter.take(item_rows(snapshot->view().state, uses->tokens, ids));
  }
  return statistics_of(*uses, ids, meter);
}

namespace {

// Values of one statistic: of the targets that drift, of those that stand still, of all frequent tokens but the first.
struct DriftGroups {
  std::vector<double> drifting, still, all_others;

  [[nodiscard]] DriftAreas areas() const {
    return {area_under_curve(drifting, still), area_under_curve(drifting, all_others)};
  }
};

}  // namespace

DriftScores score_drift(const DriftStatistics& statistics, std::span<const DriftTarget> targets) {
  std::unordered_map<std::string_view, KnownDrift> known;
  for (const DriftTarget& target : targets) known.emplace(target.token, target.known);
  DriftGroups over_cuts, first_last;
  for (const TokenDrift& drift : statistics.frequent) {
    const auto target = known.find(drift.token);
    const auto add = [&](DriftGroups& groups, double value) {
      const bool drifts = target != known.end() && target->second == KnownDrift::drifts;
      (drifts ? groups.drifting : groups.all_others).push_back(value);
      if (target != known.end() && !drifts) groups.still.push_back(value);
    };
    add(over_cuts, drift.over_cuts);
    add(first_last, drift.first_last);
  }
  DriftScores scores;
  scores.drifting = over_cuts.drifting.size();
  scores.still = over_cuts.still.size();
  scores.rare = static_cast<std::size_t>(
      std::ranges::count_if(statistics.rare, [&](const std::string& token) { return known.contains(token); }));
  scores.unknown = known.size() - scores.drifting - scores.still - scores.rare;
  scores.over_cuts = over_cuts.areas();
  scores.first_last = first_last.areas();
  return scores;
}

}  // namespace gaugeline::stream
