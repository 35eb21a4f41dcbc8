#include <gaugeline/stream/evaluate_heldout.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <gaugeline/likelihood.hpp>
#include <gaugeline/random.hpp>
#include <gaugeline/slice.hpp>
#include <gaugeline/stream/area_under_curve.hpp>
#include <gaugeline/stream/text.hpp>

#include "runs.hpp"
#include "slice_uses.hpp"

namespace gaugeline::stream {
namespace {

constexpr std::uint32_t max_negatives = 1000;

Expected<> check(const HeldOutOptions& options) {
  if (options.window < 1 || options.window > max_window)
    return fail(ErrorCode::invalid_argument, "window is ", options.window, ", not 1 to ", max_window);
  if (options.negatives < 1 || options.negatives > max_negatives)
    return fail(ErrorCode::invalid_argument, "negatives is ", options.negatives, ", not 1 to ", max_negatives);
  if (!(options.min_uses >= 0)) return fail(ErrorCode::invalid_argument, "min_uses is ", options.min_uses, ", below 0");
  return {};
}

// Draws ids in proportion to their uses to the power .75.
class UnigramNoise {
 public:
  UnigramNoise(std::vector<std::uint32_t> ids, const std::vector<double>& uses) : ids_(std::move(ids)) {
    for (const std::uint32_t id : ids_)
      bounds_.push_back((bounds_.empty() ? 0 : bounds_.back()) + std::pow(uses[id], .75));
  }
  [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }
  // At least one token has uses.
  [[nodiscard]] std::uint32_t draw(Random& random) const noexcept {
    const auto found = std::ranges::upper_bound(bounds_, random.uniform() * bounds_.back());
    const auto place = static_cast<std::size_t>(found - bounds_.begin());
    return ids_[std::min(place, ids_.size() - 1)];  // the product can be rounded up to the last bound
  }

 private:
  std::vector<std::uint32_t> ids_;
  std::vector<double> bounds_;  // of the intervals of [0, sum) that stand for the ids
};

// u . v of tokens in one slice; 0 where either has no row.
class PairProducts {
 public:
  PairProducts(const LearnerState<float>& state, const Lexicon& tokens)
      : items_(state.items.embeddings),
        contexts_(state.contexts.embeddings),
        item_rows_(rows_by_id(state.items.tokens, tokens)),
        context_rows_(rows_by_id(state.contexts.tokens, tokens)) {}
  [[nodiscard]] double operator()(std::uint32_t item, std::uint32_t context) const {
    const RowIndex row = item_rows_[item];
    const RowIndex context_row = context_rows_[context];
    if (row == no_row || context_row == no_row) return 0;
    return double{items_.row(row).dot(contexts_.row(context_row))};
  }

 private:
  ConstTable<float> items_;
  ConstTable<float> contexts_;
  std::vector<RowIndex> item_rows_;
  std::vector<RowIndex> context_rows_;
};

// Sums that means are taken of at the end.
struct HeldOutSums {
  std::uint64_t pairs = 0;
  double log_likelihood = 0, outranked = 0;

  HeldOutSums& operator+=(const HeldOutSums& other) noexcept {
    pairs += other.pairs;
    log_likelihood += other.log_likelihood;
    outranked += other.outranked;
    return *this;
  }
  [[nodiscard]] HeldOutScore means(std::uint32_t negatives) const noexcept {
    if (pairs == 0) return {};
    const auto count = static_cast<double>(pairs);
    return {pairs, log_likelihood / count, outranked / (count * negatives)};
  }
};

// Calls `take` with the centre and the context of every pair of a run.
template <class Taker>
void for_each_pair(std::span<const std::uint32_t> run, std::size_t window, const Taker& take) {
  for (std::size_t centre = 0; centre < run.size(); ++centre) {
    const std::size_t end = std::min(run.size(), centre + window + 1);
    for (std::size_t context = centre - std::min(centre, window); context < end; ++context) {
      if (context != centre) take(run[centre], run[context]);
    }
  }
}

HeldOutSums score_runs(const Runs& runs, const PairProducts& product, const UnigramNoise& noise,
                       const HeldOutOptions& options) {
  Random random(options.seed);
  HeldOutSums sums;
  const auto score_pair = [&](std::uint32_t centre, std::uint32_t context) {
    const double positive = product(centre, context);
    ++sums.pairs;
    sums.log_likelihood += log_logistic(positive);
    for (std::uint32_t k = 0; k < options.negatives; ++k) {
      const double negative = product(centre, noise.draw(random));
      sums.log_likelihood += log_logistic(-negative);
      sums.outranked += outranks(positive, negative);
    }
  };
  for (std::size_t i = 0; i < runs.size(); ++i) for_each_pair(runs[i], options.window, score_pair);
  return sums;
}

}  // namespace

struct HeldOutEvaluation::Impl {
  Impl(const formats::SnapshotStore& snapshots, const HeldOutOptions& held_out_options, SliceUses slice_uses,
       Tokenizer text_tokenizer)
      : store(&snapshots),
        options(held_out_options),
        uses(std::move(slice_uses)),
        tokenizer(std::move(text_tokenizer)),
        noise(uses.frequent(options.min_uses), uses.uses),
        runs(uses.slices.size()) {}

  const formats::SnapshotStore* store;
  HeldOutOptions options;
  SliceUses uses;
  Tokenizer tokenizer;
  UnigramNoise noise;
  std::vector<Runs> runs;  // by slice: the kept tokens of its events
  HeldOutScores counts;    // of events and tokens
  std::vector<std::string> words;
  std::vector<std::uint32_t> ids;

  [[nodiscard]] std::optional<std::size_t> slice_at(Time time) const;
  void add_sequence(Time time, const std::vector<std::string>& tokens);
  [[nodiscard]] Expected<HeldOutSums> score_slice(std::size_t slice) const;
};

std::optional<std::size_t> HeldOutEvaluation::Impl::slice_at(Time time) const {
  const auto begin = [](const SliceStamp& slice) { return slice.interval.begin; };
  const auto after = std::ranges::upper_bound(uses.slices, time, {}, begin);
  if (after == uses.slices.begin() || std::prev(after)->interval.end <= time) return std::nullopt;
  return static_cast<std::size_t>(after - uses.slices.begin()) - 1;
}

void HeldOutEvaluation::Impl::add_sequence(Time time, const std::vector<std::string>& tokens) {
  ++counts.events;
  const auto slice = slice_at(time);
  if (!slice) {
    ++counts.events_outside;
    return;
  }
  ids.clear();
  for (const std::string& token : tokens) {
    const auto id = uses.tokens.find(token);
    if (id && uses.uses[*id] >= double{options.min_uses}) ids.push_back(*id);
  }
  counts.tokens += tokens.size();
  counts.tokens_left_out += tokens.size() - ids.size();
  runs[*slice].append(ids);
}

Expected<HeldOutSums> HeldOutEvaluation::Impl::score_slice(std::size_t slice) const {
  if (runs[slice].all().empty()) return HeldOutSums{};
  const auto snapshot = store->load(uses.slices[slice].index);
  if (!snapshot) return std::unexpected(snapshot.error());
  const formats::SnapshotView view = snapshot->view();
  return score_runs(runs[slice], PairProducts(view.state, uses.tokens), noise, options);
}

HeldOutEvaluation::HeldOutEvaluation(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
HeldOutEvaluation::HeldOutEvaluation(HeldOutEvaluation&&) noexcept = default;
HeldOutEvaluation& HeldOutEvaluation::operator=(HeldOutEvaluation&&) noexcept = default;
HeldOutEvaluation::~HeldOutEvaluation() = default;

Expected<HeldOutEvaluation> HeldOutEvaluation::open(const formats::SnapshotStore& store,
                                                    const HeldOutOptions& options) {
  if (auto ok = check(options); !ok) return std::unexpected(ok.error());
  auto uses = count_uses(store);
  if (!uses) return std::unexpected(uses.error());
  if (uses->likelihood != Likelihood::skipgram)
    return fail(ErrorCode::invalid_argument,
                "the data directory was learnt from values: held-out pairs need a "
                "skip-gram model");
  auto tokenizer = Tokenizer::create();
  if (!tokenizer) return std::unexpected(tokenizer.error());
  return HeldOutEvaluation(std::make_unique<Impl>(store, options, *std::move(uses), *std::move(tokenizer)));
}

Expected<> HeldOutEvaluation::add(const Event& event) {
  if (const auto* sequence = std::get_if<TokensEvent>(&event.body)) {
    impl_->add_sequence(event.time, sequence->tokens);
    return {};
  }
  if (std::holds_alternative<WatermarkEvent>(event.body)) return {};
  const auto* text = std::get_if<TextEvent>(&event.body);
  if (text == nullptr) return fail(ErrorCode::bad_data, "neither text nor tokens, of which held-out pairs are made");
  impl_->words.clear();
  const auto oversized = impl_->tokenizer.tokenize(text->text, impl_->words);
  if (!oversized) return std::unexpected(oversized.error());
  impl_->counts.oversized_tokens += *oversized;
  impl_->add_sequence(event.time, impl_->words);
  return {};
}

Expected<HeldOutScores> HeldOutEvaluation::score() const {
  HeldOutScores scores = impl_->counts;
  scores.kept = impl_->noise.size();
  HeldOutSums total;
  for (std::size_t slice = 0; slice < impl_->runs.size(); ++slice) {
    const auto sums = impl_->score_slice(slice);
    if (!sums) return std::unexpected(sums.error());
    total += *sums;
    scores.slices.push_back(
        {impl_->uses.slices[slice], impl_->runs[slice].size(), sums->means(impl_->options.negatives)});
  }
  if (total.pairs == 0)
    return fail(ErrorCode::bad_data, "no held-out pair: of ", scores.events, " events ", scores.events_outside,
                " lie outside of every slice, and of the others' ", scores.tokens, " tokens ", scores.tokens_left_out,
                " are used less than ", impl_->options.min_uses, " times in the data directory");
  scores.total = total.means(impl_->options.negatives);
  return scores;
}

}  // namespace gaugeline::stream
