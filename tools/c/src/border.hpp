// The border between C and C++: no exception passes it, and every error leaves as a status with a message.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <initializer_list>
#include <new>
#include <span>
#include <string_view>

#include <gaugeline/gaugeline.h>
#include <gaugeline/error.hpp>

namespace gaugeline::c {

gaugeline_status succeed(gaugeline_error* error) noexcept;
gaugeline_status refuse(const Error& reason, gaugeline_error* error) noexcept;
gaugeline_status report_exception(std::string_view what, gaugeline_error* error) noexcept;

// Runs body(), which returns Expected<>.
template <class Body>
gaugeline_status at_border(gaugeline_error* error, const Body& body) noexcept try {
  const Expected<> done = body();
  return done ? succeed(error) : refuse(done.error(), error);
} catch (const std::bad_alloc&) {
  return refuse(Error(ErrorCode::out_of_memory, "there is no memory left"), error);
} catch (const std::exception& exception) {
  return report_exception(exception.what(), error);
} catch (...) {
  return report_exception("an exception of an unknown kind", error);
}

struct Argument {
  const void* pointer;
  std::string_view name;
};
// ErrorCode::invalid_argument names the first that is NULL.
[[nodiscard]] Expected<> require(std::initializer_list<Argument> arguments) noexcept;

// A token as C hands it over.
[[nodiscard]] Expected<std::string_view> token_of(const char* token, std::size_t bytes, std::string_view name) noexcept;
// A path or a name.
[[nodiscard]] Expected<std::string_view> text_of(const char* text, std::string_view name) noexcept;
// An array as C hands it over: NULL is empty, and may have no entries.
template <class Entry>
[[nodiscard]] Expected<std::span<const Entry>> array_of(const Entry* entries, std::size_t count, std::size_t most,
                                                        std::string_view name) noexcept {
  if (count > most) return fail(ErrorCode::capacity_exceeded, name, " has ", count, " entries, more than ", most);
  if (entries == nullptr && count != 0)
    return fail(ErrorCode::invalid_argument, name, " is NULL, but has ", count, " entries");
  return std::span<const Entry>(entries, count);
}

// Structs that begin with their size. A program that was compiled with a later header has longer ones, and with an
// earlier one shorter ones: they end, at the least, with the field that was the last in the first version of the ABI.
inline constexpr std::size_t longest_struct = 4096;
template <class Struct>
inline constexpr std::size_t least_size = 0;
template <>
inline constexpr std::size_t least_size<gaugeline_slice> = offsetof(gaugeline_slice, value_count) + sizeof(size_t);
template <>
inline constexpr std::size_t least_size<gaugeline_events_taken> = sizeof(gaugeline_events_taken);
template <>
inline constexpr std::size_t least_size<gaugeline_report> =
    offsetof(gaugeline_report, unadmitted_observations) + sizeof(double);
template <>
inline constexpr std::size_t least_size<gaugeline_table> =
    offsetof(gaugeline_table, offset_precision) + sizeof(const float*);
[[nodiscard]] Expected<> check_struct_size(std::size_t given, std::size_t least, std::string_view name) noexcept;

// Fills in what the caller's struct has room for.
template <class Struct>
[[nodiscard]] Expected<> fill(Struct* out, Struct values, std::string_view name) noexcept {
  const std::size_t size = out->struct_size;
  if (auto ok = check_struct_size(size, least_size<Struct>, name); !ok) return ok;
  std::memset(static_cast<void*>(out), 0, size);
  values.struct_size = size;
  std::memcpy(static_cast<void*>(out), &values, std::min(size, sizeof(Struct)));
  return {};
}

}  // namespace gaugeline::c
