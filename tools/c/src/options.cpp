#include "options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string>

#include <gaugeline/formats/snapshot_map.hpp>
#include <gaugeline/online_learner.hpp>

#include "border.hpp"

namespace gaugeline::c {
namespace {

template <class Enumeration>
struct Names;
template <>
struct Names<Likelihood> {
  static constexpr std::array<std::string_view, 2> text{"skipgram", "gaussian"};
};
template <>
struct Names<Coupling> {
  static constexpr std::array<std::string_view, 2> text{"random-walk", "none"};
};
template <>
struct Names<GaugeFixing> {
  static constexpr std::array<std::string_view, 2> text{"procrustes", "none"};
};
template <>
struct Names<Offsets> {
  static constexpr std::array<std::string_view, 2> text{"fitted", "none"};
};
template <>
struct Names<PassProducts> {
  static constexpr std::array<std::string_view, 2> text{"full", "rounded"};
};
template <>
struct Names<WindowWeights> {
  static constexpr std::array<std::string_view, 2> text{"full", "falling"};
};
template <>
struct Names<stream::SequenceForm> {
  static constexpr std::array<std::string_view, 2> text{"sequences", "pairs"};
};
template <>
struct Names<stream::LatePolicy> {
  static constexpr std::array<std::string_view, 2> text{"open-slice", "drop"};
};

template <class Value>
Expected<> parse(std::string_view text, Value& value) {
  if constexpr (std::is_enum_v<Value>) {
    constexpr auto& names = Names<Value>::text;
    const auto found = std::ranges::find(names, text);
    if (found == names.end())
      return fail(ErrorCode::invalid_argument, "'", text, "' is neither ", names[0], " nor ", names[1]);
    value = static_cast<Value>(found - names.begin());
  } else {
    const char* const end = text.data() + text.size();
    Value read{};
    const auto [stop, problem] = std::from_chars(text.data(), end, read);
    if (problem == std::errc::result_out_of_range)
      return fail(ErrorCode::invalid_argument, "'", text, "' is out of range");
    if (problem != std::errc{} || stop != end)
      return fail(ErrorCode::invalid_argument, "'", text, "' is not ",
                  std::is_integral_v<Value> ? "a whole number, 0 or above" : "a number");
    value = read;
  }
  return {};
}

template <class Value>
std::string print(Value value) {
  if constexpr (std::is_enum_v<Value>) {
    return std::string(Names<Value>::text[static_cast<std::size_t>(value)]);
  } else {
    std::array<char, 40> digits{};
    return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
  }
}

struct NamedOption {
  const char* name;
  Expected<> (*set)(gaugeline_options&, std::string_view);
  std::string (*get)(const gaugeline_options&);
};

// Where a member of each struct of options lies.
template <class Value>
Value& member(gaugeline_options& options, Value Options::* field) {
  return options.learner.*field;
}
template <class Value>
Value& member(gaugeline_options& options, Value stream::IntakeOptions::* field) {
  return options.events.*field;
}
template <class Value>
Value& member(gaugeline_options& options, Value stream::SlicerOptions::* field) {
  return options.events.slicing.*field;
}

template <auto Field>
constexpr NamedOption option(const char* name) {
  return {
      name, [](gaugeline_options& options, std::string_view text) { return parse(text, member(options, Field)); },
      [](const gaugeline_options& options) { return print(member(const_cast<gaugeline_options&>(options), Field)); }};
}

Expected<> set_every(gaugeline_options& options, std::string_view text) {
  const auto period = stream::parse_period(text);
  if (!period) return std::unexpected(period.error());
  options.events.slicing.period = *period;
  options.cuts_events = true;
  return {};
}
std::string get_every(const gaugeline_options& options) {
  return options.cuts_events ? to_string(options.events.slicing.period) : "";
}

Expected<> set_lateness(gaugeline_options& options, std::string_view text) {
  const auto lateness = stream::parse_duration(text);
  if (!lateness) return std::unexpected(lateness.error());
  options.events.slicing.lateness = *lateness;
  return {};
}
std::string get_lateness(const gaugeline_options& options) {
  return std::to_string(options.events.slicing.lateness.value_or(std::chrono::microseconds{0}).count()) + "us";
}

constexpr std::array all_options{
    option<&Options::likelihood>("likelihood"),
    option<&Options::coupling>("coupling"),
    option<&Options::gauge>("gauge"),
    option<&Options::seed>("seed"),
    option<&Options::dimension>("dimension"),
    option<&Options::prior_precision>("prior_precision"),
    option<&Options::diffusion>("diffusion"),
    option<&Options::diffusion_rate>("diffusion_rate"),
    option<&Options::diffusion_score_rate>("diffusion_score_rate"),
    option<&Options::diffusion_min>("diffusion_min"),
    option<&Options::diffusion_max>("diffusion_max"),
    option<&Options::time_unit_seconds>("time_unit_seconds"),
    option<&Options::sweeps>("sweeps"),
    option<&Options::first_slice_sweeps>("first_slice_sweeps"),
    option<&Options::negatives>("negatives"),
    option<&Options::count_decay>("count_decay"),
    option<&Options::passes>("passes"),
    option<&Options::pass_slices>("pass_slices"),
    option<&Options::pass_rate>("pass_rate"),
    option<&Options::pass_sweeps>("pass_sweeps"),
    option<&Options::pass_products>("pass_products"),
    option<&Options::pass_parts>("pass_parts"),
    option<&Options::conjugate_gradient_steps>("conjugate_gradient_steps"),
    option<&Options::negative_head>("negative_head"),
    option<&Options::negative_tail>("negative_tail"),
    option<&Options::noise_deviation>("noise_deviation"),
    option<&Options::offsets>("offsets"),
    option<&Options::offset_precision>("offset_precision"),
    option<&Options::offset_diffusion>("offset_diffusion"),
    option<&Options::admission_uses>("admission_uses"),
    option<&Options::anchor_memory>("anchor_memory"),
    option<&Options::mean_reversion>("mean_reversion"),
    option<&Options::item_capacity>("item_capacity"),
    option<&Options::context_capacity>("context_capacity"),
    option<&Options::token_bytes_per_row>("token_bytes_per_row"),
    option<&Options::slice_token_capacity>("slice_token_capacity"),
    option<&Options::observation_capacity>("observation_capacity"),
    option<&Options::worker_capacity>("threads"),
    NamedOption{"every", set_every, get_every},
    NamedOption{"lateness", set_lateness, get_lateness},
    option<&stream::IntakeOptions::late>("late"),
    option<&stream::SlicerOptions::window>("window"),
    option<&stream::SlicerOptions::window_weights>("window_weights"),
    option<&stream::SlicerOptions::form>("form"),
    option<&stream::SlicerOptions::min_count>("min_count"),
    option<&stream::SlicerOptions::vocabulary>("vocabulary"),
    option<&stream::IntakeOptions::duplicate_horizon>("duplicate_horizon"),
    option<&stream::IntakeOptions::max_open_bytes>("max_open_bytes"),
};

Expected<const NamedOption*> find(const char* name) {
  const auto text = text_of(name, "name");
  if (!text) return std::unexpected(text.error());
  const auto* const found =
      std::ranges::find(all_options, *text, [](const NamedOption& o) -> std::string_view { return o.name; });
  if (found == all_options.end()) return fail(ErrorCode::not_found, "there is no option '", *text, "'");
  return found;
}

}  // namespace

Options defaults(Likelihood likelihood) noexcept {
  return likelihood == Likelihood::gaussian ? Options::gaussian() : Options::skipgram();
}

}  // namespace gaugeline::c

using namespace gaugeline;
using namespace gaugeline::c;

gaugeline_status gaugeline_options_create(const char* model, gaugeline_options** options, gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{options, "options"}}); !ok) return ok;
    *options = nullptr;
    const auto text = text_of(model, "model");
    if (!text) return std::unexpected(text.error());
    Likelihood likelihood{};
    if (const auto ok = parse(*text, likelihood); !ok) return std::unexpected(ok.error().within("model"));
    *options = new gaugeline_options{.learner = defaults(likelihood), .events = {}};
    return {};
  });
}

gaugeline_status gaugeline_options_load(const char* snapshot_path, gaugeline_options** options,
                                        gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{options, "options"}}); !ok) return ok;
    *options = nullptr;
    const auto path = text_of(snapshot_path, "snapshot_path");
    if (!path) return std::unexpected(path.error());
    const auto snapshot = formats::SnapshotMap::open(*path, formats::Verification::summary);
    if (!snapshot) return std::unexpected(snapshot.error());
    auto loaded = std::make_unique<gaugeline_options>();
    loaded->learner = snapshot->summary().options;
    loaded->learner.worker_capacity = 1;
    *options = loaded.release();
    return {};
  });
}

void gaugeline_options_destroy(gaugeline_options* options) { delete options; }

gaugeline_status gaugeline_options_set(gaugeline_options* options, const char* name, const char* value,
                                       gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{options, "options"}, {value, "value"}}); !ok) return ok;
    const auto named = find(name);
    if (!named) return std::unexpected(named.error());
    const auto set = (*named)->set(*options, value);
    return set ? set : std::unexpected(set.error().within(name));
  });
}

gaugeline_status gaugeline_options_get(const gaugeline_options* options, const char* name, char* text,
                                       std::size_t capacity, gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{options, "options"}, {text, "text"}}); !ok) return ok;
    const auto named = find(name);
    if (!named) return std::unexpected(named.error());
    const std::string value = (*named)->get(*options);
    if (value.size() >= capacity)
      return fail(ErrorCode::capacity_exceeded, name, " takes ", value.size() + 1, " bytes, not ", capacity);
    std::ranges::copy(value, text);
    text[value.size()] = '\0';
    return {};
  });
}

const char* gaugeline_options_name(std::size_t index) {
  return index < all_options.size() ? all_options[index].name : nullptr;
}

gaugeline_status gaugeline_options_memory_bytes(const gaugeline_options* options, uint64_t* bytes,
                                                gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{options, "options"}, {bytes, "bytes"}}); !ok) return ok;
    if (auto ok = validate(options->learner); !ok) return ok;
    *bytes = memory_bytes<float>(options->learner);
    return {};
  });
}
