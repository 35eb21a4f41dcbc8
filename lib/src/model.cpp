#include "model.hpp"

#include <algorithm>
#include <cmath>

#include <gaugeline/slice.hpp>

namespace gaugeline {

template <class Scalar>
void Model<Scalar>::reserve(Arena& arena) noexcept {
  const std::size_t d = options.dimension;
  items.reserve(arena, options, options.item_capacity);
  contexts.reserve(arena, options, options.context_capacity);
  rotation_ = arena.take<double>(d * d);
  turn_ = arena.take<Scalar>(d * d);
  turned_ = arena.take<Scalar>(options.worker_capacity * tile * d);
  mean_ = arena.take<double>(d);
  if (!rotation_.empty()) rotation().setIdentity();
}

template <class Scalar>
LearnerState<Scalar> Model<Scalar>::state() const noexcept {
  return {.slices = slices,
          .interval = interval,
          .time_unit_seconds = time_unit_seconds,
          .dimension = options.dimension,
          .items = items.state(),
          .contexts = contexts.state(),
          .rotation = rotation_,
          .value_scale = value_scale,
          .values = values};
}

template <class Scalar>
void Model<Scalar>::forget_rows_from(Sizes sizes) noexcept {
  items.vocabulary.truncate(sizes.items);
  contexts.vocabulary.truncate(sizes.contexts);
  items.evicted_count = contexts.evicted_count = 0;
}

template <class Scalar>
void Model<Scalar>::end_slice(TimeInterval learnt, bool has_data) noexcept {
  if (slices++ == 0)
    time_unit_seconds = options.time_unit_seconds > 0
                            ? options.time_unit_seconds
                            : std::chrono::duration<double>(learnt.end - learnt.begin).count();
  interval = learnt;
  cold = cold && !has_data;
  if (cold) begin_starts();
}

template <class Scalar>
void Model<Scalar>::start_rows(Sizes known) noexcept {
  start_rows(items, known.items);
  start_rows(contexts, known.contexts);
}

template <class Scalar>
void Model<Scalar>::start_rows(SideRows<Scalar>& side, std::size_t first) noexcept {
  for (std::size_t row = first; row < side.size(); ++row) {
    side.precision[row] = prior_precision();
    side.diffusion[row] = starting_diffusion();
    side.count[row] = side.uses[row] = side.null_variance[row] = side.log_retention[row] = side.frequency[row] = 0;
    side.born[row] = static_cast<std::uint32_t>(slices);
    side.gradient_energy[row] = static_cast<Scalar>(initial_gradient_energy);
    if (side.anchor.empty()) continue;
    side.anchor_row(row).setZero();
    side.anchor_time[row] = 0;
  }
  if (fits_offsets(options)) start_offsets(side, first);
  if (cold) return draw_embeddings(side, first, starts_);
  if (first == side.size()) return;
  auto mean = as_vector(mean_);
  mean.setZero();
  double diffusion = 0;
  double known = 0;
  for (std::size_t row = 0; row < first; ++row) {
    if (!side.known(row)) continue;
    mean += side.row(row).template cast<double>();
    diffusion += static_cast<double>(side.diffusion[row]);
    known += 1;
  }
  if (known > 0) mean /= known;
  for (std::size_t row = first; row < side.size(); ++row) side.row(row) = mean.template cast<Scalar>();
  if (!follows_score(options) || known == 0) return;
  for (std::size_t row = first; row < side.size(); ++row) side.diffusion[row] = static_cast<Scalar>(diffusion / known);
}

// Nothing is known of a new row's offset but its prior, which does not depend on the values: they are not scaled yet.
template <class Scalar>
void Model<Scalar>::start_offsets(SideRows<Scalar>& side, std::size_t first) noexcept {
  for (auto* columns : {&side.offsets, &side.baseline}) {
    for (std::size_t row = first; row < side.size(); ++row) {
      columns->offset[row] = 0;
      columns->precision[row] = offset_precision();
    }
  }
}

// N(0, 0.25 e/d) per coordinate.
template <class Scalar>
void Model<Scalar>::draw_embeddings(SideRows<Scalar>& side, std::size_t first, Random& random) const noexcept {
  const double deviation = .5 / std::sqrt(static_cast<double>(options.dimension)) * std::sqrt(embedding_scale());
  for (Scalar& x : side.embeddings.subspan(first * side.dimension, (side.size() - first) * side.dimension))
    x = static_cast<Scalar>(deviation * random.normal());
}

template <class Scalar>
void Model<Scalar>::scale_start() noexcept {
  if (value_scale == 1) return;
  for (SideRows<Scalar>* side : {&items, &contexts}) side->table() *= static_cast<Scalar>(std::sqrt(value_scale));
}

template <class Scalar>
void Model<Scalar>::keep_from_vanishing() noexcept {
  constexpr double kept_of_start = .3;
  const auto kept = static_cast<Scalar>(kept_of_start * std::sqrt(value_scale));
  for (SideRows<Scalar>* side : {&items, &contexts}) {
    if (side->table().norm() < kept * side->reference_table().norm()) side->table() = kept * side->reference_table();
  }
}

template <class Scalar>
void Model<Scalar>::turn(Executor& executor) noexcept {
  MatrixView<Scalar>(turn_.data(), dimension(), dimension()) = rotation().template cast<Scalar>();
  for (SideRows<Scalar>* side : {&items, &contexts})
    turn(side->table(), executor, [&](std::size_t row, const auto& turned) { side->row(row) = turned; });
}

template <class Scalar>
void Model<Scalar>::move_rows_in_data(SideRows<Scalar>& side, const ConstMatrixView<double>& by,
                                      Executor& executor) noexcept {
  MatrixView<Scalar>(turn_.data(), dimension(), dimension()) = by.template cast<Scalar>();
  turn(side.table(), executor, [&](std::size_t row, const auto& moved) {
    if (side.data_precision[row] > 0) side.row(row) = moved;
  });
}

template <class Scalar>
template <class Give>
void Model<Scalar>::turn(MatrixView<Scalar> table, Executor& executor, Give&& give) noexcept {
  const Eigen::Index d = dimension();
  const ConstMatrixView<Scalar> r(turn_.data(), d, d);
  const auto all = static_cast<std::size_t>(table.rows());
  run_in_blocks(executor, all, tile, [&](std::size_t worker, std::size_t begin, std::size_t size) {
    const auto rows = table.middleRows(static_cast<Eigen::Index>(begin), static_cast<Eigen::Index>(size));
    MatrixView<Scalar> turned(turned_.data() + worker * tile * options.dimension, static_cast<Eigen::Index>(size), d);
    product(turned, rows, r);
    for (std::size_t i = 0; i < size; ++i) give(begin + i, turned.row(static_cast<Eigen::Index>(i)).transpose());
  });
}

// ---- from outside
// ----------------------------------------------------------------------------------------------------

template <class Scalar>
Expected<> Model<Scalar>::admit(const TokenList& item_tokens, const TokenList& context_tokens) noexcept {
  if (auto ok = check_tokens(item_tokens, "items"); !ok) return ok;
  if (auto ok = check_tokens(context_tokens, "contexts"); !ok) return ok;
  const Sizes known = sizes();
  const auto admit_all = [](SideRows<Scalar>& side, const TokenList& tokens, std::string_view name) -> Expected<> {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (side.vocabulary.admit(tokens[i]) == no_row)
        return fail(ErrorCode::capacity_exceeded, name, "[", i, "]: no room for more than ", side.size(), " tokens");
    }
    return {};
  };
  auto ok = admit_all(items, item_tokens, "items");
  if (ok) ok = admit_all(contexts, context_tokens, "contexts");
  if (!ok) {
    forget_rows_from(known);
    return ok;
  }
  start_rows(known);
  return {};
}

template <class Scalar>
bool Model<Scalar>::has_known_rows() const noexcept {
  const auto any = [](const SideRows<Scalar>& side) {
    return std::ranges::any_of(side.null_variance.first(side.size()), [](Scalar variance) { return variance > 0; });
  };
  return any(items) || any(contexts);
}

template <class Scalar>
void Model<Scalar>::start_values() noexcept {
  value_scale = 1;
  values = {};
  if (options.likelihood == Likelihood::gaussian) values.noise_deviation = static_cast<double>(options.noise_deviation);
}

template <class Scalar>
std::size_t Model<Scalar>::forget(std::span<const std::string_view> tokens) noexcept {
  std::size_t forgotten = 0;
  for (SideRows<Scalar>* side : {&items, &contexts}) side->mark_none();
  for (const std::string_view token : tokens) {
    const bool of_items = items.mark(token);
    const bool of_contexts = contexts.mark(token);
    forgotten += of_items || of_contexts ? 1 : 0;
  }
  for (SideRows<Scalar>* side : {&items, &contexts}) side->remove_marked();
  if (!cold && !has_known_rows()) start_over();
  return forgotten;
}

// Rows that were admitted after the first data may all lie in one place, from where no data could part them.
template <class Scalar>
void Model<Scalar>::start_over() noexcept {
  cold = true;
  start_values();
  begin_starts();
  Random random(~(options.seed + slices));  // other draws than those of the rows to come
  for (SideRows<Scalar>* side : {&items, &contexts}) draw_embeddings(*side, 0, random);
}

template <class Scalar>
Expected<> Model<Scalar>::rotate(const Eigen::Ref<const Eigen::MatrixXd>& by) noexcept {
  if (by.rows() != dimension() || by.cols() != dimension())
    return fail(ErrorCode::invalid_argument, "the rotation is ", by.rows(), " x ", by.cols(), ", not ",
                options.dimension, " x ", options.dimension);
  for (Eigen::Index i = 0; i < dimension(); ++i) {
    for (Eigen::Index j = 0; j <= i; ++j) {
      const double product = by.col(i).dot(by.col(j));
      if (!(std::abs(product - (i == j ? 1 : 0)) <= 1e-6))
        return fail(ErrorCode::invalid_argument, "the rotation is not orthogonal: columns ", j, " and ", i,
                    " have the product ", product);
    }
  }
  rotation() = by;
  SerialExecutor serial;
  turn(serial);
  for (SideRows<Scalar>* side : {&items, &contexts})
    turn(side->anchor_table(), serial, [&](std::size_t row, const auto& turned) { side->anchor_row(row) = turned; });
  return {};
}

namespace {

template <class Scalar>
Expected<> check_side(const SideState<Scalar>& from, const Options& options, std::string_view name) noexcept {
  const std::size_t dimension = options.dimension;
  const std::size_t rows = from.size();
  if (static_cast<std::size_t>(from.embeddings.rows()) != rows ||
      static_cast<std::size_t>(from.embeddings.cols()) != dimension)
    return fail(ErrorCode::bad_data, name, ": the table is not ", rows, " x ", dimension);
  for (const auto& per_row : {from.precision, from.diffusion, from.count, from.uses, from.null_variance,
                              from.log_retention, from.frequency, from.gradient_energy}) {
    if (per_row.size() != rows) return fail(ErrorCode::bad_data, name, ": not one figure a row");
    for (std::size_t row = 0; row < rows; ++row) {
      if (!std::isfinite(per_row[row])) return fail(ErrorCode::bad_data, name, ": row ", row, " is not finite");
    }
  }
  const std::size_t offsets = fits_offsets(options) ? rows : 0;
  for (const auto& per_row : {from.offset, from.offset_precision, from.baseline_offset, from.baseline_precision}) {
    if (per_row.size() != offsets)
      return fail(ErrorCode::bad_data, name, ": ", per_row.size(), " offsets, where the options ask for ", offsets);
    for (std::size_t row = 0; row < offsets; ++row) {
      if (!std::isfinite(per_row[row])) return fail(ErrorCode::bad_data, name, ": offset ", row, " is not finite");
    }
  }
  for (std::size_t row = 0; row < offsets; ++row) {
    if (!(from.offset_precision[row] > 0) || !(from.baseline_precision[row] > 0))
      return fail(ErrorCode::bad_data, name, ": the offset of row ", row, " has no precision");
  }
  if (from.born.size() != rows || from.candidate_hashes.size() != from.candidate_counts.size())
    return fail(ErrorCode::bad_data, name, ": not one figure a row, or a candidate");
  for (const float uses : from.candidate_counts) {
    if (!(uses >= 0) || !std::isfinite(uses))
      return fail(ErrorCode::bad_data, name, ": a candidate's uses are not >= 0");
  }
  const std::size_t anchored = from.anchor_time.size();
  if ((anchored != 0 && anchored != rows) || static_cast<std::size_t>(from.anchor.rows()) != anchored ||
      (anchored != 0 && static_cast<std::size_t>(from.anchor.cols()) != dimension))
    return fail(ErrorCode::bad_data, name, ": the anchors are not ", rows, " x ", dimension);
  for (std::size_t row = 0; row < anchored; ++row) {
    if (!(from.anchor_time[row] >= 0) || !std::isfinite(from.anchor_time[row]) ||
        !from.anchor.row(static_cast<Eigen::Index>(row)).allFinite())
      return fail(ErrorCode::bad_data, name, ": the anchor of row ", row, " is not finite");
  }
  for (std::size_t row = 0; row < rows; ++row) {
    if (!from.embeddings.row(static_cast<Eigen::Index>(row)).allFinite() || !(from.precision[row] > 0) ||
        !(from.diffusion[row] >= 0) || !(from.count[row] >= 0) || !(from.null_variance[row] >= 0) ||
        !(from.frequency[row] >= 0) || !(from.gradient_energy[row] > 0))
      return fail(ErrorCode::bad_data, name, ": row ", row, " has figures out of range");
  }
  return {};
}

template <class Scalar>
Expected<> check_values(const LearnerState<Scalar>& state) noexcept {
  const ValueState& values = state.values;
  if (!(state.value_scale > 0) || !std::isfinite(state.value_scale) || !std::isfinite(values.mean))
    return fail(ErrorCode::bad_data, "the scale or the mean of the values is not finite, or the scale is not > 0");
  for (const double figure : {values.mean_precision, values.noise_deviation, values.noise_weight,
                              values.baseline_noise_deviation, values.baseline_noise_weight}) {
    if (!(figure >= 0) || !std::isfinite(figure))
      return fail(ErrorCode::bad_data, "a precision, deviation or weight of the values is not finite and >= 0");
  }
  return {};
}

template <class Scalar>
void take_anchors(SideRows<Scalar>& to, const SideState<Scalar>& from) noexcept {
  if (to.anchor.empty()) return;
  if (from.anchor_time.empty()) {
    to.anchor_table().setZero();
    std::ranges::fill(to.anchor_time.first(from.size()), Scalar(0));
    return;
  }
  to.anchor_table() = from.anchor;
  std::ranges::copy(from.anchor_time, to.anchor_time.begin());
}

template <class Scalar>
Expected<> take_side(SideRows<Scalar>& to, const SideState<Scalar>& from, std::string_view name) noexcept {
  to.vocabulary.truncate(0);
  for (std::size_t row = 0; row < from.size(); ++row) {
    if (const RowIndex given = to.vocabulary.admit(from.tokens[row]); given != row)
      return fail(given == no_row ? ErrorCode::capacity_exceeded : ErrorCode::bad_data, name, ": row ", row,
                  given == no_row ? " has no room: the capacity is too small" : " repeats the token of another row");
  }
  to.table() = from.embeddings;
  std::ranges::copy(from.precision, to.precision.begin());
  std::ranges::copy(from.diffusion, to.diffusion.begin());
  std::ranges::copy(from.count, to.count.begin());
  std::ranges::copy(from.uses, to.uses.begin());
  std::ranges::copy(from.null_variance, to.null_variance.begin());
  std::ranges::copy(from.log_retention, to.log_retention.begin());
  std::ranges::copy(from.gradient_energy, to.gradient_energy.begin());
  std::ranges::copy(from.offset, to.offsets.offset.begin());
  std::ranges::copy(from.offset_precision, to.offsets.precision.begin());
  std::ranges::copy(from.baseline_offset, to.baseline.offset.begin());
  std::ranges::copy(from.baseline_precision, to.baseline.precision.begin());
  std::ranges::copy(from.frequency, to.frequency.begin());
  std::ranges::copy(from.born, to.born.begin());
  take_anchors(to, from);
  to.candidates.restore(from.candidate_hashes, from.candidate_counts);
  return {};
}

}  // namespace

template <class Scalar>
Expected<> Model<Scalar>::restore(const LearnerState<Scalar>& state) noexcept {
  const std::size_t d = options.dimension;
  if (state.dimension != d)
    return fail(ErrorCode::invalid_argument, "the state has dimension ", state.dimension, ", the learner ", d);
  if (state.rotation.size() != d * d) return fail(ErrorCode::bad_data, "the state's rotation is not d x d");
  if (state.slices > 0 && !(state.time_unit_seconds > 0))
    return fail(ErrorCode::bad_data, "the state's time unit is not > 0");
  if (auto ok = check_values(state); !ok) return ok;
  if (auto ok = check_side(state.items, options, "items"); !ok) return ok;
  if (auto ok = check_side(state.contexts, options, "contexts"); !ok) return ok;
  auto ok = take_side(items, state.items, "items");
  if (ok) ok = take_side(contexts, state.contexts, "contexts");
  if (!ok) {
    forget_rows_from({0, 0});
    return ok;
  }
  std::ranges::copy(state.rotation, rotation_.begin());
  slices = state.slices;
  interval = state.interval;
  time_unit_seconds = state.time_unit_seconds;
  value_scale = state.value_scale;
  values = state.values;
  cold = !has_known_rows();
  if (cold) begin_starts();
  return {};
}

template class Model<float>;
template class Model<double>;

}  // namespace gaugeline
