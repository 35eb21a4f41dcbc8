// What ties the smoother's slices together: lives of rows, stiffness of links, and what new rows expect.
#include "../../lib/src/smoother_ties.hpp"

#include <deque>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <gaugeline/online_learner.hpp>
#include <support/named_slices.hpp>
#include <support/text_slice.hpp>

namespace {

using namespace gaugeline;
using namespace gaugeline::testing;

// Learns slices and ties them, as the smoother does.
struct Tied {
  explicit Tied(const Options& with)
      : options(with), learner(OnlineLearner<float>::create(with).value()), ties(with, false, 1), memory(room()) {
    Arena arena(memory.data());
    workbench.reserve(arena, options);
  }
  std::size_t room() {
    Arena measure;
    workbench.reserve(measure, options);
    return measure.used();
  }
  void learn(const Words& words, std::int64_t day) {
    learner.learn(words.view(day), serial).value();
    slices.push_back(make_slice(options, learner.state(), words.view(day), workbench).value());
    slices.back().time_units = static_cast<double>(day);
    for (const Side side : both_sides) ties.tie(slices, side);
    tokens.push_back(tokens_of(learner.state().items));
  }
  // The token of the row before, "" where the chain begins.
  std::vector<std::string> known(std::size_t slice) {
    std::vector<std::string> names;
    for (const RowIndex row : slices[slice].side(Side::items).previous)
      names.push_back(row == no_row ? "" : tokens[slice - 1][row]);
    return names;
  }

  Options options;
  OnlineLearner<float> learner;
  SerialExecutor serial;
  SmootherTies<float> ties;
  Observations workbench;
  OwnedBytes memory;
  std::deque<SmootherSlice<float>> slices;
  std::vector<std::vector<std::string>> tokens;
};

TEST_CASE("a row is tied to the same life of its token, and to no other") {
  Options options = small_options();
  options.item_capacity = options.context_capacity = 4;
  Tied tied(options);
  tied.learn({{"sea", 9}, {"ship", 9}, {"sail", 5}}, 0);
  tied.learn({{"sea", 9}, {"crew", 9}}, 1);
  CHECK(tied.tokens[1] == std::vector<std::string>{"sea", "ship", "sail", "crew"});
  CHECK(tied.known(1) == std::vector<std::string>{"sea", "ship", "sail", ""});

  // No room is left: the least used rows go, those that stay close up.
  tied.learn({{"crew", 20}, {"rail", 90}, {"train", 90}}, 2);
  const auto& now = tied.tokens[2];
  const auto before = tied.known(2);
  REQUIRE(now.size() == 4);
  for (std::size_t row = 0; row < now.size(); ++row)
    CHECK(before[row] == (now[row] == "rail" || now[row] == "train" ? "" : now[row]));

  // Forgotten between two slices and used again: another life, although the name is the same, and even the row.
  const std::string forgotten = now.back();
  const std::vector<std::string_view> names{forgotten};
  REQUIRE(tied.learner.forget(names) == 1);
  tied.learn({{forgotten, 20}, {now.front(), 9}}, 3);
  REQUIRE(tied.tokens[3] == now);
  for (std::size_t row = 0; row < now.size(); ++row)
    CHECK(tied.known(3)[row] == (now[row] == forgotten ? "" : now[row]));
}

TEST_CASE("links soften with time, and a walk's D of 0 is a link of finite stiffness") {
  Options options = small_options();
  options.diffusion_score_rate = 0;
  options.diffusion = .02F;
  Tied tied(options);
  const Words words{{"sea", 9}, {"ship", 9}};
  tied.learn(words, 0);
  tied.learn(words, 1);
  tied.learn(words, 5);
  CHECK(tied.slices[1].side(Side::items).link[0] == doctest::Approx(1 / .02));
  CHECK(tied.slices[2].side(Side::items).link[0] == doctest::Approx(1 / (.02 * 4)));
  CHECK(tied.slices[2].retained == 1);
  CHECK(tied.slices[0].side(Side::items).start[0] == doctest::Approx(options.prior_precision));

  options.diffusion = options.diffusion_min = 0;
  Tied rigid(options);
  rigid.learn(words, 0);
  rigid.learn(words, 1);
  CHECK(rigid.slices[1].side(Side::items).link[0] ==
        doctest::Approx(1e7 * static_cast<double>(options.prior_precision)));

  options.mean_reversion = .5F;
  Tied reverting(options);
  reverting.learn(words, 0);
  reverting.learn(words, 2);
  const double a = std::exp(-1.);
  CHECK(reverting.slices[1].retained == doctest::Approx(a));
  CHECK(reverting.slices[1].side(Side::items).link[0] ==
        doctest::Approx(static_cast<double>(options.prior_precision) / (1 - a * a)));
}

TEST_CASE("where the filter's D follows the scores, links have the D of the options") {
  Options options = small_options();
  REQUIRE(follows_score(options));
  Tied tied(options);
  const Words some{{"sea", 90}, {"ship", 900}, {"sail", 5}, {"mast", 5}};
  const Words others{{"mast", 90}, {"sail", 900}, {"ship", 5}, {"sea", 5}};
  for (std::int64_t day = 0; day < 4; ++day) tied.learn(day % 2 == 0 ? some : others, day);
  CHECK(tied.learner.state().items.diffusion[0] != options.diffusion);
  CHECK(tied.slices[3].side(Side::items).link[0] == doctest::Approx(1 / static_cast<double>(options.diffusion)));
}

TEST_CASE("new rows are expected at the mean of the rows that had been in data") {
  Tied tied(small_options());
  tied.learn({{"sea", 9}, {"ship", 9}, {"sail", 5}}, 0);
  tied.learn({{"sea", 9}, {"crew", 9}}, 1);
  SmootherSide<float>& side = tied.slices[1].side(Side::items);
  const SideRows<float>& before = tied.slices[0].side(Side::items).rows;
  expect_new_rows(side, before);
  const Eigen::VectorXf mean = (before.row(0) + before.row(1) + before.row(2)) / 3;
  CHECK((side.rows.reference_row(3) - mean).norm() < 1e-6F * mean.norm());
  CHECK(side.rows.reference_row(0).isZero(0));
}

}  // namespace
