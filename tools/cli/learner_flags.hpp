// The learner's options as flags. Each is named after the field of gaugeline::Options that it sets.
#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/options.hpp>

#include "command.hpp"

namespace gaugeline::cli {

class LearnerFlags {
 public:
  // `model_help` says what happens without --model.
  void add_to(CLI::App& app, const std::string& model_help, std::optional<Likelihood> default_model);

  [[nodiscard]] std::optional<Likelihood> model() const noexcept { return model_; }
  // The defaults of the model, and over them what was given. Validated.
  [[nodiscard]] Expected<Options> options(Likelihood model) const;
  [[nodiscard]] std::size_t threads() const noexcept { return threads_; }
  // As Command::default_value.
  [[nodiscard]] std::optional<std::string> default_value(const CLI::Option& option) const;

 private:
  std::optional<Likelihood> model_;
  std::size_t threads_ = 1;
  std::vector<std::function<void(Options&)>> given_;
};

// --lag: see stream::LearningRun::open.
CLI::Option* add_lag_flag(CLI::App& app, std::uint32_t& lag);

[[nodiscard]] std::string_view name(Likelihood likelihood) noexcept;

// Calls visit(flag without dashes, value as text) for every option of the learner.
void for_each_option(const Options& options, const std::function<void(std::string_view, const std::string&)>& visit);

}  // namespace gaugeline::cli
