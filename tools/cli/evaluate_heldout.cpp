// gaugeline evaluate heldout: how well each slice's model expects sequences of its time that it has not learnt.
#include <iostream>

#include <gaugeline/slice.hpp>
#include <gaugeline/stream/evaluate_heldout.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "evaluate.hpp"
#include "event_lines.hpp"
#include "slice_input.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

void write_score(stream::JsonWriter& json, const stream::HeldOutScore& score) {
  json.member("pairs", score.pairs);
  score.pairs == 0 ? json.key("score").null() : json.member("score", score.score);
  score.pairs == 0 ? json.key("auc").null() : json.member("auc", score.area);
}

class HeldOutCommand final : public Question {
 public:
  explicit HeldOutCommand(CLI::App& evaluate)
      : Question(evaluate, "heldout", "  gaugeline evaluate heldout --data run --held held.ndjson",
                 "How well each slice's model expects text of its time that it was not given") {
    require(app()
                .add_option("--held", files_,
                            "Files of events, of text or tokens, that were not learnt; - is "
                            "standard input")
                ->type_name("FILE"));
    app()
        .add_option("--window", options_.window, "Tokens this far apart are a pair")
        ->type_name("NUMBER")
        ->check(CLI::Range(std::uint32_t{1}, max_window))
        ->capture_default_str();
    app()
        .add_option("--negatives", options_.negatives, "Contexts drawn for a pair")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    add_min_uses(options_.min_uses, "Leave out tokens that are used less often over all slices");
    app().add_option("--seed", options_.seed, "Of the draws")->type_name("NUMBER")->capture_default_str();
    app().add_flag("--strict", strict_, "Stop at the first bad line");
  }

 private:
  Expected<> ask(const formats::SnapshotStore& store) override {
    std::vector<HeldFile> held;
    const auto files = hold_inputs(files_, held);
    if (!files) return std::unexpected(files.error());
    auto evaluation = stream::HeldOutEvaluation::open(store, options_);
    if (!evaluation) return std::unexpected(evaluation.error());
    BadLines bad_lines(strict_);
    const auto take = [&](const stream::Event& event) { return evaluation->add(event); };
    for (const InputFile& file : *files) {
      if (auto read = read_events(file, bad_lines, take); !read) return read;
    }
    const auto scores = evaluation->score();
    if (!scores) return std::unexpected(scores.error());
    json() ? print_json(*scores, bad_lines.count()) : print_text(*scores, bad_lines.count());
    return {};
  }

  void print_text(const stream::HeldOutScores& scores, std::uint64_t bad_lines) const {
    const auto number = [](std::uint64_t count) { return grouped(static_cast<double>(count)); };
    std::cout << "score " << fixed(scores.total.score, 4) << " nats a pair  AUC " << fixed(scores.total.area, 4)
              << "  pairs " << number(scores.total.pairs) << '\n'
              << number(scores.events) << " events, " << number(scores.events_outside) << " outside of every slice; "
              << number(bad_lines) << " bad lines\n"
              << number(scores.tokens) << " tokens, " << number(scores.tokens_left_out) << " left out: used less than "
              << grouped(options_.min_uses) << " times in " << scores.slices.size() << " slices\n";
    if (scores.oversized_tokens != 0) std::cout << number(scores.oversized_tokens) << " tokens too long\n";
  }

  void print_json(const stream::HeldOutScores& scores, std::uint64_t bad_lines) const {
    stream::JsonWriter json(std::cout);
    json.begin_object();
    write_score(json, scores.total);
    json.member("events", scores.events).member("events_outside", scores.events_outside);
    json.member("bad_lines", bad_lines);
    json.member("tokens", scores.tokens).member("tokens_left_out", scores.tokens_left_out);
    json.member("oversized_tokens", scores.oversized_tokens).member("kept", scores.kept);
    json.member("window", options_.window).member("negatives", options_.negatives);
    json.member("min_uses", options_.min_uses).member("seed", options_.seed);
    json.key("slices").begin_array();
    for (const stream::HeldOutSlice& slice : scores.slices) {
      json.begin_object().slice("slice", slice.slice).member("events", slice.events);
      write_score(json, slice.score);
      json.end_object();
    }
    json.end_array().end_object();
  }

  std::vector<std::string> files_;
  stream::HeldOutOptions options_;
  bool strict_ = false;
};

}  // namespace

void add_evaluate_heldout(CLI::App& evaluate, Commands& commands) {
  commands.push_back(std::make_unique<HeldOutCommand>(evaluate));
}

}  // namespace gaugeline::cli
