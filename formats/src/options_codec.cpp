#include "options_codec.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "checksum.hpp"
#include "little_endian.hpp"

namespace gaugeline::formats {
namespace {

Time time_at(std::int64_t microseconds) noexcept { return Time(std::chrono::microseconds(microseconds)); }

}  // namespace

flatbuffers::Offset<schema::Options> write_options(flatbuffers::FlatBufferBuilder& builder, const Options& options) {
  return schema::CreateOptions(
      builder, std::to_underlying(options.likelihood), std::to_underlying(options.coupling),
      std::to_underlying(options.gauge), options.seed, options.dimension, options.prior_precision, options.diffusion,
      options.diffusion_rate, options.diffusion_min, options.diffusion_max, options.time_unit_seconds, options.sweeps,
      options.first_slice_sweeps, options.negatives, options.count_decay, options.conjugate_gradient_steps,
      options.negative_head, options.negative_tail, options.noise_deviation, options.admission_uses,
      options.item_capacity, options.context_capacity, options.token_bytes_per_row, options.slice_token_capacity,
      options.observation_capacity, options.worker_capacity, std::to_underlying(options.offsets),
      options.offset_precision, options.offset_diffusion, options.passes, options.pass_rate, options.pass_sweeps,
      options.anchor_memory, options.mean_reversion, options.diffusion_score_rate,
      options.pass_slices == 0 ? flatbuffers::nullopt : flatbuffers::Optional(options.pass_slices));
}

Options read_options(const schema::Options& source) noexcept {
  Options options;
  options.likelihood = static_cast<Likelihood>(source.likelihood());
  options.coupling = static_cast<Coupling>(source.coupling());
  options.gauge = static_cast<GaugeFixing>(source.gauge());
  options.seed = source.seed();
  options.dimension = source.dimension();
  options.prior_precision = source.prior_precision();
  options.diffusion = source.diffusion();
  options.diffusion_rate = source.diffusion_rate();
  options.diffusion_min = source.diffusion_min();
  options.diffusion_max = source.diffusion_max();
  options.time_unit_seconds = source.time_unit_seconds();
  options.sweeps = source.sweeps();
  options.first_slice_sweeps = source.first_slice_sweeps();
  options.negatives = source.negatives();
  options.count_decay = source.count_decay();
  options.conjugate_gradient_steps = source.conjugate_gradient_steps();
  options.negative_head = source.negative_head();
  options.negative_tail = source.negative_tail();
  options.noise_deviation = source.noise_deviation();
  options.admission_uses = source.admission_uses();
  options.item_capacity = source.item_capacity();
  options.context_capacity = source.context_capacity();
  options.token_bytes_per_row = source.token_bytes_per_row();
  options.slice_token_capacity = source.slice_token_capacity();
  options.observation_capacity = source.observation_capacity();
  options.worker_capacity = source.worker_capacity();
  options.offsets = static_cast<Offsets>(source.offsets());
  options.offset_precision = source.offset_precision();
  options.offset_diffusion = source.offset_diffusion();
  options.passes = source.passes();
  options.pass_rate = source.pass_rate();
  options.pass_sweeps = source.pass_sweeps();
  options.anchor_memory = source.anchor_memory();
  options.mean_reversion = source.mean_reversion();
  options.diffusion_score_rate = source.diffusion_score_rate();
  options.pass_slices = source.pass_slices().value_or(0);
  return options;
}

std::uint64_t options_digest(const Options& options) noexcept {
  std::array<std::byte, 64 * sizeof(std::uint64_t)> bytes{};
  std::size_t size = 0;
  const auto add = [&](auto value) {
    store(std::span<std::byte>(bytes), size, value);
    size += sizeof value;
  };
  const auto add_all = [&](auto... values) { (add(values), ...); };
  add_all(options.likelihood, options.coupling, options.gauge, options.seed, options.dimension, options.prior_precision,
          options.diffusion, options.diffusion_rate, options.diffusion_min, options.diffusion_max,
          options.time_unit_seconds, options.sweeps, options.first_slice_sweeps, options.negatives, options.count_decay,
          options.conjugate_gradient_steps, options.negative_head, options.negative_tail, options.noise_deviation,
          options.admission_uses, options.item_capacity, options.context_capacity, options.token_bytes_per_row,
          options.slice_token_capacity, options.observation_capacity, options.worker_capacity, options.offsets,
          options.offset_precision, options.offset_diffusion, options.passes, options.pass_rate, options.pass_sweeps,
          options.anchor_memory, options.mean_reversion, options.diffusion_score_rate);
  if (options.pass_slices != 0) add(options.pass_slices);
  return std::max<std::uint64_t>(checksum(std::span(bytes).first(size)), 1);
}

flatbuffers::Offset<schema::Report> write_report(flatbuffers::FlatBufferBuilder& builder, const SliceReport& report) {
  return schema::CreateReport(builder, report.slice, report.interval.begin.time_since_epoch().count(),
                              report.interval.end.time_since_epoch().count(), report.elapsed_units, report.observations,
                              report.distinct, report.scored, report.score, report.rotation_angle,
                              report.gauge_residual, report.item_rows, report.context_rows, report.new_item_rows,
                              report.new_context_rows, report.unadmitted_tokens, report.unadmitted_observations,
                              report.baseline_score, report.holonomy_angle);
}

SliceReport read_report(const schema::Report& source) noexcept {
  return {.slice = source.slice(),
          .interval = {time_at(source.begin()), time_at(source.end())},
          .elapsed_units = source.elapsed_units(),
          .observations = source.observations(),
          .distinct = source.distinct(),
          .scored = source.scored(),
          .score = source.score(),
          .rotation_angle = source.rotation_angle(),
          .gauge_residual = source.gauge_residual(),
          .item_rows = source.item_rows(),
          .context_rows = source.context_rows(),
          .new_item_rows = source.new_item_rows(),
          .new_context_rows = source.new_context_rows(),
          .unadmitted_tokens = source.unadmitted_tokens(),
          .unadmitted_observations = source.unadmitted_observations(),
          .baseline_score = source.baseline_score(),
          .holonomy_angle = source.holonomy_angle()};
}

}  // namespace gaugeline::formats
