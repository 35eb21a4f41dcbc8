// Whatever is handed over, the answer is a status with a message: never a crash, an exception or a silent nothing.
#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <thread>

#include <support/text_slice.hpp>

#include "c_learner.hpp"

namespace gaugeline::test {
namespace {

using testing::SequenceSlice;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

#define CHECK_STATUS(call_, status_, part_)                                         \
  do {                                                                              \
    Call call;                                                                      \
    CHECK((call_) == (status_));                                                    \
    CHECK(call.status() == (status_));                                              \
    CHECK_MESSAGE(call.message().find(part_) != std::string::npos, call.message()); \
  } while (false)

TEST_CASE("a NULL that must not be is named by every function") {
  const CLearner owned = make_learner(small_c_options());
  gaugeline_learner* const learner = owned.get();
  const COptions options = small_c_options();
  gaugeline_learner* made = nullptr;
  gaugeline_options* set = nullptr;
  std::uint32_t number = 0;
  std::uint64_t bytes = 0;
  std::int32_t learnt = 0;
  float figure = 0;
  double score = 0;
  gaugeline_neighbor found{};
  auto report = sized<gaugeline_report>();
  auto items = sized<gaugeline_table>();
  auto slice = sized<gaugeline_slice>();
  const gaugeline_tokens none{};
  const gaugeline_moment moment{&figure, 0, 0};
  const auto bad = GAUGELINE_INVALID_ARGUMENT;

  CHECK_STATUS(gaugeline_options_create(nullptr, &set, call), bad, "model is NULL");
  CHECK_STATUS(gaugeline_options_create("skipgram", nullptr, call), bad, "options is NULL");
  CHECK_STATUS(gaugeline_options_load(nullptr, &set, call), bad, "snapshot_path is NULL");
  CHECK_STATUS(gaugeline_options_load("file", nullptr, call), bad, "options is NULL");
  CHECK_STATUS(gaugeline_options_set(nullptr, "seed", "1", call), bad, "options is NULL");
  CHECK_STATUS(gaugeline_options_set(options.get(), nullptr, "1", call), bad, "name is NULL");
  CHECK_STATUS(gaugeline_options_set(options.get(), "seed", nullptr, call), bad, "value is NULL");
  CHECK_STATUS(gaugeline_options_get(options.get(), "seed", nullptr, 9, call), bad, "text is NULL");
  CHECK_STATUS(gaugeline_options_memory_bytes(nullptr, &bytes, call), bad, "options is NULL");
  CHECK_STATUS(gaugeline_options_memory_bytes(options.get(), nullptr, call), bad, "bytes is NULL");
  CHECK_STATUS(gaugeline_learner_create(nullptr, &made, call), bad, "options is NULL");
  CHECK_STATUS(gaugeline_learner_create(options.get(), nullptr, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_load(nullptr, nullptr, &made, call), bad, "snapshot_path is NULL");
  CHECK_STATUS(gaugeline_learner_load("file", nullptr, nullptr, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_open(nullptr, options.get(), &made, call), bad, "data_directory is NULL");
  CHECK_STATUS(gaugeline_learner_open("folder", nullptr, &made, call), bad, "options is NULL");
  CHECK_STATUS(gaugeline_learner_open("folder", options.get(), nullptr, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_save(nullptr, "file", call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_save(learner, nullptr, call), bad, "snapshot_path is NULL");
  CHECK_STATUS(gaugeline_learner_save(learner, "", call), bad, "snapshot_path is empty");
  CHECK_STATUS(gaugeline_learner_feed_slice(nullptr, &slice, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_feed_slice(learner, nullptr, call), bad, "slice is NULL");
  CHECK_STATUS(gaugeline_learner_feed_events(nullptr, "", 0, nullptr, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_feed_events(learner, nullptr, 0, nullptr, call), bad, "lines is NULL");
  CHECK_STATUS(gaugeline_learner_end_events(nullptr, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_waiting(nullptr, &bytes, &bytes, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_step(nullptr, &report, &learnt, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_step(learner, &report, nullptr, call), bad, "learnt is NULL");
  CHECK_STATUS(gaugeline_learner_report(nullptr, &report, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_report(learner, nullptr, call), bad, "report is NULL");
  CHECK_STATUS(gaugeline_learner_forget(nullptr, &none, &bytes, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_forget(learner, nullptr, &bytes, call), bad, "tokens is NULL");
  CHECK_STATUS(gaugeline_learner_table(nullptr, 0, &items, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_table(learner, 0, nullptr, call), bad, "table is NULL");
  CHECK_STATUS(gaugeline_learner_find(nullptr, 0, "a", 1, &number, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_find(learner, 0, nullptr, 1, &number, call), bad, "token is NULL");
  CHECK_STATUS(gaugeline_learner_find(learner, 0, "a", 1, nullptr, call), bad, "row is NULL");
  CHECK_STATUS(gaugeline_learner_neighbors(nullptr, "a", 1, 0, &found, 1, &number, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_neighbors(learner, nullptr, 1, 0, &found, 1, &number, call), bad, "token is NULL");
  CHECK_STATUS(gaugeline_learner_neighbors(learner, "a", 1, 0, nullptr, 1, &number, call), bad, "found is NULL");
  CHECK_STATUS(gaugeline_learner_neighbors(learner, "a", 1, 0, &found, 1, nullptr, call), bad, "count is NULL");
  CHECK_STATUS(gaugeline_learner_nearest(nullptr, &figure, 16, 0, &found, 1, &number, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_nearest(learner, nullptr, 16, 0, &found, 1, &number, call), bad, "vector is NULL");
  CHECK_STATUS(gaugeline_learner_similarity(nullptr, "a", 1, "b", 1, &figure, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_similarity(learner, "a", 1, nullptr, 1, nullptr, call), bad, "similarity is NULL");
  CHECK_STATUS(gaugeline_learner_score(nullptr, "a", 1, "b", 1, &score, call), bad, "learner is NULL");
  CHECK_STATUS(gaugeline_learner_score(learner, "a", 1, "b", 1, nullptr, call), bad, "score is NULL");
  CHECK_STATUS(gaugeline_displacement(nullptr, &moment, 1, &figure, &figure, call), bad, "from is NULL");
  CHECK_STATUS(gaugeline_displacement(&moment, nullptr, 1, &figure, &figure, call), bad, "to is NULL");
  CHECK(made == nullptr);
  CHECK(set == nullptr);
  gaugeline_options_destroy(nullptr);
  gaugeline_learner_destroy(nullptr);
}

TEST_CASE("an error may go unheard, and success clears it") {
  CHECK(gaugeline_options_create("neither", nullptr, nullptr) == GAUGELINE_INVALID_ARGUMENT);
  const COptions options = small_c_options();
  Call call;
  CHECK(gaugeline_options_set(options.get(), "seed", "x", call) == GAUGELINE_INVALID_ARGUMENT);
  CHECK(call.message() == "seed: 'x' is not a whole number, 0 or above");
  CHECK(gaugeline_options_set(options.get(), "seed", "7", call) == GAUGELINE_OK);
  CHECK(call.status() == GAUGELINE_OK);
  CHECK(call.message().empty());
}

TEST_CASE("a call that comes too early says what is missing") {
  const CLearner owned = make_learner(small_c_options());
  gaugeline_learner* const learner = owned.get();
  gaugeline_neighbor found{};
  std::uint32_t count = 7;
  std::int32_t learnt = 7;
  float similarity = 0;
  auto report = sized<gaugeline_report>();
  CHECK_STATUS(gaugeline_learner_report(learner, &report, call), GAUGELINE_NOT_FOUND, "nothing was learnt yet");
  CHECK_STATUS(gaugeline_learner_save(learner, "/nowhere/x", call), GAUGELINE_NOT_FOUND, "nothing was learnt yet");
  CHECK_STATUS(gaugeline_learner_neighbors(learner, "a", 1, 0, &found, 1, &count, call), GAUGELINE_NOT_FOUND,
               "'a' is not known");
  CHECK(count == 0);
  CHECK_STATUS(gaugeline_learner_similarity(learner, "a", 1, "b", 1, &similarity, call), GAUGELINE_NOT_FOUND,
               "'a' is not known");
  CHECK_STATUS(gaugeline_learner_feed_events(learner, "", 0, nullptr, call), GAUGELINE_INVALID_ARGUMENT, "'every'");
  CHECK_STATUS(gaugeline_learner_end_events(learner, call), GAUGELINE_INVALID_ARGUMENT, "'every'");
  // Nothing waits, which is no mistake.
  CHECK_STATUS(gaugeline_learner_step(learner, &report, &learnt, call), GAUGELINE_OK, "");
  CHECK(learnt == 0);
  CHECK(table(learner).rows == 0);
}

TEST_CASE("tokens, figures and shapes that questions come with are checked") {
  const CLearner owned = make_learner(small_c_options());
  gaugeline_learner* const learner = owned.get();
  learn(learner, SequenceSlice(0, 60).view());
  gaugeline_neighbor found{};
  std::uint32_t number = 0;
  const std::string longest(255, 'x');
  const std::string too_long(256, 'x');
  std::vector<float> vector(16, 1);
  auto items = sized<gaugeline_table>();
  const auto bad = GAUGELINE_INVALID_ARGUMENT;

  CHECK_STATUS(gaugeline_learner_find(learner, 0, "", 0, &number, call), bad, "0 bytes, not 1 to 255");
  CHECK_STATUS(gaugeline_learner_find(learner, 0, too_long.data(), 256, &number, call), bad, "256 bytes");
  CHECK_STATUS(gaugeline_learner_find(learner, 0, too_long.c_str(), GAUGELINE_NUL_TERMINATED, &number, call), bad,
               "at least 256 bytes");
  CHECK_STATUS(gaugeline_learner_find(learner, 0, longest.c_str(), GAUGELINE_NUL_TERMINATED, &number, call),
               GAUGELINE_OK, "");
  CHECK(number == GAUGELINE_NO_ROW);
  CHECK_STATUS(gaugeline_learner_find(learner, 2, "w1", 2, &number, call), bad, "side is 2");
  CHECK_STATUS(gaugeline_learner_table(learner, -1, &items, call), bad, "side is -1");
  CHECK_STATUS(gaugeline_learner_neighbors(learner, "w1", 2, nan, &found, 1, &number, call), bad, "min_uses is nan");
  CHECK_STATUS(gaugeline_learner_neighbors(learner, "w1", 2, 0, nullptr, 0, &number, call), GAUGELINE_OK, "");
  CHECK_STATUS(gaugeline_learner_nearest(learner, vector.data(), 15, 0, &found, 1, &number, call), bad,
               "dimension is 15, but the learner's is 16");
  vector[3] = nan;
  CHECK_STATUS(gaugeline_learner_nearest(learner, vector.data(), 16, 0, &found, 1, &number, call), GAUGELINE_BAD_DATA,
               "vector[3] is nan");
  float distance = 0;
  const gaugeline_moment moment{vector.data(), 0, 0};
  const gaugeline_moment upside_down{vector.data(), -1, 0};
  CHECK_STATUS(gaugeline_displacement(&moment, &moment, 0, &distance, nullptr, call), bad, "dimension is 0");
  CHECK_STATUS(gaugeline_displacement(&moment, &moment, 16, &distance, nullptr, call), GAUGELINE_BAD_DATA, "from[3]");
  CHECK_STATUS(gaugeline_displacement(&upside_down, &moment, 2, &distance, nullptr, call), GAUGELINE_BAD_DATA,
               "null_variance is -1");
}

TEST_CASE("structs say how long they are, and a program's shorter or longer one is not overrun") {
  const CLearner owned = make_learner(small_c_options());
  gaugeline_learner* const learner = owned.get();
  learn(learner, SequenceSlice(0, 60).view());
  gaugeline_report unsized{};
  CHECK_STATUS(gaugeline_learner_report(learner, &unsized, call), GAUGELINE_INVALID_ARGUMENT, "struct_size is 0");

  struct Later {  // of a later header
    gaugeline_report report;
    std::uint64_t more = 7;
    std::uint64_t beyond = 7;
  } later{};
  later.report.struct_size = sizeof(gaugeline_report) + sizeof later.more;
  Call call;
  REQUIRE(gaugeline_learner_report(learner, &later.report, call) == GAUGELINE_OK);
  CHECK(later.report.struct_size == sizeof(gaugeline_report) + sizeof later.more);
  CHECK(later.report.item_rows == 60);
  CHECK(later.more == 0);
  CHECK(later.beyond == 7);
}

TEST_CASE("threads that fail at the same time each hear of their own error") {
  const COptions options = small_c_options();
  std::array<std::string, 4> heard;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < heard.size(); ++i) {
      threads.emplace_back([&heard, i] {
        gaugeline_options* made = nullptr;
        Call call;
        for (int again = 0; again < 1000; ++again) gaugeline_options_create(std::to_string(i).c_str(), &made, call);
        heard[i] = call.message();
      });
    }
  }
  for (std::size_t i = 0; i < heard.size(); ++i)
    CHECK(heard[i] == "model: '" + std::to_string(i) + "' is neither skipgram nor gaussian");
}

TEST_CASE("versions and statuses have names") {
  CHECK(gaugeline_abi_version() == GAUGELINE_ABI_VERSION);
  CHECK(std::string(gaugeline_version()).find('.') != std::string::npos);
  CHECK(std::string(gaugeline_status_name(GAUGELINE_OK)) == "success");
  CHECK(std::string(gaugeline_status_name(GAUGELINE_NOT_FOUND)) == "not found");
  CHECK(std::string(gaugeline_status_name(GAUGELINE_PERMISSION_DENIED)) == "permission denied");
  CHECK(std::string(gaugeline_status_name(GAUGELINE_INTERNAL_ERROR)) == "internal error");
  for (const gaugeline_status unknown : {-1, 10, 13, 99, 101, std::numeric_limits<std::int32_t>::min()})
    CHECK(std::string(gaugeline_status_name(unknown)) == "unknown status");
}

}  // namespace
}  // namespace gaugeline::test
