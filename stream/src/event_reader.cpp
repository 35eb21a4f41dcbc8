#include "event_reader.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "decimal_seconds.hpp"

namespace gaugeline::stream {

EventReader::Place EventReader::place() const noexcept {
  if (depth_ == 0) return Place::outside;
  if (field_ == Field::unknown) return Place::ignored;
  return depth_ == 1 ? Place::value : Place::element;
}

bool EventReader::on_object_begin(ErrorCondition& error) {
  const Place here = place();
  if (here == Place::value || here == Place::element) return proceed(wrong_kind("an object"), error);
  enter();
  return true;
}

bool EventReader::on_array_begin(ErrorCondition& error) {
  const Place here = place();
  if (here == Place::outside || here == Place::element || (here == Place::value && !is_list(field_)))
    return proceed(wrong_kind("a list"), error);
  enter();
  return true;
}

bool EventReader::leave() noexcept {
  --depth_;
  return true;
}

bool EventReader::on_key_part(Text part, std::size_t, ErrorCondition&) {
  if (depth_ == 1) scratch_.append(part.data(), part.size());
  return true;
}

bool EventReader::on_key(Text part, std::size_t size, ErrorCondition& error) {
  if (depth_ != 1) return true;
  on_key_part(part, size, error);
  const std::string key = std::exchange(scratch_, {});
  const auto at = key.empty() ? names.end() : std::ranges::find(names, key);
  field_ = at == names.end() ? Field::unknown : static_cast<Field>(at - names.begin());
  if (field_ == Field::unknown) return true;
  if (given(field_)) return proceed(fail(ErrorCode::bad_data, "\"", key, "\" is given twice"), error);
  given_[static_cast<std::size_t>(field_)] = true;
  return true;
}

bool EventReader::on_string_part(Text part, std::size_t, ErrorCondition&) {
  if (place() != Place::ignored) scratch_.append(part.data(), part.size());
  return true;
}

bool EventReader::on_string(Text part, std::size_t size, ErrorCondition& error) {
  switch (place()) {
    case Place::ignored:
      return true;
    case Place::outside:
      return proceed(wrong_kind("a string"), error);
    case Place::value:
      on_string_part(part, size, error);
      return proceed(keep_string(), error);
    case Place::element:
      if (scratch_.empty()) return proceed(keep_element(part), error);  // most have no escapes, and come in one piece
      on_string_part(part, size, error);
      return proceed(keep_element(std::exchange(scratch_, {})), error);
  }
  return true;
}

bool EventReader::on_number(std::string_view digits, ErrorCondition& error) {
  if (place() == Place::ignored) return true;
  if (place() != Place::value) return proceed(wrong_kind("a number"), error);
  return proceed(keep_number(digits), error);
}

bool EventReader::on_bool(bool truth, ErrorCondition& error) {
  if (place() != Place::value || field_ != Field::watermark) return on_other("true or false", error);
  return truth || proceed(wrong_kind("false"), error);
}

bool EventReader::on_other(std::string_view found, ErrorCondition& error) {
  return place() == Place::ignored || proceed(wrong_kind(found), error);
}

Expected<> EventReader::keep_string() {
  std::string text = std::exchange(scratch_, {});
  if (field_ == Field::watermark && text == "end") {
    end_ = true;
    return {};
  }
  if (is_list(field_) || field_ == Field::value || field_ == Field::watermark) return wrong_kind("a string");
  if (field_ == Field::time) {
    const auto time = parse_time(text);
    if (!time) return std::unexpected(time.error());
    time_ = *time;
    return {};
  }
  if (field_ == Field::item || field_ == Field::context) {
    if (auto ok = check_token(text); !ok) return std::unexpected(ok.error().within(name(field_)));
  }
  string(field_) = std::move(text);
  return {};
}

Expected<> EventReader::keep_element(std::string_view token) {
  const std::size_t limit = field_ == Field::bag ? limits_.bag : limits_.tokens;
  if (tokens_.size() == limit)
    return fail(ErrorCode::bad_data, "\"", name(field_), "\" has more than ", limit, " tokens");
  if (auto ok = check_token(token); !ok)
    return fail(ErrorCode::bad_data, "\"", name(field_), "\"[", tokens_.size(), "]: ", ok.error().message());
  tokens_.emplace_back(token);
  return {};
}

Expected<> EventReader::keep_number(std::string_view digits) {
  if (field_ == Field::time) {
    const auto seconds = parse_decimal_seconds(digits);
    if (!seconds || Time{*seconds} < earliest_time || Time{*seconds} > latest_time)
      return fail(ErrorCode::bad_data, "\"time\" is not in the years 0001 to 9999: is ", digits.substr(0, 40),
                  " in seconds since 1970?");
    time_ = Time{*seconds};
    return {};
  }
  if (field_ != Field::value) return wrong_kind("a number");
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value_);
  if (error != std::errc{})
    return fail(ErrorCode::bad_data, "\"value\" is ", digits.substr(0, 40), ", out of the range of double");
  if (auto ok = check_value(value_); !ok) return std::unexpected(ok.error().within("\"value\""));
  return {};
}

std::unexpected<Error> EventReader::wrong_kind(std::string_view found) const {
  if (place() == Place::outside) return fail(ErrorCode::bad_data, "an event is a JSON object, not ", found);
  if (place() == Place::element)
    return fail(ErrorCode::bad_data, "\"", name(field_), "\"[", tokens_.size(), "] is ", found, ", not a string");
  const std::string_view wanted = is_list(field_)              ? "a list of strings"
                                  : field_ == Field::time      ? "a string or a number"
                                  : field_ == Field::value     ? "a number"
                                  : field_ == Field::watermark ? "true or \"end\""
                                                               : "a string";
  return fail(ErrorCode::bad_data, "\"", name(field_), "\" is ", found, ", not ", wanted);
}

bool EventReader::proceed(const Expected<>& result, ErrorCondition& error) {
  if (result) return true;
  refusal_ = result.error();
  error = boost::json::error::syntax;  // stops the parser; parse_event reports the refusal instead
  return false;
}

Expected<> EventReader::check_form() const {
  if (!given(Field::time) && !end_) return fail(ErrorCode::bad_data, "\"time\" is missing");
  const bool of_pair = given(Field::item) || given(Field::context) || given(Field::value);
  const int forms = int{given(Field::text)} + int{given(Field::tokens)} + int{given(Field::bag)} + int{of_pair} +
                    int{given(Field::watermark)};
  if (forms != 1)
    return fail(ErrorCode::bad_data,
                "an event has either \"text\", \"tokens\", \"bag\", \"item\" and \"context\", or \"watermark\"; ",
                forms == 0 ? "here is none of them" : "here are several of them");
  if (of_pair && !given(Field::item)) return fail(ErrorCode::bad_data, "\"item\" is missing");
  if (of_pair && !given(Field::context)) return fail(ErrorCode::bad_data, "\"context\" is missing");
  return {};
}

Expected<Event> EventReader::take_event() {
  if (auto ok = check_form(); !ok) return std::unexpected(ok.error());
  if (!end_ && time_ > limits_.latest)
    return fail(ErrorCode::bad_data, "\"time\" is ", format_time(time_),
                ", too far ahead: the latest that is taken is ", format_time(limits_.latest));
  Event event{time_, std::move(string(Field::source)), std::move(string(Field::id)), {}};
  if (given(Field::watermark)) {
    event.body = WatermarkEvent{end_};
  } else if (given(Field::text)) {
    event.body = TextEvent{std::move(string(Field::text))};
  } else if (given(Field::tokens)) {
    event.body = TokensEvent{std::move(tokens_)};
  } else if (given(Field::bag)) {
    event.body = BagEvent{std::move(tokens_)};
  } else if (given(Field::value)) {
    event.body = ValueEvent{std::move(string(Field::item)), std::move(string(Field::context)), value_};
  } else {
    event.body = PairEvent{std::move(string(Field::item)), std::move(string(Field::context))};
  }
  return event;
}

}  // namespace gaugeline::stream
