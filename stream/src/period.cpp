#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <gaugeline/stream/slicer.hpp>

namespace gaugeline::stream {
namespace {

using std::chrono::microseconds;

constexpr std::array<std::string_view, 7> unit_names{"hour", "day", "week", "month", "quarter", "year", "decade"};
constexpr std::array<CalendarUnit, 7> units{CalendarUnit::hour,  CalendarUnit::day,     CalendarUnit::week,
                                            CalendarUnit::month, CalendarUnit::quarter, CalendarUnit::year,
                                            CalendarUnit::decade};

constexpr std::int64_t floor_divide(std::int64_t dividend, std::int64_t divisor) noexcept {
  return dividend / divisor - (dividend % divisor < 0 ? 1 : 0);
}

// Equal windows of one length, counted from an origin: hours, days, weeks.
struct EqualWindows {
  microseconds length;
  Time origin;
  [[nodiscard]] std::int64_t index(Time time) const noexcept {
    return floor_divide((time - origin).count(), length.count());
  }
  [[nodiscard]] Time begin(std::int64_t index) const noexcept { return origin + index * length; }
};

// Windows of so many months, counted from the year 0: months, quarters, years, decades.
struct MonthWindows {
  std::int64_t months;
  [[nodiscard]] std::int64_t index(Time time) const noexcept {
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
    const std::int64_t month = 12 * std::int64_t{int{date.year()}} + unsigned{date.month()} - 1;
    return floor_divide(month, months);
  }
  [[nodiscard]] Time begin(std::int64_t index) const noexcept {
    const std::int64_t year = floor_divide(index * months, 12);
    const auto month = static_cast<unsigned>(index * months - 12 * year + 1);
    return std::chrono::sys_days{std::chrono::year{static_cast<int>(year)} / std::chrono::month{month} / 1};
  }
};

using Windows = std::variant<EqualWindows, MonthWindows>;

Windows windows_of(CalendarUnit unit) noexcept {
  constexpr Time epoch{};
  constexpr Time monday = std::chrono::sys_days{std::chrono::year{1970} / 1 / 5};
  switch (unit) {
    case CalendarUnit::hour:
      return EqualWindows{std::chrono::hours{1}, epoch};
    case CalendarUnit::day:
      return EqualWindows{std::chrono::days{1}, epoch};
    case CalendarUnit::week:
      return EqualWindows{std::chrono::weeks{1}, monday};
    case CalendarUnit::month:
      return MonthWindows{1};
    case CalendarUnit::quarter:
      return MonthWindows{3};
    case CalendarUnit::year:
      return MonthWindows{12};
    case CalendarUnit::decade:
      return MonthWindows{120};
  }
  return MonthWindows{12};
}

Windows windows_of(const Period& period) noexcept {
  if (const auto* unit = std::get_if<CalendarUnit>(&period.length)) return windows_of(*unit);
  return EqualWindows{*std::get_if<microseconds>(&period.length), Time{}};
}

std::int64_t index_of(const Windows& windows, Time time) noexcept {
  return std::visit([&](const auto& kind) { return kind.index(time); }, windows);
}

struct DurationUnit {
  std::string_view name;
  microseconds length;
};
// The longest first, which is how to_string chooses.
constexpr std::array<DurationUnit, 6> duration_units{{{"d", std::chrono::days{1}},
                                                      {"h", std::chrono::hours{1}},
                                                      {"m", std::chrono::minutes{1}},
                                                      {"s", std::chrono::seconds{1}},
                                                      {"ms", std::chrono::milliseconds{1}},
                                                      {"us", microseconds{1}}}};

}  // namespace

TimeInterval Period::window(Time time) const noexcept {
  const auto bounds = [&](const auto& windows) -> TimeInterval {
    const std::int64_t index = windows.index(time);
    return {windows.begin(index), windows.begin(index + 1)};
  };
  return std::visit(bounds, windows_of(*this));
}

Expected<microseconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, count);
  const std::string_view name(end, static_cast<std::size_t>(last - end));
  const auto unit = std::ranges::find(duration_units, name, &DurationUnit::name);
  if (error == std::errc::invalid_argument || unit == duration_units.end())
    return fail(ErrorCode::invalid_argument, "duration \"", text.substr(0, 40),
                "\": not a whole number with one of the units us, ms, s, m, h, d");
  if (error != std::errc{} || count < 0 || count > max_duration / unit->length)
    return fail(ErrorCode::invalid_argument, "duration \"", text.substr(0, 40), "\": not in 0 to ",
                max_duration / std::chrono::days{1}, "d");
  return count * unit->length;
}

Expected<Period> parse_period(std::string_view text) {
  const auto name = std::ranges::find(unit_names, text);
  if (name != unit_names.end()) return Period{units[static_cast<std::size_t>(name - unit_names.begin())]};
  const auto length = parse_duration(text);
  if (!length)
    return fail(ErrorCode::invalid_argument, "period \"", text.substr(0, 40),
                "\": not hour, day, week, month, quarter, year, decade, nor a ", length.error().message());
  if (length->count() == 0) return fail(ErrorCode::invalid_argument, "period \"", text, "\": must be longer than zero");
  return Period{*length};
}

std::string to_string(const Period& period) {
  if (const auto* unit = std::get_if<CalendarUnit>(&period.length))
    return std::string(unit_names[static_cast<std::size_t>(*unit)]);
  const auto length = *std::get_if<microseconds>(&period.length);
  const auto divides = [&](const DurationUnit& unit) { return length % unit.length == microseconds::zero(); };
  const auto& unit = *std::ranges::find_if(duration_units, divides);
  return std::to_string(length / unit.length) + std::string(unit.name);
}

Period choose_period(Time first, Time last) noexcept {
  constexpr std::int64_t fewest = 12;
  constexpr std::int64_t most = 100;
  // From the longest unit to the shortest, the number of windows grows: the first unit with enough of them is the
  // choice, or the one before it where that comes nearer.
  std::int64_t longer_count = 0;
  for (std::size_t i = units.size(); i-- > 0;) {
    const Windows windows = windows_of(units[i]);
    const std::int64_t count = index_of(windows, last) - index_of(windows, first) + 1;
    if (count >= fewest) {
      // Nearness is a ratio: count / most too many against fewest / longer_count too few.
      const bool longer_is_nearer = longer_count > 0 && count > fewest * most / longer_count;
      return Period{longer_is_nearer ? units[i + 1] : units[i]};
    }
    longer_count = count;
  }
  return Period{CalendarUnit::hour};
}

}  // namespace gaugeline::stream
