// The C interface in tests: handles that give themselves back, and slices of C++ in its form.
#pragma once

#include <doctest/doctest.h>
#include <gaugeline/gaugeline.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gaugeline/slice.hpp>

namespace gaugeline::test {

template <class Struct>
Struct sized() {
  Struct value{};
  value.struct_size = sizeof value;
  return value;
}

using COptions = std::unique_ptr<gaugeline_options, decltype(&gaugeline_options_destroy)>;
using CLearner = std::unique_ptr<gaugeline_learner, decltype(&gaugeline_learner_destroy)>;

// What a call said; it must be the status that is expected.
class Call {
 public:
  operator gaugeline_error*() { return &error_; }  // NOLINT(google-explicit-constructor): stands for the last argument
  [[nodiscard]] std::string message() const { return error_.message; }
  [[nodiscard]] gaugeline_status status() const { return error_.status; }

 private:
  gaugeline_error error_{.status = -1, .message = "was not filled in"};
};

// With small capacities, so that a test takes little memory.
inline COptions small_c_options(const char* model = "skipgram",
                                std::initializer_list<std::pair<const char*, const char*>> more = {}) {
  gaugeline_options* options = nullptr;
  Call call;
  REQUIRE(gaugeline_options_create(model, &options, call) == GAUGELINE_OK);
  COptions owned(options, gaugeline_options_destroy);
  const auto set = [&](const char* name, const char* value) {
    const auto status = gaugeline_options_set(options, name, value, call);
    REQUIRE_MESSAGE(status == GAUGELINE_OK, call.message());
  };
  // As support/text_slice.hpp has them.
  set("dimension", "16");
  set("first_slice_sweeps", "4");
  set("negative_head", "32");
  set("negative_tail", "32");
  set("item_capacity", "300");
  set("context_capacity", "300");
  set("slice_token_capacity", "400");
  set("observation_capacity", "32768");
  for (const auto& [name, value] : more) set(name, value);
  return owned;
}

inline CLearner make_learner(const COptions& options) {
  gaugeline_learner* learner = nullptr;
  Call call;
  const auto status = gaugeline_learner_create(options.get(), &learner, call);
  REQUIRE_MESSAGE(status == GAUGELINE_OK, call.message());
  return {learner, gaugeline_learner_destroy};
}

inline gaugeline_tokens in_c(const TokenList& tokens) {
  return {tokens.bytes().data(), tokens.bytes().size(), tokens.ends().data(), tokens.size()};
}

// A slice of C++ in C's form; it views the pairs and values that it converts, and the slice.
class CSlice {
 public:
  explicit CSlice(const SliceView& slice) {
    for (const PairCount& pair : slice.pairs) pairs_.push_back({pair.item, pair.context, pair.weight});
    for (const PairValue& value : slice.values) values_.push_back({value.item, value.context, value.value});
    slice_.begin = slice.interval.begin.time_since_epoch().count();
    slice_.end = slice.interval.end.time_since_epoch().count();
    slice_.item_tokens = in_c(slice.item_tokens);
    slice_.context_tokens = in_c(slice.context_tokens);
    slice_.contexts_are_items = slice.contexts_are_items ? 1 : 0;
    slice_.pairs_are_symmetric = slice.pairs_are_symmetric ? 1 : 0;
    slice_.item_uses = slice.item_uses.empty() ? nullptr : slice.item_uses.data();
    slice_.context_uses = slice.context_uses.empty() ? nullptr : slice.context_uses.data();
    slice_.sequence_ids = slice.sequence_ids.data();
    slice_.sequence_id_count = slice.sequence_ids.size();
    slice_.sequence_ends = slice.sequence_ends.data();
    slice_.sequence_count = slice.sequence_ends.size();
    slice_.window = slice.window;
    slice_.pairs = pairs_.data();
    slice_.pair_count = pairs_.size();
    slice_.values = values_.data();
    slice_.value_count = values_.size();
  }
  CSlice(const CSlice&) = delete;
  CSlice& operator=(const CSlice&) = delete;
  [[nodiscard]] const gaugeline_slice* get() const { return &slice_; }
  [[nodiscard]] gaugeline_slice& operator*() { return slice_; }

 private:
  std::vector<gaugeline_pair> pairs_;
  std::vector<gaugeline_value> values_;
  gaugeline_slice slice_ = sized<gaugeline_slice>();
};

inline void feed(gaugeline_learner* learner, const SliceView& slice) {
  Call call;
  const auto status = gaugeline_learner_feed_slice(learner, CSlice(slice).get(), call);
  REQUIRE_MESSAGE(status == GAUGELINE_OK, call.message());
}

inline gaugeline_report step(gaugeline_learner* learner) {
  auto report = sized<gaugeline_report>();
  std::int32_t learnt = 0;
  Call call;
  const auto status = gaugeline_learner_step(learner, &report, &learnt, call);
  REQUIRE_MESSAGE(status == GAUGELINE_OK, call.message());
  REQUIRE(learnt == 1);
  return report;
}

inline gaugeline_report learn(gaugeline_learner* learner, const SliceView& slice) {
  feed(learner, slice);
  return step(learner);
}

inline gaugeline_table table(const gaugeline_learner* learner, std::int32_t side = GAUGELINE_ITEMS) {
  auto table = sized<gaugeline_table>();
  Call call;
  REQUIRE(gaugeline_learner_table(learner, side, &table, call) == GAUGELINE_OK);
  return table;
}

inline std::string token(const gaugeline_table& table, std::uint32_t row) {
  const std::uint32_t begin = row == 0 ? 0 : table.tokens.ends[row - 1];
  return {table.tokens.bytes + begin, table.tokens.bytes + table.tokens.ends[row]};
}

}  // namespace gaugeline::test
