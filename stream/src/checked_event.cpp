#include "checked_event.hpp"

#include <utility>

namespace gaugeline::stream {
namespace {

using Form = CheckedEvent::Form;

Expected<> check_tokens(std::span<const std::string> tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (auto ok = check_token(tokens[i]); !ok)
      return fail(ErrorCode::bad_data, "token ", i, ": ", ok.error().message());
  }
  return {};
}

Expected<> check_sides(std::string_view item, std::string_view context) {
  if (auto ok = check_token(item); !ok) return std::unexpected(ok.error().within("item"));
  if (auto ok = check_token(context); !ok) return std::unexpected(ok.error().within("context"));
  return {};
}

}  // namespace

InputKind CheckedEvent::kind() const noexcept {
  if (form == Form::pair) return InputKind::pairs;
  return form == Form::value ? InputKind::values : InputKind::tokens;
}

Expected<> check_event_time(Time time) noexcept {
  if (time >= earliest_time && time <= latest_time) return {};
  return fail(ErrorCode::bad_data, "time is ", format_time(time), ", not in the years 0001 to 9999");
}

EventChecker::EventChecker(Tokenizer tokenizer) noexcept : tokenizer_(std::move(tokenizer)) {}

Expected<EventChecker> EventChecker::create() {
  auto tokenizer = Tokenizer::create();
  if (!tokenizer) return std::unexpected(tokenizer.error());
  return EventChecker(*std::move(tokenizer));
}

Expected<CheckedEvent> EventChecker::check(const Event& event) {
  if (auto ok = check_event_time(event.time); !ok) return std::unexpected(ok.error());
  return std::visit([&](const auto& body) { return check_body(body); }, event.body);
}

Expected<CheckedEvent> EventChecker::check_body(const TextEvent& event) {
  words_.clear();
  const auto oversized = tokenizer_.tokenize(event.text, words_);
  if (!oversized) return std::unexpected(oversized.error());
  return CheckedEvent{.form = Form::sequence, .tokens = words_, .oversized_tokens = *oversized};
}

Expected<CheckedEvent> EventChecker::check_body(const TokensEvent& event) {
  if (auto ok = check_tokens(event.tokens); !ok) return std::unexpected(ok.error());
  return CheckedEvent{.form = Form::sequence, .tokens = event.tokens};
}

Expected<CheckedEvent> EventChecker::check_body(const BagEvent& event) {
  if (auto ok = check_tokens(event.tokens); !ok) return std::unexpected(ok.error());
  return CheckedEvent{.form = Form::bag, .tokens = event.tokens};
}

Expected<CheckedEvent> EventChecker::check_body(const PairEvent& event) {
  if (auto ok = check_sides(event.item, event.context); !ok) return std::unexpected(ok.error());
  return CheckedEvent{.form = Form::pair, .item = event.item, .context = event.context};
}

Expected<CheckedEvent> EventChecker::check_body(const ValueEvent& event) {
  if (auto ok = check_sides(event.item, event.context); !ok) return std::unexpected(ok.error());
  if (auto ok = check_value(event.value); !ok) return std::unexpected(ok.error().within("value"));
  return CheckedEvent{
      .form = Form::value, .item = event.item, .context = event.context, .value = static_cast<float>(event.value)};
}

Expected<CheckedEvent> EventChecker::check_body(const WatermarkEvent&) {
  return fail(ErrorCode::bad_data, "a watermark observes nothing");
}

}  // namespace gaugeline::stream
