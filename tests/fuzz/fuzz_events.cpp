// Everything of ours that reads people's text: events, times, periods, and words.
//
// The first byte chooses the reader, so that one corpus serves all of them. Laws that must hold whatever the bytes are:
// an event that is read has a time that can be written and read back, and is taken by a Slicer, whose slices are valid.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/slice.hpp>
#include <gaugeline/stream/events.hpp>
#include <gaugeline/stream/slicer.hpp>
#include <gaugeline/stream/text.hpp>

namespace {

using namespace gaugeline;
using namespace gaugeline::stream;

void require(bool holds, const char* law) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", law);
  std::abort();
}

// Small limits, so that the fuzzer reaches them.
constexpr EventLimits limits{.line_bytes = 4096, .tokens = 64, .bag = 16};

void read_event(std::string_view line) {
  const auto event = parse_event(line, limits);
  if (!event) return;
  const auto again = parse_time(format_time(event->time));
  require(again && *again == event->time, "a time that was read is written and read back");

  for (const SequenceForm form : {SequenceForm::sequences, SequenceForm::pairs}) {
    SlicerOptions options;
    options.form = form;
    auto slicer = Slicer::create(options);
    require(slicer.has_value() && slicer->add(*event).has_value(), "an event that was read is taken");
    const auto done = slicer->finish([](const SliceView& slice) { return validate(slice); });
    require(done.has_value(), "its slice is valid");
  }
}

void read_time(std::string_view text) {
  const auto time = parse_time(text);
  if (!time) return;
  require(*time >= earliest_time && *time <= latest_time, "a time lies in event time");
  require(parse_time(format_time(*time)).value() == *time, "a time that was read is written and read back");
}

void read_period(std::string_view text) {
  const auto period = parse_period(text);
  if (!period) return;
  for (const Time time : {earliest_time, Time{}, latest_time}) {
    const TimeInterval window = period->window(time);
    require(window.begin <= time && time < window.end, "a window holds its time");
  }
  const auto again = parse_period(to_string(*period));
  require(again && again->length == period->length, "a period that was read is written and read back");
}

void read_words(std::string_view text) {
  static Tokenizer tokenizer = Tokenizer::create().value();
  std::vector<std::string> tokens;
  require(tokenizer.tokenize(text, tokens).has_value(), "any bytes are cut into words");
  for (const std::string& token : tokens) require(check_token(token).has_value(), "a word is a token");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (*data % 4) {
    case 0:
      read_event(text);
      break;
    case 1:
      read_time(text);
      break;
    case 2:
      read_period(text);
      break;
    default:
      read_words(text);
  }
  return 0;
}
