#include <chrono>
#include <ctime>

#include "http_connection.hpp"

namespace gaugeline::stream {
namespace {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7), whatever the locale.
std::string date(std::chrono::system_clock::time_point now) {
  using namespace std::chrono;
  constexpr std::string_view days = "SunMonTueWedThuFriSat";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto day = floor<std::chrono::days>(now);
  const year_month_day calendar(day);
  const hh_mm_ss clock(floor<seconds>(now - day));
  const auto two = [](auto number) {
    const std::string text = std::to_string(number);
    return text.size() < 2 ? "0" + text : text;
  };
  return std::string(days.substr(std::size_t{3} * weekday(day).c_encoding(), 3)) + ", " +
         two(static_cast<unsigned>(calendar.day())) + ' ' +
         std::string(months.substr(std::size_t{3} * (static_cast<unsigned>(calendar.month()) - 1), 3)) + ' ' +
         std::to_string(static_cast<int>(calendar.year())) + ' ' + two(clock.hours().count()) + ':' +
         two(clock.minutes().count()) + ':' + two(clock.seconds().count()) + " GMT";
}

// 1xx, 204 and 304 have no content, and say nothing of its length.
bool has_content(unsigned status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

std::string response_head(const HttpResponse& response, std::optional<std::uint64_t> length, bool last) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  head.append(http::obsolete_reason(http::int_to_status(response.status))).append("\r\n");
  const auto add = [&](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  add("Date", date(std::chrono::system_clock::now()));
  add("Server", "gaugeline");
  if (!response.content_type.empty()) {
    add("Content-Type", response.content_type);
    add("X-Content-Type-Options", "nosniff");
  }
  if (length && has_content(response.status)) add("Content-Length", std::to_string(*length));
  for (const auto& [name, value] : response.fields) add(name, value);
  if (last) add("Connection", "close");
  return head.append("\r\n");
}

}  // namespace gaugeline::stream
