// Events for an Intake, at seconds of 1970 in windows of ten, and its slices as bytes that can be compared.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gaugeline/random.hpp>
#include <gaugeline/stream/intake.hpp>

namespace gaugeline::stream {

using Bytes = std::vector<std::byte>;

inline Time second(std::int64_t count) { return Time{std::chrono::seconds{count}}; }

template <class Body>
Event at(std::int64_t time, Body body, std::string source = "", std::string id = "") {
  return {second(time), std::move(source), std::move(id), std::move(body)};
}

inline Event token(std::int64_t time, std::string source = "", std::string id = "") {
  return at(time, TokensEvent{{"a"}}, std::move(source), std::move(id));
}

inline IntakeOptions tens(std::int64_t lateness = 0) {
  IntakeOptions options;
  options.slicing.period = Period{std::chrono::microseconds{std::chrono::seconds{10}}};
  options.slicing.lateness = std::chrono::seconds{lateness};
  return options;
}

inline Bytes slice_bytes(const SliceView& slice) {
  auto bytes = formats::encode_slice(slice);
  REQUIRE_MESSAGE(bytes.has_value(), std::string(bytes ? "" : bytes.error().message()));
  return *std::move(bytes);
}

inline std::vector<formats::SliceData> take_slices(Intake& intake) {
  std::vector<formats::SliceData> slices;
  for (;;) {
    auto slice = intake.next_slice();
    REQUIRE(slice.has_value());
    if (!*slice) return slices;
    slices.push_back(**std::move(slice));
  }
}

inline void append_slices(Intake& intake, std::vector<Bytes>& bytes) {
  for (const auto& slice : take_slices(intake)) bytes.push_back(slice_bytes(slice.view()));
}

// The second at which each slice begins.
inline std::vector<std::int64_t> begins(const std::vector<formats::SliceData>& slices) {
  std::vector<std::int64_t> seconds;
  for (const auto& slice : slices)
    seconds.push_back(
        std::chrono::duration_cast<std::chrono::seconds>(slice.interval.begin.time_since_epoch()).count());
  return seconds;
}

enum class Form : std::uint8_t { text, tokens, bag, pair, value };
inline constexpr Form all_forms[] = {Form::text, Form::tokens, Form::bag, Form::pair, Form::value};

// Few tokens, so that they come again; tokens mixed with bags and text where the forms allow it.
inline Event random_event(Random& random, Form form, std::int64_t time) {
  const auto word = [&] { return "w" + std::to_string(random.bits() % 9); };
  std::vector<std::string> words(random.bits() % 6);
  for (std::string& each : words) each = word();
  switch (form) {
    case Form::text: {
      std::string text;
      for (const std::string& each : words) text += each + ", ";
      return at(time, TextEvent{text});
    }
    case Form::tokens:
      return at(time, TokensEvent{words});
    case Form::bag:
      return at(time, BagEvent{words});
    case Form::pair:
      return at(time, PairEvent{word(), word()});
    case Form::value:
      return at(time, ValueEvent{word(), word(), random.normal()});
  }
  return {};
}

}  // namespace gaugeline::stream
