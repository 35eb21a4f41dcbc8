#include "slicing_flags.hpp"

#include <algorithm>
#include <utility>

#include "line_reader.hpp"

namespace gaugeline::cli {
namespace {

constexpr const char* group = "Events to slices";
constexpr const char* falling = "falling";

// An option that is kept as what `parse` makes of its text.
template <class Value, class Parse>
CLI::Option* add_parsed(CLI::App& app, const std::string& flag, std::optional<Value>& target, Parse parse,
                        const std::string& help) {
  return app.add_option_function<std::string>(
      flag,
      [flag, &target, parse](const std::string& text) {
        const auto parsed = parse(text);
        if (!parsed) throw CLI::ValidationError(flag, std::string(parsed.error().message()));
        target = *parsed;
      },
      help);
}

}  // namespace

void SlicingFlags::add_every(CLI::App& app, const std::string& without) {
  add_parsed(app, "--every", every, stream::parse_period,
             "hour, day, week, month, quarter, year, decade, or a duration (10s, 5m, 6h, 2d); without it, " + without)
      ->type_name("PERIOD")
      ->group(group);
}

void SlicingFlags::add_tokens(CLI::App& app, const std::string& whole) {
  app.add_option("--window", window, "Tokens this far apart are a pair")
      ->type_name("NUMBER")
      ->check(CLI::Range(std::uint32_t{1}, max_window))
      ->capture_default_str()
      ->group(group);
  app.add_option("--window-weights", window_weights,
                 "full, or falling: near tokens count more, which shows drift better and predicts a little worse")
      ->type_name("NAME")
      ->check(CLI::IsMember({falling, "full"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--vocabulary", vocabulary, "Keep only so many most used tokens" + whole + "; 0: all")
      ->type_name("NUMBER")
      ->capture_default_str()
      ->group(group);
  app.add_option("--min-count", min_count, "Leave out tokens used less often" + whole)
      ->type_name("NUMBER")
      ->capture_default_str()
      ->group(group);
  app.add_option("--stop-words", stop_words_file, "Leave out these tokens, one a line, in lower case")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("--pairs", pairs, "Keep counts of pairs instead of the sequences themselves")->group(group);
}

void SlicingFlags::add_lateness(CLI::App& app, const std::string& help) {
  add_parsed(app, "--lateness", lateness, stream::parse_duration, help)->type_name("DURATION")->group(group);
}

void SlicingFlags::add_to(CLI::App& app) {
  const auto before = app.get_options().size();
  add_every(app, "the unit that gives 12 to 100 slices");
  add_tokens(app, " in all");
  add_lateness(app, "Count events this far behind the newest as late; without it, any order will do");
  add_parsed(app, "--time", text_time, stream::parse_time, "Files are plain text, each of this time")
      ->type_name("TIME")
      ->group(group);
  app.add_flag("--strict", strict, "Stop at the first bad line")->group(group);
  const auto all = std::as_const(app).get_options();
  added_.assign(all.begin() + static_cast<std::ptrdiff_t>(before), all.end());
}

void SlicingFlags::add_to_daemon(CLI::App& app) {
  add_every(app, "day");
  add_tokens(app, " in a slice");
  add_lateness(app, "A slice stays open until events this far beyond its end have come; without it, 0s");
}

bool SlicingFlags::given() const {
  return std::ranges::any_of(added_, [](const CLI::Option* option) { return option->count() > 0; });
}

Expected<stream::SlicerOptions> SlicingFlags::options(const stream::Period& period) const {
  stream::SlicerOptions options;
  options.period = period;
  options.window = window;
  options.window_weights = window_weights == falling ? WindowWeights::falling : WindowWeights::full;
  options.form = pairs ? stream::SequenceForm::pairs : stream::SequenceForm::sequences;
  options.min_count = min_count;
  options.vocabulary = vocabulary;
  options.lateness = lateness;
  if (!stop_words_file.empty()) {
    const auto words = read_lines(stop_words_file, max_token_bytes);
    if (!words) return std::unexpected(words.error());
    options.stop_words.insert(words->begin(), words->end());
  }
  return options;
}

}  // namespace gaugeline::cli
