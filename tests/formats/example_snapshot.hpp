// Snapshots to encode, with the memory that they view.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/formats/snapshot.hpp>
#include <gaugeline/random.hpp>

#include "example_slices.hpp"

namespace gaugeline::test {

struct ExampleSide {
  std::vector<char> token_bytes;
  std::vector<std::uint32_t> token_ends;
  std::vector<float> embeddings, precision, diffusion, count, uses, null_variance, log_retention, frequency,
      gradient_energy;
  std::vector<float> offset, offset_precision, baseline_offset, baseline_precision;
  std::vector<std::uint32_t> born;
  std::vector<std::uint64_t> candidate_hashes{0, 17, 0, 0xFFFFFFFFFFFFFFFF};
  std::vector<float> candidate_counts{0, 1.5F, 0, 3};
  std::vector<float> anchor, anchor_time;

  ExampleSide(std::size_t rows, std::uint32_t dimension, std::string_view prefix, Random& random) {
    for (std::size_t row = 0; row < rows; ++row) {
      const std::string token = std::string(prefix) + std::to_string(row);
      append_tokens(token_bytes, token_ends, {token});
      for (std::uint32_t k = 0; k < dimension; ++k) embeddings.push_back(static_cast<float>(random.normal()));
      precision.push_back(static_cast<float>(1e-3 + 100 * random.uniform()));
      diffusion.push_back(static_cast<float>(random.uniform()));
      count.push_back(static_cast<float>(1000 * random.uniform()));
      uses.push_back(static_cast<float>(random.bits() % 100));
      null_variance.push_back(static_cast<float>(random.uniform()));
      log_retention.push_back(static_cast<float>(-random.uniform()));
      frequency.push_back(static_cast<float>(row % 7) + .5F);
      born.push_back(static_cast<std::uint32_t>(row % 12));
      gradient_energy.push_back(static_cast<float>(.1 + random.uniform()));
      anchor_time.push_back(static_cast<float>(row % 5) / 4);
    }
    for (const float x : embeddings) anchor.push_back(1.25F - x);
  }

  void add_offsets(Random& random) {
    for (std::size_t row = 0; row < token_ends.size(); ++row) {
      offset.push_back(static_cast<float>(random.normal()));
      offset_precision.push_back(static_cast<float>(1e-3 + random.uniform()));
      baseline_offset.push_back(static_cast<float>(random.normal()));
      baseline_precision.push_back(static_cast<float>(1e-3 + random.uniform()));
    }
  }

  [[nodiscard]] SideState<float> view(std::uint32_t dimension) const {
    return {
        .tokens = {token_bytes, token_ends},
        .embeddings = {embeddings.data(), static_cast<Eigen::Index>(token_ends.size()),
                       static_cast<Eigen::Index>(dimension)},
        .precision = precision,
        .diffusion = diffusion,
        .count = count,
        .uses = uses,
        .null_variance = null_variance,
        .log_retention = log_retention,
        .gradient_energy = gradient_energy,
        .offset = offset,
        .offset_precision = offset_precision,
        .baseline_offset = baseline_offset,
        .baseline_precision = baseline_precision,
        .frequency = frequency,
        .born = born,
        .candidate_hashes = candidate_hashes,
        .candidate_counts = candidate_counts,
        .anchor = {anchor.data(), static_cast<Eigen::Index>(anchor_time.size()), static_cast<Eigen::Index>(dimension)},
        .anchor_time = anchor_time};
  }
};

// I - 2 v v^T / |v|^2: orthogonal, with determinant -1.
inline std::vector<double> reflection(std::uint32_t dimension, Random& random) {
  Eigen::VectorXd v(dimension);
  for (double& x : v) x = random.normal();
  const Eigen::Matrix<double, -1, -1, Eigen::RowMajor> r =
      Eigen::MatrixXd::Identity(dimension, dimension) - 2 * v * v.transpose() / v.squaredNorm();
  return {r.data(), r.data() + r.size()};
}

struct ExampleSnapshot {
  Random random{5};
  std::uint32_t dimension;
  ExampleSide items, contexts;
  std::vector<double> rotation;
  std::string run = "0123456789abcdef0123456789abcdef";
  std::vector<formats::SourcePositionView> sources{{"sotu.slices", 12}, {"tcp:10.0.0.1:50123", 1}};
  bool smoothed = false;
  formats::Encoding encoding = formats::Encoding::float32;
  Options options;
  SliceReport report;
  double value_scale = 1;
  ValueState values;
  std::vector<RowIndex> canary_rows;
  std::vector<float> canary_before;

  ExampleSnapshot(std::size_t item_rows, std::size_t context_rows, std::uint32_t dimensions,
                  std::string_view context_prefix = "context-")
      : dimension(dimensions),
        items(item_rows, dimensions, "item-", random),
        contexts(context_rows, dimensions, context_prefix, random),
        rotation(reflection(dimensions, random)) {
    options.dimension = dimensions;
    // As the defaults were when the golden files were written.
    options.conjugate_gradient_steps = 2;
    options.negative_head = options.negative_tail = 128;
    report.slice = 11;
    report.interval = {microseconds(-3'000'000), microseconds(4'000'000)};
    report.elapsed_units = 1.25;
    report.observations = 1e6;
    report.distinct = 123456789012345;
    report.scored = 9e5;
    report.score = -2.46875;
    report.rotation_angle = .001;
    report.gauge_residual = .125;
    report.item_rows = static_cast<std::uint32_t>(item_rows);
    report.context_rows = static_cast<std::uint32_t>(context_rows);
    report.new_item_rows = 3;
    report.new_context_rows = 4;
    report.unadmitted_tokens = 5;
    report.unadmitted_observations = 6.5;
    report.holonomy_angle = .002;
    for (std::size_t row = 1; row < item_rows; row += 3) {
      canary_rows.push_back(static_cast<RowIndex>(row));
      for (std::uint32_t k = 0; k < dimensions; ++k)
        canary_before.push_back(items.embeddings[row * dimensions + k] + static_cast<float>(.01 * random.normal()));
    }
  }

  [[nodiscard]] formats::SnapshotView view() const {
    return {.lineage = {.run = run,
                        .program = "gaugeline 0.1.0",
                        .parent_checksum = 0xFEDCBA9876543210,
                        .smoothed = smoothed},
            .options = options,
            .state = {.slices = report.slice + 1,
                      .interval = report.interval,
                      .time_unit_seconds = 10 * 365.2425 * 86400,
                      .dimension = dimension,
                      .items = items.view(dimension),
                      .contexts = contexts.view(dimension),
                      .rotation = rotation,
                      .value_scale = value_scale,
                      .values = values},
            .report = report,
            .sources = sources,
            .canaries = {.rows = canary_rows,
                         .before = {canary_before.data(), static_cast<Eigen::Index>(canary_rows.size()),
                                    static_cast<Eigen::Index>(dimension)}},
            .encoding = encoding};
  }
};

// Of the Gaussian model with offsets.
inline ExampleSnapshot value_snapshot(std::size_t item_rows, std::size_t context_rows, std::uint32_t dimension) {
  ExampleSnapshot example(item_rows, context_rows, dimension);
  example.options.likelihood = Likelihood::gaussian;
  example.items.add_offsets(example.random);
  example.contexts.add_offsets(example.random);
  example.value_scale = 1.125;
  example.values = {3.5, 1000.25, .7, 12345, .9, 54321};
  example.report.baseline_score = -1.375;
  return example;
}

// Items and contexts with the same tokens.
inline ExampleSnapshot shared_snapshot(std::size_t rows, std::uint32_t dimension) {
  return ExampleSnapshot(rows, rows, dimension, "item-");
}

class MemorySink final : public formats::ByteSink {
 public:
  Expected<> write(std::span<const std::byte> more) override {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return {};
  }
  std::vector<std::byte> bytes;
};

inline Expected<std::vector<std::byte>> encode(const formats::SnapshotView& snapshot,
                                               std::size_t chunk_bytes = formats::default_chunk_bytes) {
  std::vector<std::byte> workspace(formats::snapshot_workspace_bytes(snapshot, chunk_bytes));
  MemorySink sink;
  const auto checksum = formats::encode_snapshot(snapshot, workspace, sink, chunk_bytes);
  if (!checksum) return std::unexpected(checksum.error());
  return sink.bytes;
}

}  // namespace gaugeline::test
