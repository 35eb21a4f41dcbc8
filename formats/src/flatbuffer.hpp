// What all our FlatBuffers have in common: their limit, their verification, and reading of vectors that may be absent.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstring>
#include <span>
#include <vector>

#include <gaugeline/error.hpp>

#include "aligned_bytes.hpp"

namespace gaugeline::formats {

// Offsets inside a FlatBuffer are signed 32 bits; 64 KiB stay free for tables and padding.
inline constexpr std::size_t max_flatbuffer_bytes = (std::size_t{1} << 31U) - (std::size_t{1} << 16U);

// The root of a FlatBuffer, once its identifier and every offset in it have been checked. `what` is for the message.
template <class Root>
[[nodiscard]] Expected<const Root*> verified_root(const AlignedBytes& bytes, const char* identifier, const char* what) {
  // The verifier must not be given more: it asserts.
  if (bytes.size() > max_flatbuffer_bytes)
    return fail(ErrorCode::capacity_exceeded, what, ": ", bytes.size(), " bytes are over the limit of ",
                max_flatbuffer_bytes);
  constexpr std::size_t head_bytes =
      sizeof(flatbuffers::uoffset_t) + flatbuffers::FlatBufferBuilder::kFileIdentifierLength;
  if (bytes.size() < head_bytes || !flatbuffers::BufferHasIdentifier(bytes.data(), identifier))
    return fail(ErrorCode::bad_data, what, ": no file identifier ", identifier, " at offset 4");
  flatbuffers::Verifier verifier(bytes.data(), bytes.size());
  if (!verifier.VerifyBuffer<Root>(identifier))
    return fail(ErrorCode::bad_data, what, ": an offset or a length in the FlatBuffer points outside of it");
  return flatbuffers::GetRoot<Root>(bytes.data());
}

// The elements of a vector of bytes or 4-byte numbers; none if it is absent. (The verifier checks an alignment of 4.)
template <class Element>
[[nodiscard]] std::span<const Element> elements(const flatbuffers::Vector<Element>* vector) noexcept {
  static_assert(sizeof(Element) <= sizeof(flatbuffers::uoffset_t));
  if (vector == nullptr) return {};
  return {reinterpret_cast<const Element*>(vector->Data()), vector->size()};
}

// The same for bigger elements, whose alignment the verifier does not check.
template <class Element, class Vector>
[[nodiscard]] std::vector<Element> copied_elements(const Vector* vector) {
  if (vector == nullptr) return {};
  std::vector<Element> copy(vector->size());
  if (!copy.empty()) std::memcpy(copy.data(), vector->Data(), copy.size() * sizeof(Element));
  return copy;
}

}  // namespace gaugeline::formats
