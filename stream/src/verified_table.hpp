// The verified root table of bytes from outside, in a copy that has the alignment that FlatBuffers wants.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gaugeline::stream {

template <class Table>
class VerifiedTable {
 public:
  explicit VerifiedTable(std::span<const std::byte> bytes, const char* identifier = nullptr)
      : bytes_(bytes.begin(), bytes.end()) {
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes_.data()), bytes_.size());
    if (verifier.VerifyBuffer<Table>(identifier)) root_ = flatbuffers::GetRoot<Table>(bytes_.data());
  }
  explicit operator bool() const noexcept { return root_ != nullptr; }
  const Table* operator->() const noexcept { return root_; }

 private:
  std::vector<std::byte> bytes_;
  const Table* root_ = nullptr;
};

template <class Table>
std::vector<std::byte> finished_bytes(flatbuffers::FlatBufferBuilder& builder, flatbuffers::Offset<Table> root,
                                      const char* identifier = nullptr) {
  builder.Finish(root, identifier);
  const auto bytes = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  return {bytes.begin(), bytes.end()};
}

}  // namespace gaugeline::stream
