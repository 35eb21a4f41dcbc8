#include "slice_builder.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace gaugeline::stream {
namespace {

constexpr formats::SliceLimits limits;

std::unexpected<Error> too_many(std::string_view what, std::size_t limit) {
  return fail(ErrorCode::capacity_exceeded, "more than ", limit, " ", what);
}

void add_symmetric(PairCounter& counter, std::uint32_t one, std::uint32_t other, double weight) {
  counter.add(std::min(one, other), std::max(one, other), weight);
}

}  // namespace

SideTokens::SideTokens(const Lexicon& lexicon, std::vector<bool> kept)
    : lexicon_(lexicon), kept_(std::move(kept)), uses_(kept_.size()), numbers_(kept_.size()) {}

void SideTokens::count_use(std::uint32_t id) {
  if (uses_[id]++ == 0) used_.push_back(id);
}

void SideTokens::rank(std::vector<char>& bytes, std::vector<std::uint32_t>& ends, std::vector<float>& uses) {
  const Lexicon& lexicon = lexicon_;
  std::ranges::sort(used_, [&](std::uint32_t a, std::uint32_t b) {
    return uses_[a] != uses_[b] ? uses_[a] > uses_[b] : lexicon.token(a) < lexicon.token(b);
  });
  for (const std::uint32_t id : used_) {
    numbers_[id] = static_cast<std::uint32_t>(ends.size());
    const std::string_view token = lexicon.token(id);
    bytes.insert(bytes.end(), token.begin(), token.end());
    ends.push_back(static_cast<std::uint32_t>(bytes.size()));
    uses.push_back(static_cast<float>(std::exchange(uses_[id], 0)));
  }
  used_.clear();
}

SliceBuilder::SliceBuilder(SideTokens tokens, const SlicerOptions& options)
    : items_(std::move(tokens)),
      window_(options.window),
      window_weights_(options.window_weights),
      form_(options.form) {}

SliceBuilder::SliceBuilder(SideTokens items, SideTokens contexts, const SlicerOptions& options)
    : items_(std::move(items)),
      contexts_(std::move(contexts)),
      window_(options.window),
      window_weights_(options.window_weights),
      form_(options.form) {}

Expected<formats::SliceData> SliceBuilder::build(const Bucket& bucket, TimeInterval interval) {
  formats::SliceData slice;
  slice.interval = interval;
  slice.contexts_are_items = !contexts_;
  if (auto ok = contexts_ ? build_two_tables(bucket, slice) : build_one_table(bucket, slice); !ok)
    return std::unexpected(ok.error().within("slice of " + format_time(interval.begin)));
  return slice;
}

Expected<> SliceBuilder::build_one_table(const Bucket& bucket, formats::SliceData& slice) {
  for (const Runs* runs : {&bucket.sequences, &bucket.bags}) {
    for (const std::uint32_t id : runs->all()) {
      if (items_.kept(id)) items_.count_use(id);
    }
  }
  items_.rank(slice.item_token_bytes, slice.item_token_ends, slice.item_uses);
  if (slice.item_token_ends.size() > limits.tokens) return too_many("tokens", limits.tokens);

  PairCounter counter;
  const bool as_sequences = form_ == SequenceForm::sequences;
  if (auto ok = as_sequences ? copy_sequences(bucket.sequences, slice) : count_sequences(bucket.sequences, counter);
      !ok)
    return ok;
  if (auto ok = count_bags(bucket.bags, counter); !ok) return ok;
  slice.pairs = counter.take();
  slice.pairs_are_symmetric = true;
  if (slice.pairs.size() > limits.observations) return too_many("pairs", limits.observations);
  return {};
}

Expected<> SliceBuilder::copy_sequences(const Runs& sequences, formats::SliceData& slice) const {
  std::vector<std::uint32_t> numbers;
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    number_run(sequences[s], numbers);
    if (numbers.size() < 2) continue;  // no pair
    slice.sequence_ids.insert(slice.sequence_ids.end(), numbers.begin(), numbers.end());
    if (slice.sequence_ids.size() > limits.observations) return too_many("ids of sequences", limits.observations);
    slice.sequence_ends.push_back(static_cast<std::uint32_t>(slice.sequence_ids.size()));
  }
  slice.window = window_;
  slice.window_weights = window_weights_;
  return {};
}

Expected<> SliceBuilder::count_sequences(const Runs& sequences, PairCounter& counter) const {
  std::vector<std::uint32_t> numbers;
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    number_run(sequences[s], numbers);
    for (std::size_t p = 0; p < numbers.size(); ++p) {
      const std::size_t last = std::min(numbers.size() - 1, p + window_);
      for (std::size_t q = p + 1; q <= last; ++q) {
        // Both ways round: (i, j) stands for (j, i) already, (i, i) does not.
        const double weight = pair_weight(window_weights_, window_, q - p);
        add_symmetric(counter, numbers[p], numbers[q], numbers[p] == numbers[q] ? 2 * weight : weight);
      }
    }
    if (counter.distinct() > limits.observations) return too_many("pairs", limits.observations);
  }
  return {};
}

Expected<> SliceBuilder::count_bags(const Runs& bags, PairCounter& counter) const {
  const double of_sequence = window_weights_ == WindowWeights::full ? 2.0 * window_ : window_ + 1.0;
  std::vector<std::uint32_t> numbers;
  for (std::size_t b = 0; b < bags.size(); ++b) {
    number_run(bags[b], numbers);
    const double others = static_cast<double>(numbers.size()) - 1;
    const double weight = of_sequence / others;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      for (std::size_t j = i + 1; j < numbers.size(); ++j) add_symmetric(counter, numbers[i], numbers[j], weight);
    }
    if (counter.distinct() > limits.observations) return too_many("pairs", limits.observations);
  }
  return {};
}

void SliceBuilder::number_run(std::span<const std::uint32_t> run, std::vector<std::uint32_t>& numbers) const {
  numbers.clear();
  for (const std::uint32_t id : run) {
    if (items_.kept(id)) numbers.push_back(items_.number(id));
  }
}

Expected<> SliceBuilder::build_two_tables(const Bucket& bucket, formats::SliceData& slice) {
  const auto kept = [&](const auto& event) { return items_.kept(event.item) && contexts_->kept(event.context); };
  const auto count_uses = [&](const auto& event) {
    if (!kept(event)) return;
    items_.count_use(event.item);
    contexts_->count_use(event.context);
  };
  std::ranges::for_each(bucket.pairs, count_uses);
  std::ranges::for_each(bucket.values, count_uses);
  items_.rank(slice.item_token_bytes, slice.item_token_ends, slice.item_uses);
  contexts_->rank(slice.context_token_bytes, slice.context_token_ends, slice.context_uses);
  if (std::max(slice.item_token_ends.size(), slice.context_token_ends.size()) > limits.tokens)
    return too_many("tokens", limits.tokens);

  PairCounter counter;
  for (const auto& [item, context] : bucket.pairs | std::views::filter(kept))
    counter.add(items_.number(item), contexts_->number(context), 1);
  slice.pairs = counter.take();
  for (const auto& [item, context, value] : bucket.values | std::views::filter(kept))
    slice.values.push_back({items_.number(item), contexts_->number(context), value});
  if (std::max(slice.pairs.size(), slice.values.size()) > limits.observations)
    return too_many("pairs or values", limits.observations);
  return {};
}

}  // namespace gaugeline::stream
