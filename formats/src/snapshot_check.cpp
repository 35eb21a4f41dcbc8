#include "snapshot_check.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <unordered_set>

#include <gaugeline/slice.hpp>

namespace gaugeline::formats {
namespace {

constexpr double orthogonality_tolerance = 1e-6;
constexpr std::size_t run_digits = 32;
constexpr std::size_t max_name_bytes = 255;  // of the program and of a source

struct Range {
  bool (*holds)(double figure) noexcept;
  std::string_view words;
};
constexpr Range finite{[](double figure) noexcept { return std::isfinite(figure); }, "finite"};
constexpr Range not_negative{[](double figure) noexcept { return figure >= 0 && std::isfinite(figure); },
                             "finite and >= 0"};
constexpr Range positive{[](double figure) noexcept { return figure > 0 && std::isfinite(figure); }, "finite and > 0"};
constexpr Range angle{[](double figure) noexcept { return figure >= 0 && figure <= std::numbers::pi + 1e-9; },
                      "an angle in [0, pi]"};

// The first row that holds NaN or infinity, or their number. Eigen's allFinite looks at four numbers at a time.
Eigen::Index first_not_finite(const ConstTable<float>& table) noexcept {
  constexpr std::uint32_t exponent = 0x7F800000;
  for (Eigen::Index row = 0; row < table.rows(); ++row) {
    const std::span numbers(table.row(row).data(), static_cast<std::size_t>(table.cols()));
    std::uint32_t bad = 0;
    for (const float x : numbers) bad |= (std::bit_cast<std::uint32_t>(x) & exponent) == exponent ? 1U : 0U;
    if (bad != 0) return row;
  }
  return table.rows();
}

bool is_hexadecimal(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

Expected<> check_lineage(const SnapshotView& snapshot) noexcept {
  const LineageView& lineage = snapshot.lineage;
  if (lineage.run.size() != run_digits || !std::ranges::all_of(lineage.run, is_hexadecimal))
    return fail(ErrorCode::bad_data, "run: \"", lineage.run.substr(0, run_digits), "\" is not 32 hexadecimal digits");
  if (lineage.program.size() > max_name_bytes)
    return fail(ErrorCode::bad_data, "program: ", lineage.program.size(), " bytes are over ", max_name_bytes);
  for (std::size_t s = 0; s < snapshot.sources.size(); ++s) {
    const std::size_t bytes = snapshot.sources[s].source.size();
    if (bytes == 0 || bytes > max_name_bytes)
      return fail(ErrorCode::bad_data, "sources[", s, "]: a name has 1 to ", max_name_bytes, " bytes, not ", bytes);
  }
  return {};
}

Expected<> check_report(const SnapshotView& snapshot) noexcept {
  const SliceReport& report = snapshot.report;
  const LearnerState<float>& state = snapshot.state;
  if (state.slices == 0 || report.slice != state.slices - 1)
    return fail(ErrorCode::bad_data, "report: slice ", report.slice, " is not the last of ", state.slices);
  if (report.interval != state.interval || report.interval.begin >= report.interval.end)
    return fail(ErrorCode::bad_data, "interval: the report's and the state's differ, or it ends before it begins");
  if (report.item_rows != state.items.size() || report.context_rows != state.contexts.size())
    return fail(ErrorCode::bad_data, "report: ", report.item_rows, " items and ", report.context_rows,
                " contexts, but the tables have ", state.items.size(), " and ", state.contexts.size(), " rows");
  struct Figure {
    std::string_view name;
    double value;
    Range range;
  };
  for (const auto& [name, value, range] :
       {Figure{"time_unit_seconds", state.time_unit_seconds, positive},
        Figure{"elapsed_units", report.elapsed_units, not_negative},
        Figure{"observations", report.observations, not_negative}, Figure{"scored", report.scored, not_negative},
        Figure{"score", report.score, finite}, Figure{"rotation_angle", report.rotation_angle, angle},
        Figure{"gauge_residual", report.gauge_residual, not_negative},
        Figure{"holonomy_angle", report.holonomy_angle, angle},
        Figure{"unadmitted_observations", report.unadmitted_observations, not_negative},
        Figure{"baseline_score", report.baseline_score, finite}}) {
    if (!range.holds(value)) return fail(ErrorCode::bad_data, name, " is ", value, ", not ", range.words);
  }
  return {};
}

// R R^T = I. Row by row, since a matrix product may allocate.
Expected<> check_rotation(std::span<const double> rotation, std::size_t dimension) noexcept {
  if (rotation.size() != dimension * dimension)
    return fail(ErrorCode::bad_data, "rotation: ", rotation.size(), " numbers are not ", dimension, " x ", dimension);
  using Row = Eigen::Map<const Eigen::RowVectorXd>;
  const auto row = [&](std::size_t i) {
    return Row(rotation.data() + i * dimension, static_cast<Eigen::Index>(dimension));
  };
  for (std::size_t i = 0; i < dimension; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const double error = std::abs(row(i).dot(row(j)) - (i == j ? 1.0 : 0.0));
      if (!(error <= orthogonality_tolerance))
        return fail(ErrorCode::bad_data, "rotation: rows ", i, " and ", j, " are off orthonormal by ", error, ", over ",
                    orthogonality_tolerance);
    }
  }
  return {};
}

Expected<> check_column(std::span<const float> column, std::size_t rows, Range range, std::string_view side,
                        std::string_view name) noexcept {
  if (column.size() != rows)
    return fail(ErrorCode::bad_data, side, ": ", name, " has ", column.size(), " entries for ", rows, " rows");
  const auto bad = std::ranges::find_if_not(column, range.holds);
  if (bad == column.end()) return {};
  return fail(ErrorCode::bad_data, side, ": ", name, " of row ", bad - column.begin(), " is ", *bad, ", not ",
              range.words);
}

Expected<> check_embeddings(const ConstTable<float>& table, std::size_t rows, std::uint32_t dimension,
                            std::string_view side) noexcept {
  if (static_cast<std::size_t>(table.rows()) != rows || table.cols() != static_cast<Eigen::Index>(dimension))
    return fail(ErrorCode::bad_data, side, ": the table is ", table.rows(), " x ", table.cols(), " for ", rows,
                " tokens of dimension ", dimension);
  if (const auto row = first_not_finite(table); row != table.rows())
    return fail(ErrorCode::bad_data, side, ": the embedding of row ", row, " is not finite");
  return {};
}

Expected<> check_anchors(const SideState<float>& state, const Options& options, std::string_view side) noexcept {
  const std::size_t rows = keeps_anchors(options) ? state.size() : 0;
  if (auto ok = check_column(state.anchor_time, rows, not_negative, side, "anchor_time"); !ok) return ok;
  if (static_cast<std::size_t>(state.anchor.rows()) != rows ||
      (rows > 0 && state.anchor.cols() != static_cast<Eigen::Index>(options.dimension)))
    return fail(ErrorCode::bad_data, side, ": the anchors are ", state.anchor.rows(), " x ", state.anchor.cols(),
                " for ", rows, " rows of dimension ", options.dimension);
  if (const auto row = first_not_finite(state.anchor); row != state.anchor.rows())
    return fail(ErrorCode::bad_data, side, ": the anchor of row ", row, " is not finite");
  return {};
}

Expected<> check_values(const LearnerState<float>& state) noexcept {
  const ValueState& values = state.values;
  struct Figure {
    double value;
    Range range;
    std::string_view name;
  };
  for (const auto& [value, range, name] :
       {Figure{state.value_scale, positive, "value_scale"}, Figure{values.mean, finite, "mean"},
        Figure{values.mean_precision, not_negative, "mean_precision"},
        Figure{values.noise_deviation, not_negative, "noise_deviation"},
        Figure{values.noise_weight, not_negative, "noise_weight"},
        Figure{values.baseline_noise_deviation, not_negative, "baseline_noise_deviation"},
        Figure{values.baseline_noise_weight, not_negative, "baseline_noise_weight"}}) {
    if (!range.holds(value)) return fail(ErrorCode::bad_data, "values: ", name, " is ", value, ", not ", range.words);
  }
  return {};
}

Expected<> check_side(const SideState<float>& state, const SnapshotView& snapshot, std::size_t capacity,
                      std::string_view side) noexcept {
  const Options& options = snapshot.options;
  const std::uint32_t dimension = options.dimension;
  const std::size_t rows = state.size();
  const std::size_t offsets = fits_offsets(options) ? rows : 0;
  if (rows > capacity)
    return fail(ErrorCode::bad_data, side, ": ", rows, " rows are over the capacity of ", capacity, " in the options");
  if (auto ok = check_tokens(state.tokens, side); !ok) return ok;
  if (auto ok = check_embeddings(state.embeddings, rows, dimension, side); !ok) return ok;
  struct Column {
    std::span<const float> values;
    Range range;
    std::string_view name;
  };
  for (const auto& [values, range, name] :
       {Column{state.precision, positive, "precision"}, Column{state.diffusion, not_negative, "diffusion"},
        Column{state.count, not_negative, "count"}, Column{state.uses, not_negative, "uses"},
        Column{state.null_variance, not_negative, "null_variance"},
        Column{state.log_retention, finite, "log_retention"}, Column{state.frequency, not_negative, "frequency"},
        Column{state.gradient_energy, positive, "gradient_energy"}}) {
    if (auto ok = check_column(values, rows, range, side, name); !ok) return ok;
  }
  if (state.born.size() != rows)
    return fail(ErrorCode::bad_data, side, ": born has ", state.born.size(), " entries for ", rows, " rows");
  for (const auto& [values, range, name] :
       {Column{state.offset, finite, "offset"}, Column{state.offset_precision, positive, "offset_precision"},
        Column{state.baseline_offset, finite, "baseline_offset"},
        Column{state.baseline_precision, positive, "baseline_precision"}}) {
    if (auto ok = check_column(values, offsets, range, side, name); !ok) return ok;
  }
  if (snapshot.encoding == Encoding::float32) {  // others have none
    if (auto ok = check_anchors(state, options, side); !ok) return ok;
  }
  return check_column(state.candidate_counts, state.candidate_hashes.size(), not_negative, side, "candidate_counts");
}

Expected<> check_canaries(const CanariesView& canaries, std::size_t items, std::uint32_t dimension) noexcept {
  const std::size_t count = canaries.rows.size();
  for (std::size_t c = 0; c < count; ++c) {
    if (canaries.rows[c] >= items || (c > 0 && canaries.rows[c] <= canaries.rows[c - 1]))
      return fail(ErrorCode::bad_data, "canaries[", c, "]: ", canaries.rows[c], " is no row of ", items,
                  ", or does not come after the one before");
  }
  if (static_cast<std::size_t>(canaries.before.rows()) != count ||
      (count > 0 && canaries.before.cols() != static_cast<Eigen::Index>(dimension)))
    return fail(ErrorCode::bad_data, "canaries: ", canaries.before.rows(), " x ", canaries.before.cols(),
                " numbers for ", count, " rows of dimension ", dimension);
  if (const auto row = first_not_finite(canaries.before); row != canaries.before.rows())
    return fail(ErrorCode::bad_data, "canaries[", row, "]: where the row was before is not finite");
  return {};
}

}  // namespace

Expected<> check_snapshot(const SnapshotView& snapshot) noexcept {
  const LearnerState<float>& state = snapshot.state;
  const Options& options = snapshot.options;
  if (const auto ok = validate(options); !ok) return fail(ErrorCode::bad_data, "options: ", ok.error().message());
  if (state.dimension != options.dimension)
    return fail(ErrorCode::bad_data, "dimension: ", state.dimension, " in the state, ", options.dimension,
                " in the options");
  if (auto ok = check_lineage(snapshot); !ok) return ok;
  if (auto ok = check_report(snapshot); !ok) return ok;
  if (auto ok = check_rotation(state.rotation, state.dimension); !ok) return ok;
  if (auto ok = check_values(state); !ok) return ok;
  if (auto ok = check_canaries(snapshot.canaries, state.items.size(), state.dimension); !ok) return ok;
  if (auto ok = check_side(state.items, snapshot, options.item_capacity, "items"); !ok) return ok;
  return check_side(state.contexts, snapshot, options.context_capacity, "contexts");
}

Expected<> check_resumable(const SnapshotView& snapshot) noexcept {
  if (snapshot.encoding == Encoding::float32) return {};
  return fail(ErrorCode::invalid_argument, "is a compact snapshot: its embeddings are rounded to ",
              encoding_name(snapshot.encoding),
              ", and its anchors are left out, so that a run cannot go on from it; put the file that it was made of "
              "in its place");
}

Expected<> check_distinct(const TokenList& tokens, std::string_view side) {
  std::unordered_set<std::string_view> seen;
  seen.reserve(tokens.size());
  for (std::size_t row = 0; row < tokens.size(); ++row) {
    if (!seen.insert(tokens[row]).second)
      return fail(ErrorCode::bad_data, side, ": row ", row, ": the token \"", tokens[row], "\" is there already");
  }
  return {};
}

}  // namespace gaugeline::formats
