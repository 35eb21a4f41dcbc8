#include <gaugeline/options.hpp>

#include <cmath>
#include <limits>

#include <gaugeline/vocabulary.hpp>

namespace gaugeline {
namespace {

// True for lo <= x <= hi; false for NaN.
template <class Number>
bool in(Number x, Number lo, Number hi) noexcept {
  return x >= lo && x <= hi;
}

template <class Number>
std::unexpected<Error> out_of_range(std::string_view option, Number value, std::string_view range) noexcept {
  return fail(ErrorCode::invalid_argument, option, " is ", value, ", not ", range);
}

Expected<> check_prior(const Options& o) noexcept {
  constexpr float most = 1e12F;
  if (!in(o.prior_precision, 1e-12F, most)) return out_of_range("prior_precision", o.prior_precision, "1e-12 to 1e12");
  if (!in(o.diffusion, 0.F, most)) return out_of_range("diffusion", o.diffusion, "0 to 1e12");
  if (!in(o.diffusion_rate, 0.F, 1.F)) return out_of_range("diffusion_rate", o.diffusion_rate, "0 to 1");
  if (!in(o.diffusion_score_rate, 0.F, 4.F))
    return out_of_range("diffusion_score_rate", o.diffusion_score_rate, "0 to 4");
  if (!in(o.diffusion_min, 0.F, most)) return out_of_range("diffusion_min", o.diffusion_min, "0 to 1e12");
  if (!in(o.diffusion_max, o.diffusion_min, most))
    return out_of_range("diffusion_max", o.diffusion_max, "diffusion_min to 1e12");
  if (!in(o.offset_precision, 1e-12F, most))
    return out_of_range("offset_precision", o.offset_precision, "1e-12 to 1e12");
  if (!in(o.offset_diffusion, 0.F, most)) return out_of_range("offset_diffusion", o.offset_diffusion, "0 to 1e12");
  if (!in(o.anchor_memory, 0.F, most)) return out_of_range("anchor_memory", o.anchor_memory, "0 to 1e12");
  if (!in(o.mean_reversion, 0.F, most)) return out_of_range("mean_reversion", o.mean_reversion, "0 to 1e12");
  if (!in(o.time_unit_seconds, 0., 1e12)) return out_of_range("time_unit_seconds", o.time_unit_seconds, "0 to 1e12");
  return {};
}

Expected<> check_solver(const Options& o) noexcept {
  constexpr std::uint32_t most = 10000;
  if (!in(o.sweeps, 1U, most)) return out_of_range("sweeps", o.sweeps, "1 to 10000");
  if (!in(o.first_slice_sweeps, 1U, most))
    return out_of_range("first_slice_sweeps", o.first_slice_sweeps, "1 to 10000");
  if (!in(o.passes, 0U, most)) return out_of_range("passes", o.passes, "0 to 10000");
  if (!in(o.pass_rate, 1e-6F, 1e3F)) return out_of_range("pass_rate", o.pass_rate, "1e-6 to 1e3");
  if (!in(o.pass_sweeps, 0U, most)) return out_of_range("pass_sweeps", o.pass_sweeps, "0 to 10000");
  if (o.pass_slices > 0 && o.pass_sweeps == 0)
    return fail(ErrorCode::invalid_argument, "pass_slices is ", o.pass_slices,
                ", but with pass_sweeps 0 later slices would not be learnt");
  if (!in(o.negatives, 1U, 1000U)) return out_of_range("negatives", o.negatives, "1 to 1000");
  if (!in(o.count_decay, 0.F, 1.F)) return out_of_range("count_decay", o.count_decay, "0 to 1");
  if (!in(o.conjugate_gradient_steps, 1U, most))
    return out_of_range("conjugate_gradient_steps", o.conjugate_gradient_steps, "1 to 10000");
  if (!in(o.negative_head, 1U, 1U << 20U)) return out_of_range("negative_head", o.negative_head, "1 to 2^20");
  if (!in(o.negative_tail, 1U, 1U << 20U)) return out_of_range("negative_tail", o.negative_tail, "1 to 2^20");
  if (o.noise_deviation != 0 && !in(o.noise_deviation, 1e-6F, 1e6F))
    return out_of_range("noise_deviation", o.noise_deviation, "0 or 1e-6 to 1e6");
  return {};
}

Expected<> check_capacities(const Options& o) noexcept {
  constexpr std::uint32_t most = 1U << 30U;
  if (!in(o.item_capacity, 1U, most)) return out_of_range("item_capacity", o.item_capacity, "1 to 2^30");
  if (!in(o.context_capacity, 1U, most)) return out_of_range("context_capacity", o.context_capacity, "1 to 2^30");
  if (!in(o.token_bytes_per_row, 1U, 255U))
    return out_of_range("token_bytes_per_row", o.token_bytes_per_row, "1 to 255");
  constexpr std::uint64_t text = std::numeric_limits<std::uint32_t>::max();  // offsets of tokens have 32 bits
  if (o.token_bytes_per_row * std::uint64_t{row_room(o.item_capacity)} > text ||
      o.token_bytes_per_row * std::uint64_t{row_room(o.context_capacity)} > text)
    return fail(ErrorCode::invalid_argument, "token_bytes_per_row times a capacity passes 4 GiB of token text");
  if (!in(o.slice_token_capacity, 1U, most))
    return out_of_range("slice_token_capacity", o.slice_token_capacity, "1 to 2^30");
  if (!in(o.observation_capacity, 1U, most))
    return out_of_range("observation_capacity", o.observation_capacity, "1 to 2^30");
  if (!in(o.worker_capacity, 1U, 1024U)) return out_of_range("worker_capacity", o.worker_capacity, "1 to 1024");
  return {};
}

}  // namespace

Expected<> validate(const Options& o) noexcept {
  if (o.likelihood > Likelihood::gaussian) return fail(ErrorCode::invalid_argument, "likelihood is not a known one");
  if (o.coupling > Coupling::none) return fail(ErrorCode::invalid_argument, "coupling is not a known one");
  if (o.gauge > GaugeFixing::none) return fail(ErrorCode::invalid_argument, "gauge is not a known one");
  if (o.offsets > Offsets::none) return fail(ErrorCode::invalid_argument, "offsets is not a known one");
  if (!in(o.pass_parts, 1U, 16U)) return out_of_range("pass_parts", o.pass_parts, "1 to 16");
  if (o.pass_products > PassProducts::rounded)
    return fail(ErrorCode::invalid_argument, "pass_products is not a known one");
  if (!in(o.dimension, 1U, 1024U)) return out_of_range("dimension", o.dimension, "1 to 1024");
  if (o.admission_uses < 1) return out_of_range("admission_uses", o.admission_uses, "at least 1");
  if (auto ok = check_prior(o); !ok) return ok;
  if (auto ok = check_solver(o); !ok) return ok;
  return check_capacities(o);
}

}  // namespace gaugeline
