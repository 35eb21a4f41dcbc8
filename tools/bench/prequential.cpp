// Does learning online pay? Scores every slice of a .slices file before it is learnt, by three learners:
//   online    has learnt every slice before
//   previous  was trained on the slice before, alone
//   frozen    stopped learning after a given number of slices
// over the same pairs, whose two tokens all three know, with the same negatives, drawn once from the unigram
// distribution of the past to the power 3/4 among the contexts that all three know. The score is the mean
// log-likelihood in nats of a positive with its k negatives; higher is better. The loss is its negative.
//
//   gaugeline slice shared/data/sotu.ndjson --every year --out sotu.slices
//   bench_prequential sotu.slices
#include <CLI/CLI.hpp>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

#include <gaugeline/formats/slices_file.hpp>
#include <gaugeline/likelihood.hpp>
#include <gaugeline/online_learner.hpp>
#include <gaugeline/random.hpp>

using namespace gaugeline;

namespace {

using Learner = OnlineLearner<float>;

struct Arguments {
  std::string file;
  std::uint32_t dimension = 64;
  std::uint64_t seed = 1;
  std::uint64_t frozen_after = 20;
};

[[noreturn]] void stop(const Error& error) {
  const std::string message(error.message());
  std::fprintf(stderr, "bench_prequential: %s\n", message.c_str());
  std::exit(1);
}

template <class T>
T required(Expected<T> value) {
  if (!value) stop(value.error());
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

// Calls visit(item id, context id, weight) for every pair that the slice counts, both directions.
template <class Visit>
void for_each_pair(const SliceView& slice, Visit&& visit) {
  for (const PairCount& pair : slice.pairs) {
    visit(pair.item, pair.context, pair.weight);
    if (slice.pairs_are_symmetric && pair.item != pair.context) visit(pair.context, pair.item, pair.weight);
  }
  std::size_t begin = 0;
  for (const std::uint32_t end : slice.sequence_ends) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = i + 1; j < std::min<std::size_t>(end, i + slice.window + 1); ++j) {
        const float weight = pair_weight(slice.window_weights, slice.window, j - i);
        visit(slice.sequence_ids[i], slice.sequence_ids[j], weight);
        visit(slice.sequence_ids[j], slice.sequence_ids[i], weight);
      }
    }
    begin = end;
  }
}

// The row of a token that the learner has seen in data.
RowIndex known_row(const Learner& learner, Side side, std::string_view token) {
  const RowIndex row = learner.find(side, token);
  return row != no_row && learner.state()[side].null_variance[row] > 0 ? row : no_row;
}

class Contest {
 public:
  static constexpr std::size_t contestants = 3;
  using Learners = std::array<const Learner*, contestants>;

  struct Score {
    double pairs = 0;
    std::array<double, contestants> total{};
  };

  // learners[0] gives the distribution of the negatives.
  Contest(const Learners& learners, std::uint32_t negatives, std::uint64_t seed)
      : learners_(learners), negatives_(negatives), random_(seed) {
    const SideState<float> contexts = learners[0]->state().contexts;
    double sum = 0;
    for (std::size_t row = 0; row < contexts.size(); ++row) {
      const auto rows = rows_of(Side::contexts, contexts.tokens[row]);
      if (!rows) continue;
      candidates_.push_back(*rows);
      cumulative_.push_back(sum += std::pow(static_cast<double>(contexts.count[row]), .75));
    }
  }

  Score run(const SliceView& slice) {
    const auto items = rows_of_tokens(Side::items, slice.tokens(Side::items));
    const auto contexts = rows_of_tokens(Side::contexts, slice.tokens(Side::contexts));
    Score score;
    for_each_pair(slice, [&](std::uint32_t item, std::uint32_t context, float weight) {
      if (items[item] && contexts[context]) add(score, *items[item], *contexts[context], static_cast<double>(weight));
    });
    return score;
  }

 private:
  using Rows = std::array<RowIndex, contestants>;

  // A token's row in every learner; nullopt if one of them does not know it.
  [[nodiscard]] std::optional<Rows> rows_of(Side side, std::string_view token) const {
    Rows rows{};
    for (std::size_t l = 0; l < contestants; ++l) {
      rows[l] = known_row(*learners_[l], side, token);
      if (rows[l] == no_row) return std::nullopt;
    }
    return rows;
  }
  [[nodiscard]] std::vector<std::optional<Rows>> rows_of_tokens(Side side, const TokenList& tokens) const {
    std::vector<std::optional<Rows>> rows;
    for (std::size_t i = 0; i < tokens.size(); ++i) rows.push_back(rows_of(side, tokens[i]));
    return rows;
  }
  [[nodiscard]] const Rows& draw() {
    const double x = random_.uniform() * cumulative_.back();
    const auto found = std::ranges::upper_bound(cumulative_, x) - cumulative_.begin();
    return candidates_[std::min(static_cast<std::size_t>(found), candidates_.size() - 1)];
  }
  void add(Score& score, const Rows& item, const Rows& context, double weight) {
    const auto x = [&](std::size_t l, RowIndex i, RowIndex j) {
      const auto state = learners_[l]->state();
      return static_cast<double>(state.items.embeddings.row(i).dot(state.contexts.embeddings.row(j)));
    };
    score.pairs += weight;
    for (std::size_t l = 0; l < contestants; ++l) score.total[l] += weight * log_logistic(x(l, item[l], context[l]));
    for (std::uint32_t k = 0; k < negatives_; ++k) {
      const Rows& negative = draw();
      for (std::size_t l = 0; l < contestants; ++l)
        score.total[l] += weight * log_logistic(-x(l, item[l], negative[l]));
    }
  }

  Learners learners_;
  std::uint32_t negatives_;
  Random random_;
  std::vector<Rows> candidates_;
  std::vector<double> cumulative_;
};

void print_row(const char* name, const Contest::Score& score) {
  std::printf("%-12s %10.0f %10.4f %10.4f %10.4f\n", name, score.pairs, score.total[0] / score.pairs,
              score.total[1] / score.pairs, score.total[2] / score.pairs);
  std::fflush(stdout);
}

std::string year_of(const SliceView& slice) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(slice.interval.begin));
  return std::to_string(static_cast<int>(date.year()));
}

void compare(const Arguments& arguments) {
  Options options = Options::skipgram();
  options.dimension = arguments.dimension;
  options.seed = arguments.seed;
  SerialExecutor serial;
  Learner online = required(Learner::create(options));
  std::optional<Learner> frozen;
  std::optional<formats::SliceData> last;
  auto reader = required(formats::SlicesReader::open(arguments.file));
  Contest::Score all;
  std::printf("%-12s %10s %10s %10s %10s\n", "slice", "pairs", "online", "previous", "frozen");
  for (std::uint64_t t = 0;; ++t) {
    std::optional<formats::SliceData> data = required(reader.next());
    if (!data) break;
    const SliceView slice = data->view();
    if (frozen) {
      Learner previous = required(Learner::create(options));
      required(previous.learn(last->view(), serial));
      Contest contest({&online, &previous, &*frozen}, options.negatives, arguments.seed + t);
      const Contest::Score score = contest.run(slice);
      if (score.pairs > 0) print_row(year_of(slice).c_str(), score);
      all.pairs += score.pairs;
      for (std::size_t l = 0; l < Contest::contestants; ++l) all.total[l] += score.total[l];
    }
    required(online.learn(slice, serial));
    if (t + 1 == arguments.frozen_after) {
      frozen = required(Learner::create(options));
      required(frozen->restore(online.state()));
    }
    last = std::move(data);
  }
  if (all.pairs == 0) stop(Error(ErrorCode::invalid_argument, "no slice after the first ", arguments.frozen_after));
  print_row("all", all);
  std::printf("loss of online over that of previous: %.4f, of frozen: %.4f\n", all.total[0] / all.total[1],
              all.total[0] / all.total[2]);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Scores each slice before it is learnt: online, trained on the previous slice alone, frozen.");
  app.add_option("file", arguments.file, "a .slices file")->required();
  app.add_option("--dim", arguments.dimension, "dimension")->capture_default_str();
  app.add_option("--seed", arguments.seed, "of the learners and of the negatives")->capture_default_str();
  app.add_option("--frozen-after", arguments.frozen_after, "slices that the frozen learner has seen")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  compare(arguments);
}
