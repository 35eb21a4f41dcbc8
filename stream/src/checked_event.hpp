// The first half of what becomes of an event: its body checked and cut into tokens, before anything is changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/stream/events.hpp>
#include <gaugeline/stream/text.hpp>

namespace gaugeline::stream {

// What is observed; text, tokens and bags are all tokens.
enum class InputKind : std::uint8_t { undecided, tokens, pairs, values };

struct CheckedEvent {
  enum class Form : std::uint8_t { sequence, bag, pair, value };
  Form form = Form::sequence;
  std::span<const std::string> tokens{};  // of a sequence or bag
  std::string_view item{}, context{};     // of a pair or value
  float value = 0;
  std::size_t oversized_tokens = 0;  // words of a text that were left out

  [[nodiscard]] InputKind kind() const noexcept;
};

// Thread-safety: none.
class EventChecker {
 public:
  // ErrorCode::not_found if ICU does not find its data.
  [[nodiscard]] static Expected<EventChecker> create();
  // Views the event, or memory that the next call uses again. ErrorCode::bad_data for a time, token or value that
  // parse_event would have refused, and for a WatermarkEvent, which observes nothing. O(bytes).
  [[nodiscard]] Expected<CheckedEvent> check(const Event& event);

 private:
  explicit EventChecker(Tokenizer tokenizer) noexcept;
  [[nodiscard]] Expected<CheckedEvent> check_body(const TextEvent& event);
  [[nodiscard]] Expected<CheckedEvent> check_body(const TokensEvent& event);
  [[nodiscard]] Expected<CheckedEvent> check_body(const BagEvent& event);
  [[nodiscard]] Expected<CheckedEvent> check_body(const PairEvent& event);
  [[nodiscard]] Expected<CheckedEvent> check_body(const ValueEvent& event);
  [[nodiscard]] Expected<CheckedEvent> check_body(const WatermarkEvent& event);

  Tokenizer tokenizer_;
  std::vector<std::string> words_;  // of the text that was checked last
};

// ErrorCode::bad_data outside of earliest_time to latest_time.
[[nodiscard]] Expected<> check_event_time(Time time) noexcept;

}  // namespace gaugeline::stream
