#include "border.hpp"

#include <algorithm>
#include <array>

#include <gaugeline/slice.hpp>

namespace gaugeline::c {
namespace {

gaugeline_status status_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::protocol_violation:  // there is no peer
      return GAUGELINE_INVALID_ARGUMENT;
    case ErrorCode::capacity_exceeded:
      return GAUGELINE_CAPACITY_EXCEEDED;
    case ErrorCode::out_of_memory:
      return GAUGELINE_OUT_OF_MEMORY;
    case ErrorCode::bad_data:
      return GAUGELINE_BAD_DATA;
    case ErrorCode::unsupported_version:
      return GAUGELINE_UNSUPPORTED_VERSION;
    case ErrorCode::checksum_mismatch:
      return GAUGELINE_CHECKSUM_MISMATCH;
    case ErrorCode::out_of_order:
      return GAUGELINE_OUT_OF_ORDER;
    case ErrorCode::not_found:
      return GAUGELINE_NOT_FOUND;
    case ErrorCode::io_error:
      return GAUGELINE_IO_ERROR;
    case ErrorCode::no_space:
      return GAUGELINE_NO_SPACE;
    case ErrorCode::permission_denied:
      return GAUGELINE_PERMISSION_DENIED;
  }
  return GAUGELINE_INTERNAL_ERROR;
}

gaugeline_status tell(gaugeline_status status, std::string_view message, gaugeline_error* error) noexcept {
  if (error == nullptr) return status;
  const std::size_t size = std::min(message.size(), sizeof error->message - 1);
  error->status = status;
  std::ranges::copy_n(message.data(), static_cast<std::ptrdiff_t>(size), error->message);
  error->message[size] = '\0';
  return status;
}

}  // namespace

gaugeline_status succeed(gaugeline_error* error) noexcept { return tell(GAUGELINE_OK, "", error); }

gaugeline_status refuse(const Error& reason, gaugeline_error* error) noexcept {
  return tell(status_of(reason.code()), reason.message(), error);
}

gaugeline_status report_exception(std::string_view what, gaugeline_error* error) noexcept {
  return tell(GAUGELINE_INTERNAL_ERROR, what, error);
}

Expected<> require(std::initializer_list<Argument> arguments) noexcept {
  for (const Argument& argument : arguments) {
    if (argument.pointer == nullptr) return fail(ErrorCode::invalid_argument, argument.name, " is NULL");
  }
  return {};
}

Expected<std::string_view> token_of(const char* token, std::size_t bytes, std::string_view name) noexcept {
  if (token == nullptr) return fail(ErrorCode::invalid_argument, name, " is NULL");
  const bool terminated = bytes == GAUGELINE_NUL_TERMINATED;
  if (terminated) {
    bytes = 0;
    while (bytes <= max_token_bytes && token[bytes] != '\0') ++bytes;
  }
  if (bytes == 0 || bytes > max_token_bytes) {
    return fail(ErrorCode::invalid_argument, name, " is a token of ", terminated && bytes != 0 ? "at least " : "",
                bytes, " bytes, not 1 to ", max_token_bytes);
  }
  return std::string_view(token, bytes);
}

Expected<std::string_view> text_of(const char* text, std::string_view name) noexcept {
  if (text == nullptr) return fail(ErrorCode::invalid_argument, name, " is NULL");
  if (*text == '\0') return fail(ErrorCode::invalid_argument, name, " is empty");
  return std::string_view(text);
}

Expected<> check_struct_size(std::size_t given, std::size_t least, std::string_view name) noexcept {
  if (given >= least && given <= longest_struct) return {};
  return fail(ErrorCode::invalid_argument, name, ".struct_size is ", given, ", not ", least,
              " or more: begin with GAUGELINE_SIZED");
}

}  // namespace gaugeline::c

uint32_t gaugeline_abi_version(void) { return GAUGELINE_ABI_VERSION; }
const char* gaugeline_version(void) { return GAUGELINE_VERSION; }

const char* gaugeline_status_name(gaugeline_status status) {
  constexpr std::array names{"success",          "invalid argument",    "capacity exceeded", "out of memory",
                             "bad data",         "unsupported version", "checksum mismatch", "out of order",
                             "not found",        "I/O error",           "unknown status",    "no space",
                             "permission denied"};
  if (status == GAUGELINE_INTERNAL_ERROR) return "internal error";
  return status < 0 || status >= static_cast<gaugeline_status>(names.size()) ? "unknown status"
                                                                             : names[static_cast<std::size_t>(status)];
}
