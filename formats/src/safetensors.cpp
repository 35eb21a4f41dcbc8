#include <gaugeline/formats/safetensors.hpp>

#include <cstdint>
#include <vector>

#include "export_rows.hpp"
#include "little_endian.hpp"

namespace gaugeline::formats {
namespace {

constexpr std::size_t length_bytes = 8;
constexpr std::size_t data_alignment = 8;

struct Tensor {
  std::string_view name;
  std::string_view type;
  std::string shape;  // "[3, 4]"
  std::span<const std::byte> data;
};

// `tensors` lie one behind another, those with the widest numbers first, so that each is aligned.
std::string safetensors_header(std::span<const Tensor> tensors) {
  std::string json = R"({"__metadata__":{"tokens":"token i is bytes [token_ends[i-1], token_ends[i]) of tokens"})";
  std::size_t begin = 0;
  for (const Tensor& tensor : tensors) {
    const std::size_t end = begin + tensor.data.size();
    (json += ",\"").append(tensor.name).append("\":{\"dtype\":\"").append(tensor.type);
    json += "\",\"shape\":" + tensor.shape + ",\"data_offsets\":[" + std::to_string(begin) + ',' + std::to_string(end) +
            "]}";
    begin = end;
  }
  json += '}';
  json.append((data_alignment - json.size() % data_alignment) % data_alignment, ' ');
  std::string header(length_bytes, '\0');
  store(std::as_writable_bytes(std::span(header)), 0, std::uint64_t{json.size()});
  return header + json;
}

}  // namespace

Expected<> export_safetensors(const EmbeddingView& table, const std::filesystem::path& file) {
  const std::string rows = std::to_string(table.size());
  const std::vector<std::int64_t> ends(table.tokens.ends().begin(), table.tokens.ends().end());
  const std::span numbers(table.embeddings.data(), static_cast<std::size_t>(table.embeddings.size()));
  std::vector<Tensor> tensors{
      {"token_ends", "I64", '[' + rows + ']', std::as_bytes(std::span(ends))},
      {"embeddings", "F32", '[' + rows + ',' + std::to_string(table.embeddings.cols()) + ']', std::as_bytes(numbers)}};
  if (!table.precision.empty())
    tensors.push_back({"precision", "F32", '[' + rows + ']', std::as_bytes(table.precision)});
  if (!table.uses.empty()) tensors.push_back({"uses", "F32", '[' + rows + ']', std::as_bytes(table.uses)});
  const auto tokens = std::as_bytes(table.tokens.bytes());
  tensors.push_back({"tokens", "U8", '[' + std::to_string(tokens.size()) + ']', tokens});

  const std::string header = safetensors_header(tensors);
  return write_atomically(file, [&](ByteSink& output) -> Expected<> {
    if (auto written = output.write(std::as_bytes(std::span(header))); !written) return written;
    for (const Tensor& tensor : tensors) {
      if (auto written = output.write(tensor.data); !written) return written;
    }
    return {};
  });
}

}  // namespace gaugeline::formats
