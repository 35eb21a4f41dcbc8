// Options by name: each can be listed, read as text and set from it.
#include <doctest/doctest.h>

#include <array>

#include <gaugeline/online_learner.hpp>
#include <support/text_slice.hpp>

#include "c_learner.hpp"

namespace gaugeline::test {
namespace {

std::string get(const COptions& options, const char* name) {
  std::array<char, 64> text{};
  Call call;
  REQUIRE(gaugeline_options_get(options.get(), name, text.data(), text.size(), call) == GAUGELINE_OK);
  return text.data();
}

COptions defaults(const char* model) {
  gaugeline_options* options = nullptr;
  Call call;
  REQUIRE(gaugeline_options_create(model, &options, call) == GAUGELINE_OK);
  return {options, gaugeline_options_destroy};
}

TEST_CASE("every option that is listed can be read, and set to what was read") {
  const COptions options = small_c_options("skipgram", {{"every", "90m"}, {"lateness", "10s"}, {"late", "drop"}});
  const COptions copy = defaults("gaussian");
  std::size_t count = 0;
  Call call;
  for (; gaugeline_options_name(count) != nullptr; ++count) {
    const char* const name = gaugeline_options_name(count);
    const std::string value = get(options, name);
    REQUIRE(gaugeline_options_set(copy.get(), name, value.c_str(), call) == GAUGELINE_OK);
    CHECK_MESSAGE(get(copy, name) == value, name);
  }
  CHECK(count > 40);
  CHECK(get(copy, "likelihood") == "skipgram");
  CHECK(get(copy, "every") == "90m");
  CHECK(get(copy, "late") == "drop");
  CHECK(gaugeline_options_name(count + 1000) == nullptr);
}

TEST_CASE("the models have their own defaults") {
  CHECK(get(defaults("skipgram"), "prior_precision") == "10");
  CHECK(get(defaults("gaussian"), "prior_precision") == "3");
  CHECK(get(defaults("gaussian"), "likelihood") == "gaussian");
  CHECK(get(defaults("skipgram"), "every").empty());
}

TEST_CASE("the memory that is told is that of C++") {
  std::uint64_t bytes = 0;
  Call call;
  REQUIRE(gaugeline_options_memory_bytes(small_c_options().get(), &bytes, call) == GAUGELINE_OK);
  CHECK(bytes == memory_bytes<float>(testing::small_options()));
}

TEST_CASE("what cannot be set says why, and leaves the value as it was") {
  const COptions options = small_c_options();
  const auto refused = [&](const char* name, const char* value) {
    Call call;
    CHECK(gaugeline_options_set(options.get(), name, value, call) != GAUGELINE_OK);
    return call.message();
  };
  CHECK(refused("dimensions", "8") == "there is no option 'dimensions'");
  CHECK(refused("dimension", "8.5") == "dimension: '8.5' is not a whole number, 0 or above");
  CHECK(refused("dimension", "-1") == "dimension: '-1' is not a whole number, 0 or above");
  CHECK(refused("dimension", "99999999999") == "dimension: '99999999999' is out of range");
  CHECK(refused("dimension", "") == "dimension: '' is not a whole number, 0 or above");
  CHECK(refused("diffusion", "a lot") == "diffusion: 'a lot' is not a number");
  CHECK(refused("coupling", "tight") == "coupling: 'tight' is neither random-walk nor none");
  CHECK(refused("every", "fortnight").find("every: ") == 0);
  CHECK(get(options, "dimension") == "16");
}

TEST_CASE("options out of range are refused where a learner is made") {
  const auto refused = [](const char* name, const char* value) {
    gaugeline_learner* learner = nullptr;
    Call call;
    const auto options = small_c_options("skipgram", {{"every", "day"}, {name, value}});
    CHECK(gaugeline_learner_create(options.get(), &learner, call) == GAUGELINE_INVALID_ARGUMENT);
    CHECK(learner == nullptr);
    return call.message();
  };
  CHECK(refused("dimension", "0") == "dimension is 0, not 1 to 1024");
  CHECK(refused("diffusion", "nan") == "diffusion is nan, not 0 to 1e12");
  CHECK(refused("threads", "0").find("worker_capacity") == 0);
  CHECK(refused("max_open_bytes", "1").find("max_open_bytes is 1") == 0);
  CHECK(refused("window", "256").find("window") == 0);
}

TEST_CASE("text that does not fit is refused with the length that it takes") {
  std::array<char, 3> text{'x', 'x', 'x'};
  Call call;
  CHECK(gaugeline_options_get(small_c_options().get(), "item_capacity", text.data(), 3, call) ==
        GAUGELINE_CAPACITY_EXCEEDED);
  CHECK(call.message() == "item_capacity takes 4 bytes, not 3");
  CHECK(text[0] == 'x');
}

}  // namespace
}  // namespace gaugeline::test
