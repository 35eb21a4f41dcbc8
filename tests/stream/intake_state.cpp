#include <doctest/doctest.h>

#include <gaugeline/stream/intake.hpp>

#include "intake_events.hpp"

namespace gaugeline::stream {
namespace {

// With something in every part of the state that tokens have.
Intake filled(const IntakeOptions& options) {
  auto intake = Intake::create(options).value();
  for (std::int64_t i = 0; i < 6; ++i) {
    const std::string source = i % 2 == 0 ? "even" : "odd";
    REQUIRE(intake.add(at(9 * i, TokensEvent{{"a", "b", "a"}}, source, std::to_string(i)), "").has_value());
    REQUIRE(intake.add(at(9 * i, BagEvent{{"x", "b"}}, source), "").has_value());
  }
  intake.set_idle("odd");
  return intake;
}

ErrorCode code(const Expected<Intake>& result) {
  REQUIRE(!result.has_value());
  return result.error().code();
}

TEST_CASE("a state that is cut anywhere is refused") {
  const auto options = tens(15);
  const auto bytes = filled(options).encode().value();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = Intake::decode(options, std::span(bytes).first(size));
    CHECK(code(decoded) == (size < 8 ? ErrorCode::bad_data : ErrorCode::checksum_mismatch));
  }
}

TEST_CASE("a state of which any byte is changed is refused") {
  const auto options = tens(15);
  auto bytes = filled(options).encode().value();
  for (std::byte& byte : bytes) {
    for (const auto flip : {std::byte{1}, std::byte{128}}) {
      byte ^= flip;
      CHECK(code(Intake::decode(options, bytes)) == ErrorCode::checksum_mismatch);
      byte ^= flip;
    }
  }
  CHECK(Intake::decode(options, bytes).has_value());
}

TEST_CASE("bytes need no alignment") {
  const auto options = tens(15);
  auto bytes = filled(options).encode().value();
  const auto aligned = bytes;
  bytes.insert(bytes.begin(), std::byte{0});
  CHECK(Intake::decode(options, std::span(bytes).subspan(1)).value().encode().value() == aligned);
}

TEST_CASE("a state goes on with the options that it was made with only, and names the one that differs") {
  const auto options = tens(15);
  const auto bytes = filled(options).encode().value();
  const auto refused = [&](std::string_view name, auto change) {
    auto changed = options;
    change(changed);
    const auto decoded = Intake::decode(changed, bytes);
    CHECK(code(decoded) == ErrorCode::invalid_argument);
    CHECK_MESSAGE(decoded.error().message().find("option " + std::string(name)) != std::string_view::npos,
                  std::string(decoded.error().message()));
  };
  refused("period", [](auto& o) { o.slicing.period = Period{CalendarUnit::day}; });
  refused("lateness", [](auto& o) { o.slicing.lateness = std::chrono::seconds{16}; });
  refused("window", [](auto& o) { o.slicing.window = 6; });
  refused("window_weights", [](auto& o) { o.slicing.window_weights = WindowWeights::falling; });
  refused("form", [](auto& o) { o.slicing.form = SequenceForm::pairs; });
  refused("min_count", [](auto& o) { o.slicing.min_count = 2; });
  refused("vocabulary", [](auto& o) { o.slicing.vocabulary = 9; });
  refused("stop_words", [](auto& o) { o.slicing.stop_words = {"the"}; });
  refused("late", [](auto& o) { o.late = LatePolicy::drop; });
  refused("duplicate_horizon", [](auto& o) { o.duplicate_horizon = 5; });
  refused("max_open_bytes", [](auto& o) { o.max_open_bytes = 1U << 20U; });
  refused("max_sources", [](auto& o) { o.max_sources = 7; });
}

TEST_CASE("the error says both values of the option") {
  const auto bytes = Intake::create(tens(15)).value().encode().value();
  CHECK(Intake::decode(tens(16), bytes).error().message() ==
        "intake: option lateness (microseconds) is 16000000, but the state was made with 15000000");
}

TEST_CASE("no lateness is a lateness of zero") {
  auto options = tens(0);
  const auto bytes = filled(options).encode().value();
  options.slicing.lateness.reset();
  CHECK(Intake::decode(options, bytes).has_value());
}

TEST_CASE("duplicates are recognised across a restart, as far as the horizon") {
  auto options = tens(15);
  options.duplicate_horizon = 2;
  auto intake = Intake::create(options).value();
  for (const auto* const id : {"1", "2", "3"}) REQUIRE(intake.add(token(1, "s", id), "").value() == Fate::counted);
  auto restored = Intake::decode(options, intake.encode().value()).value();
  CHECK(restored.add(token(1, "s", "3"), "").value() == Fate::duplicate);
  CHECK(restored.add(token(1, "s", "2"), "").value() == Fate::duplicate);
  CHECK(restored.add(token(1, "s", "1"), "").value() == Fate::counted);
  CHECK(restored.add(token(1, "s", "2"), "").value() == Fate::counted);
}

TEST_CASE("the order of stop words does not show in the bytes, nor that of sources") {
  auto options = tens(15);
  auto other = options;
  for (int i = 0; i < 100; ++i) options.slicing.stop_words.insert("s" + std::to_string(i));
  other.slicing.stop_words.reserve(10'000);
  for (int i = 100; i-- > 0;) other.slicing.stop_words.insert("s" + std::to_string(i));
  const auto bytes_of = [](const IntakeOptions& asked, const std::vector<std::string>& names) {
    auto intake = Intake::create(asked).value();
    for (const std::string& name : names) REQUIRE(intake.add(token(5, name), "").has_value());
    return intake.encode().value();
  };
  CHECK(bytes_of(options, {"x", "y", "z"}) == bytes_of(other, {"z", "x", "y"}));
}

TEST_CASE("a state is smaller than the estimate of its windows") {
  auto options = tens(100'000);
  auto intake = Intake::create(options).value();
  Random random(1);
  for (std::int64_t i = 0; i < 20'000; ++i) {
    const std::string word = std::to_string(random.bits() % 5000) + std::string(random.bits() % 200, 'x');
    REQUIRE(intake.add(at(i, TokensEvent{{word, "a", "b", "c"}}), "").has_value());
  }
  CHECK(intake.encode().value().size() < intake.open_bytes());
}

}  // namespace
}  // namespace gaugeline::stream
