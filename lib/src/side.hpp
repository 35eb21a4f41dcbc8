// One side of the model in the reserved memory: its vocabulary, its table, and per row what the filter carries from
// slice to slice and what it needs within one.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include <gaugeline/executor.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>
#include <gaugeline/types.hpp>
#include <gaugeline/vocabulary.hpp>

#include "arena.hpp"
#include "candidates.hpp"
#include "dense.hpp"

namespace gaugeline {

// One side's offsets: scalars per row, so that turning the frame leaves them alone.
template <class Scalar>
struct OffsetColumns {
  std::span<Scalar> offset;     // the state ...
  std::span<Scalar> precision;  // ... two columns
  std::span<Scalar> reference;  // of the slice at hand: the last slice's offsets
  std::span<Scalar> predicted;  // precision of the prediction
  std::span<Scalar> data_precision;

  void reserve(Arena& arena, std::size_t rows) noexcept {
    for (auto* column : {&offset, &precision, &reference, &predicted, &data_precision})
      *column = arena.take<Scalar>(rows);
  }
};

// a_i + b_j; 0 where there are none.
template <class Scalar>
[[nodiscard]] double offsets_of(std::span<const Scalar> items, std::size_t item, std::span<const Scalar> contexts,
                                std::size_t context) noexcept {
  if (items.empty()) return 0;
  return static_cast<double>(items[item]) + static_cast<double>(contexts[context]);
}

// work(side) for each of the two, at the same time where there are workers.
template <class Work>
void for_both_sides(Executor& executor, const Work& work) noexcept {
  executor.run(2, [&](std::size_t, std::size_t side) { work(both_sides[side]); });
}

inline constexpr double initial_gradient_energy = 1e-3;  // E of a new row, see sequence_pass.hpp

template <class Scalar>
struct SideRows {
  std::size_t dimension = 0;
  Vocabulary vocabulary;
  Candidates candidates;

  // ---- the state
  std::span<Scalar> embeddings;  // capacity x dimension
  std::span<Scalar> precision;
  std::span<Scalar> diffusion;
  std::span<Scalar> count;
  std::span<Scalar> uses;
  std::span<Scalar> null_variance;
  std::span<Scalar> log_retention;
  std::span<Scalar> frequency;
  std::span<std::uint32_t> born;
  std::span<Scalar> gradient_energy;
  std::span<Scalar> anchor;  // capacity x dimension; no rows without anchors, as anchor_time
  std::span<Scalar> anchor_time;
  // With no rows where the model has no offsets; both with state and with what a slice needs.
  OffsetColumns<Scalar> offsets;
  OffsetColumns<Scalar> baseline;  // of the model without embeddings

  // ---- of the slice at hand
  std::span<Scalar> reference;        // the last slice's embeddings
  std::span<Scalar> energy_before;    // gradient_energy before the slice
  std::span<Scalar> before;           // the same before they returned towards 0; no rows without mean reversion
  std::span<Scalar> predicted;        // pm: precision of the prediction
  std::span<Scalar> slice_count;      // n: weight of the row's observations
  std::span<Scalar> negative_weight;  // a: the negatives of row i are a_i b_j, b of the other side
  std::span<Scalar> negative_share;   // b
  std::span<Scalar> squared_norm;     // |z|^2
  std::span<Scalar> data_precision;   // h
  std::span<RowIndex> active;         // rows that the slice says something about ...
  std::size_t active_count = 0;       // ... so many
  std::span<RowIndex> row_of_token;   // of the slice's token list
  std::span<float> uses_of_token;
  std::span<RowIndex> evicted;    // rows that go once the slice is learnt, rising ...
  std::size_t evicted_count = 0;  // ... so many

  void reserve(Arena& arena, const Options& options, std::size_t rows) noexcept {
    dimension = options.dimension;
    vocabulary.reserve(arena, rows, rows * options.token_bytes_per_row, spare_rows(rows));
    candidates.reserve(arena, rows);
    rows = row_room(rows);
    embeddings = arena.take<Scalar>(rows * dimension);
    reference = arena.take<Scalar>(rows * dimension);
    for (auto* per_row :
         {&precision, &diffusion, &count, &uses, &null_variance, &log_retention, &frequency, &gradient_energy,
          &energy_before, &predicted, &slice_count, &negative_weight, &negative_share, &squared_norm, &data_precision})
      *per_row = arena.take<Scalar>(rows);
    for (auto* columns : {&offsets, &baseline}) columns->reserve(arena, fits_offsets(options) ? rows : 0);
    born = arena.take<std::uint32_t>(rows);
    const std::size_t anchored = keeps_anchors(options) ? rows : 0;
    anchor = arena.take<Scalar>(anchored * dimension);
    anchor_time = arena.take<Scalar>(anchored);
    before = arena.take<Scalar>(options.mean_reversion > 0 ? rows * dimension : 0);
    evicted = arena.take<RowIndex>(rows);
    active = arena.take<RowIndex>(rows);
    row_of_token = arena.take<RowIndex>(options.slice_token_capacity);
    uses_of_token = arena.take<float>(options.slice_token_capacity);
  }

  [[nodiscard]] std::size_t size() const noexcept { return vocabulary.size(); }
  // True if the row was ever in data (a row that was given to a token beforehand may not have been).
  [[nodiscard]] bool known(std::size_t row) const noexcept { return null_variance[row] > 0; }
  [[nodiscard]] std::span<const RowIndex> active_rows() const noexcept { return active.first(active_count); }

  // True if the token has a row, or uses that count towards one.
  [[nodiscard]] bool holds(std::string_view token) const noexcept {
    return vocabulary.find(token) != no_row || candidates.count(token_hash(token)) > 0;
  }
  // Takes marked tokens out of the state: mark_none, then mark each, then remove_marked. Between two slices the column
  // of active rows is free for the marks.
  void mark_none() noexcept { std::ranges::fill(active.first(size()), RowIndex{0}); }
  // Takes the token's uses away and marks its row. False if it had neither, or they were marked already.
  [[nodiscard]] bool mark(std::string_view token) noexcept {
    const RowIndex row = vocabulary.find(token);
    const bool new_row = row != no_row && active[row] == 0;
    if (new_row) active[row] = 1;
    const bool had_uses = candidates.count(token_hash(token)) > 0;
    if (had_uses) candidates.remove(token_hash(token));
    return new_row || had_uses;
  }
  void remove_marked() noexcept {
    std::size_t marked = 0;
    for (std::size_t row = 0; row < size(); ++row) {
      if (active[row] != 0) evicted[marked++] = static_cast<RowIndex>(row);
    }
    remove(evicted.first(marked));
  }
  // Takes rows out of the state, which are rising; the others close up in their order, untouched.
  void remove(std::span<const RowIndex> rows) noexcept {
    std::size_t kept = 0;
    for (std::size_t from = 0, next = 0; from < size(); ++from) {
      if (next < rows.size() && rows[next] == from) {
        ++next;
        continue;
      }
      if (const std::size_t to = kept++; to != from) move_row(from, to);
    }
    vocabulary.remove(rows);
  }

  [[nodiscard]] MatrixView<Scalar> table() noexcept { return view(embeddings); }
  [[nodiscard]] MatrixView<Scalar> reference_table() noexcept { return view(reference); }
  // The last slice's table, as it was.
  [[nodiscard]] MatrixView<Scalar> table_before() noexcept { return view(before.empty() ? reference : before); }
  [[nodiscard]] VectorView<Scalar> row(std::size_t i) noexcept {
    return as_vector(embeddings.subspan(i * dimension, dimension));
  }
  [[nodiscard]] ConstVectorView<Scalar> row(std::size_t i) const noexcept {
    return as_vector(std::span<const Scalar>(embeddings).subspan(i * dimension, dimension));
  }
  // Asks for a row that will soon be read, since rows of a slice lie anywhere in a table larger than the caches.
  void prefetch(std::size_t i) const noexcept {
    constexpr std::size_t line = 64 / sizeof(Scalar);
    for (std::size_t k = 0; k < dimension; k += line) __builtin_prefetch(&embeddings[i * dimension + k]);
  }
  [[nodiscard]] VectorView<Scalar> reference_row(std::size_t i) noexcept {
    return as_vector(reference.subspan(i * dimension, dimension));
  }

  [[nodiscard]] ConstVectorView<Scalar> reference_row(std::size_t i) const noexcept {
    return as_vector(std::span<const Scalar>(reference).subspan(i * dimension, dimension));
  }

  [[nodiscard]] VectorView<Scalar> anchor_row(std::size_t i) noexcept {
    return as_vector(anchor.subspan(i * dimension, dimension));
  }
  [[nodiscard]] MatrixView<Scalar> anchor_table() noexcept {
    return {anchor.data(), anchor.empty() ? 0 : static_cast<Eigen::Index>(size()),
            static_cast<Eigen::Index>(dimension)};
  }

  [[nodiscard]] SideState<Scalar> state() const noexcept {
    const std::size_t n = size();
    const std::size_t a = anchor.empty() ? 0 : n;
    const std::size_t m = offsets.offset.empty() ? 0 : n;
    return {.tokens = vocabulary.tokens(),
            .embeddings = {embeddings.data(), static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(dimension)},
            .precision = precision.first(n),
            .diffusion = diffusion.first(n),
            .count = count.first(n),
            .uses = uses.first(n),
            .null_variance = null_variance.first(n),
            .log_retention = log_retention.first(n),
            .gradient_energy = gradient_energy.first(n),
            .offset = offsets.offset.first(m),
            .offset_precision = offsets.precision.first(m),
            .baseline_offset = baseline.offset.first(m),
            .baseline_precision = baseline.precision.first(m),
            .frequency = frequency.first(n),
            .born = born.first(n),
            .candidate_hashes = candidates.hashes(),
            .candidate_counts = candidates.counts(),
            .anchor = {anchor.data(), static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(dimension)},
            .anchor_time = anchor_time.first(a)};
  }

 private:
  void move_row(std::size_t from, std::size_t to) noexcept {
    row(to) = row(from);
    for (const auto& per_row :
         {precision, diffusion, count, uses, null_variance, log_retention, frequency, gradient_energy})
      per_row[to] = per_row[from];
    born[to] = born[from];
    if (!anchor.empty()) {
      anchor_row(to) = anchor_row(from);
      anchor_time[to] = anchor_time[from];
    }
    if (offsets.offset.empty()) return;
    for (const auto& columns : {offsets, baseline}) {
      columns.offset[to] = columns.offset[from];
      columns.precision[to] = columns.precision[from];
    }
  }

  [[nodiscard]] MatrixView<Scalar> view(std::span<Scalar> all) const noexcept {
    return {all.data(), static_cast<Eigen::Index>(size()), static_cast<Eigen::Index>(dimension)};
  }
};

}  // namespace gaugeline
