#include "learner_flags.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <thread>
#include <variant>

#include <gaugeline/stream/slicer.hpp>

namespace gaugeline::cli {
namespace {

using Member = std::variant<std::uint32_t Options::*, std::uint64_t Options::*, float Options::*, double Options::*,
                            Coupling Options::*, GaugeFixing Options::*, Offsets Options::*, PassProducts Options::*>;

struct LearnerOption {
  std::string_view flag;  // without dashes
  Member member;
  std::string_view help;
};

constexpr std::array learner_options{
    LearnerOption{"dim", &Options::dimension, "Length of an embedding vector, 1 to 1024"},
    LearnerOption{"seed", &Options::seed, "Seed of the random start and of the draws of negatives"},
    LearnerOption{"coupling", &Options::coupling, "What ties a slice to the one before: random-walk or none"},
    LearnerOption{"gauge", &Options::gauge, "What holds the frame still: procrustes or none"},
    LearnerOption{"prior-precision", &Options::prior_precision, "Precision of a new row, per coordinate"},
    LearnerOption{"diffusion", &Options::diffusion, "Variance that a row gains per coordinate and time unit"},
    LearnerOption{"diffusion-rate", &Options::diffusion_rate,
                  "How fast a row's diffusion follows its movements, 0 to 1"},
    LearnerOption{"diffusion-score-rate", &Options::diffusion_score_rate,
                  "How fast all diffusions together follow the scores of later slices, 0 to 4"},
    LearnerOption{"diffusion-min", &Options::diffusion_min, "Least diffusion of a row"},
    LearnerOption{"diffusion-max", &Options::diffusion_max, "Largest diffusion of a row"},
    LearnerOption{"time-unit", &Options::time_unit_seconds,
                  "Unit of time of the diffusion; 0s: the first slice's length"},
    LearnerOption{"sweeps", &Options::sweeps, "Alternations over both tables per slice"},
    LearnerOption{"first-slice-sweeps", &Options::first_slice_sweeps, "The same for the first slice"},
    LearnerOption{"negatives", &Options::negatives, "Skip-gram: negatives per positive"},
    LearnerOption{"count-decay", &Options::count_decay, "Skip-gram: factor by which counts fade per slice"},
    LearnerOption{"passes", &Options::passes,
                  "Skip-gram: passes over a slice's sequences before the sweeps; 0: sweeps alone"},
    LearnerOption{"pass-slices", &Options::pass_slices, "Skip-gram: slices that have passes, the first ones; 0: all"},
    LearnerOption{"pass-rate", &Options::pass_rate, "Skip-gram: AdaGrad rate of the passes"},
    LearnerOption{"pass-sweeps", &Options::pass_sweeps,
                  "Skip-gram: sweeps after passes, and of later slices than have them; 0: passes alone"},
    LearnerOption{"pass-products", &Options::pass_products,
                  "Skip-gram: factors of the passes' products: full, or rounded to bfloat16 on processors with AMX or "
                  "AVX512_BF16, which is faster; may change with any start"},
    LearnerOption{"pass-parts", &Options::pass_parts,
                  "Skip-gram: parts of a large slice that passes go over at the same time, for as many threads; may "
                  "change with any start"},
    LearnerOption{"conjugate-gradient-steps", &Options::conjugate_gradient_steps, "Skip-gram: steps per row and sweep"},
    LearnerOption{"negative-head", &Options::negative_head, "Skip-gram: commonest rows that negatives sum exactly"},
    LearnerOption{"negative-tail", &Options::negative_tail, "Skip-gram: rows drawn from the rest"},
    LearnerOption{"noise-deviation", &Options::noise_deviation,
                  "Gaussian: deviation of a value from its mean; 0: estimated, and priors are in units of the values"},
    LearnerOption{"offsets", &Options::offsets, "Gaussian: mean and offset per item and context, fitted or none"},
    LearnerOption{"offset-precision", &Options::offset_precision, "Gaussian: precision of a new row's offset"},
    LearnerOption{"offset-diffusion", &Options::offset_diffusion,
                  "Gaussian: variance that an offset gains per time unit"},
    LearnerOption{"admission-uses", &Options::admission_uses,
                  "Uses, faded by .9 per slice, that give a new token a row"},
    LearnerOption{"anchor-memory", &Options::anchor_memory,
                  "Time units over which rows anchor the frame; 0: aligned to the last slice alone"},
    LearnerOption{"mean-reversion", &Options::mean_reversion,
                  "Rate per time unit at which rows return to 0; 0: a random walk with --diffusion"},
    LearnerOption{"item-capacity", &Options::item_capacity, "Most items; memory is reserved at the start"},
    LearnerOption{"context-capacity", &Options::context_capacity, "Most contexts"},
    LearnerOption{"token-bytes-per-row", &Options::token_bytes_per_row, "Room for a token's text, on the average"},
    LearnerOption{"slice-token-capacity", &Options::slice_token_capacity, "Most distinct tokens per side and slice"},
    LearnerOption{"observation-capacity", &Options::observation_capacity, "Most distinct pairs, or values, per slice"},
};

constexpr std::array<std::string_view, 2> coupling_names{"random-walk", "none"};
constexpr std::array<std::string_view, 2> gauge_names{"procrustes", "none"};
constexpr std::array<std::string_view, 2> offsets_names{"fitted", "none"};
constexpr std::array<std::string_view, 2> products_names{"full", "rounded"};
constexpr std::array<std::string_view, 2> model_names{"skipgram", "gaussian"};

template <class Enumeration>
Expected<> parse_name(std::string_view text, const std::array<std::string_view, 2>& names, Enumeration& value) {
  const auto found = std::ranges::find(names, text);
  if (found == names.end()) {
    return fail(ErrorCode::invalid_argument, "'", text, "' is neither ", names[0], " nor ", names[1]);
  }
  value = static_cast<Enumeration>(found - names.begin());
  return {};
}

Expected<> parse_value(std::string_view text, Coupling& value) { return parse_name(text, coupling_names, value); }
Expected<> parse_value(std::string_view text, GaugeFixing& value) { return parse_name(text, gauge_names, value); }
Expected<> parse_value(std::string_view text, Offsets& value) { return parse_name(text, offsets_names, value); }
Expected<> parse_value(std::string_view text, PassProducts& value) { return parse_name(text, products_names, value); }

template <class Number>
Expected<> parse_value(std::string_view text, Number& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::result_out_of_range) return fail(ErrorCode::invalid_argument, "'", text, "' is out of range");
  if (error != std::errc{} || stop != end) {
    return fail(ErrorCode::invalid_argument, "'", text, "' is not ",
                std::is_integral_v<Number> ? "a whole number, 0 or above" : "a number");
  }
  return {};
}

// The one double is a length of time.
Expected<> parse_value(std::string_view text, double& seconds) {
  const auto duration = stream::parse_duration(text);
  if (!duration) return std::unexpected(duration.error());
  seconds = std::chrono::duration<double>(*duration).count();
  return {};
}

std::string text_of(Coupling value) { return std::string(coupling_names[static_cast<std::size_t>(value)]); }
std::string text_of(GaugeFixing value) { return std::string(gauge_names[static_cast<std::size_t>(value)]); }
std::string text_of(Offsets value) { return std::string(offsets_names[static_cast<std::size_t>(value)]); }
std::string text_of(PassProducts value) { return std::string(products_names[static_cast<std::size_t>(value)]); }

template <class Number>
std::string text_of(Number value) {
  std::array<char, 40> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

std::string text_of(double seconds) { return text_of<double>(seconds) + 's'; }

std::string value_text(const Options& options, const Member& member) {
  return std::visit([&](const auto pointer) { return text_of(options.*pointer); }, member);
}

Options defaults(Likelihood model) {
  Options options = model == Likelihood::gaussian ? Options::gaussian() : Options::skipgram();
  options.worker_capacity = 1;
  return options;
}

std::string type_of(const Member& member) {
  if (std::holds_alternative<double Options::*>(member)) return "DURATION";
  if (std::holds_alternative<Coupling Options::*>(member) || std::holds_alternative<GaugeFixing Options::*>(member) ||
      std::holds_alternative<Offsets Options::*>(member) || std::holds_alternative<PassProducts Options::*>(member)) {
    return "NAME";
  }
  return "NUMBER";
}

std::string default_text(const Member& member) {
  const std::string skipgram = value_text(defaults(Likelihood::skipgram), member);
  const std::string gaussian = value_text(defaults(Likelihood::gaussian), member);
  return skipgram == gaussian ? skipgram : skipgram + ", gaussian: " + gaussian;
}

}  // namespace

CLI::Option* add_lag_flag(CLI::App& app, std::uint32_t& lag) {
  return app
      .add_option(
          "--lag", lag,
          "Also correct the last so many slices by later data, after each slice: a data directory in DIR/smoothed")
      ->type_name("NUMBER")
      ->check(CLI::Range(2, 10000))
      ->group("Smoothing");
}

std::string_view name(Likelihood likelihood) noexcept { return model_names[static_cast<std::size_t>(likelihood)]; }

void for_each_option(const Options& options, const std::function<void(std::string_view, const std::string&)>& visit) {
  visit("model", std::string(name(options.likelihood)));
  for (const LearnerOption& option : learner_options) visit(option.flag, value_text(options, option.member));
}

void LearnerFlags::add_to(CLI::App& app, const std::string& model_help, std::optional<Likelihood> default_model) {
  model_ = default_model;
  threads_ = std::max(1U, std::thread::hardware_concurrency());
  auto* model = app.add_option_function<std::string>(
      "--model",
      [this](const std::string& text) {
        Likelihood likelihood{};
        const auto parsed = parse_name(text, model_names, likelihood);
        if (!parsed) throw CLI::ValidationError("--model", std::string(parsed.error().message()));
        model_ = likelihood;
      },
      "skipgram or gaussian; " + model_help);
  model->type_name("NAME")->group("Learner");
  if (default_model) model->default_str(std::string(name(*default_model)));
  app.add_option("--threads", threads_, "Workers; the result is the same for any number")
      ->type_name("NUMBER")
      ->check(CLI::Range(1, 1024))
      ->default_str("one a processor")  // so that the man pages do not depend on where they are written
      ->group("Learner");
  for (const LearnerOption& option : learner_options) {
    const std::string flag = "--" + std::string(option.flag);
    app.add_option_function<std::string>(
           flag,
           [this, flag, member = option.member](const std::string& text) {
             std::visit(
                 [&](const auto pointer) {
                   auto value = Options{}.*pointer;
                   const auto parsed = parse_value(text, value);
                   if (!parsed) throw CLI::ValidationError(flag, std::string(parsed.error().message()));
                   given_.emplace_back([pointer, value](Options& options) { options.*pointer = value; });
                 },
                 member);
           },
           std::string(option.help))
        ->type_name(type_of(option.member))
        ->default_str(default_text(option.member))
        ->group("Learner");
  }
}

Expected<Options> LearnerFlags::options(Likelihood model) const {
  Options options = defaults(model);
  for (const auto& give : given_) give(options);
  options.worker_capacity = static_cast<std::uint32_t>(threads_);
  if (const auto valid = validate(options); !valid) return std::unexpected(valid.error());
  return options;
}

std::optional<std::string> LearnerFlags::default_value(const CLI::Option& option) const {
  const std::string flag = option.get_lnames().empty() ? std::string() : option.get_lnames().front();
  if (flag == "threads") return std::to_string(threads_);
  const auto known = std::ranges::find(learner_options, flag, &LearnerOption::flag);
  if (known == learner_options.end()) return option.get_default_str();
  const std::string skipgram = value_text(defaults(Likelihood::skipgram), known->member);
  const std::string gaussian = value_text(defaults(Likelihood::gaussian), known->member);
  if (!model_ && skipgram != gaussian) return std::nullopt;
  return model_ == Likelihood::gaussian ? gaussian : skipgram;
}

}  // namespace gaugeline::cli
