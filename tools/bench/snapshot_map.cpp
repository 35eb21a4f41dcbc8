// What it takes to open a snapshot in place, and to verify it:
//
//   open      a snapshot of --rows rows, beside one of 1,000: without verification it should not matter how large it is
//   verify    every byte of the large one, beside adding up its 8-byte words through a plain mmap
//   find      a token by binary search in the file's own order, beside a hash table that holds all of them in memory
//
//   bench_snapshot_map --rows 1000000 --dimension 128
//
// The file is in the page cache; each figure is the median of the rounds, all by turns.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include <gaugeline/formats/snapshot_map.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/random.hpp>
#include <support/tokens.hpp>

#include "scratch_folder.hpp"

using namespace gaugeline;
using namespace gaugeline::bench;
using formats::SnapshotMap;
using formats::Verification;

namespace {

struct Arguments {
  std::filesystem::path folder = std::filesystem::temp_directory_path();
  std::size_t rows = 1'000'000;
  std::uint32_t dimension = 128;
  int rounds = 9;
};

double seconds(const std::function<void()>& call) {
  const auto begin = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// A snapshot of random items, and a context.
std::filesystem::path publish(const std::filesystem::path& folder, std::size_t rows, std::uint32_t dimension) {
  Options options = Options::skipgram();
  options.dimension = dimension;
  options.item_capacity = options.context_capacity = static_cast<std::uint32_t>(rows);
  options.anchor_memory = 0;
  Random random(rows);
  const auto tokens = testing::numbered_tokens("token", rows);
  std::vector<float> embeddings(rows * dimension);
  for (float& x : embeddings) x = static_cast<float>(random.uniform()) - .5F;
  const std::vector<float> ones(rows, 1.F);
  const std::vector<std::uint32_t> born(rows, 0);
  const auto side = [&](const TokenList& list) -> SideState<float> {
    const std::span<const float> column = std::span(ones).first(list.size());
    return {
        .tokens = list,
        .embeddings = {embeddings.data(), static_cast<Eigen::Index>(list.size()), static_cast<Eigen::Index>(dimension)},
        .precision = column,
        .diffusion = column,
        .count = column,
        .uses = column,
        .null_variance = column,
        .log_retention = column,
        .gradient_energy = column,
        .frequency = column,
        .born = std::span(born).first(list.size()),
        .candidate_hashes = {},
        .candidate_counts = {}};
  };
  std::vector<double> rotation(std::size_t{dimension} * dimension, 0.);
  for (std::size_t i = 0; i < dimension; ++i) rotation[i * dimension + i] = 1;
  SliceReport report;
  report.interval = testing::day(0);
  report.item_rows = static_cast<std::uint32_t>(rows);
  report.context_rows = 1;
  const auto context = testing::numbered_tokens("context", 1);
  auto store = formats::SnapshotStore::create(folder / std::to_string(rows)).value();
  const auto published =
      store.publish({.lineage = {.run = "0123456789abcdef0123456789abcdef", .program = "bench_snapshot_map"},
                     .options = options,
                     .state = {.slices = 1,
                               .interval = report.interval,
                               .time_unit_seconds = 86400,
                               .dimension = dimension,
                               .items = side(tokens.list()),
                               .contexts = side(context.list()),
                               .rotation = rotation},
                     .report = report,
                     .sources = {}});
  if (!published) throw std::runtime_error(std::string(published.error().message()));
  return store.file(0);
}

// As a program would read a file that it trusts.
std::uint64_t sum_of_words(const std::filesystem::path& file) {
  const std::size_t size = std::filesystem::file_size(file);
  const int descriptor = ::open(file.c_str(), O_RDONLY);
  void* map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
  ::close(descriptor);
  if (map == MAP_FAILED) throw std::runtime_error("cannot map " + file.native());
  const auto* words = static_cast<const std::uint64_t*>(map);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < size / sizeof(std::uint64_t); ++i) sum += words[i];
  ::munmap(map, size);
  return sum;
}

SnapshotMap open(const std::filesystem::path& file, Verification verification) {
  auto map = SnapshotMap::open(file, verification);
  if (!map) throw std::runtime_error(std::string(map.error().message()));
  return std::move(*map);
}

void measure(const Arguments& arguments) {
  const ScratchFolder folder(arguments.folder);
  const auto small = publish(folder.path(), 1000, arguments.dimension);
  const auto large = publish(folder.path(), arguments.rows, arguments.dimension);
  const double bytes = static_cast<double>(std::filesystem::file_size(large));
  constexpr int opens = 20;
  constexpr std::size_t finds = 10'000;
  std::vector<double> open_small, open_large, summing, verifying, finding, hashing;
  std::uint64_t kept = 0;
  const auto map = open(large, Verification::nothing);
  const auto tokens = testing::numbered_tokens("token", arguments.rows);
  std::unordered_map<std::string_view, RowIndex> table;
  for (std::size_t row = 0; row < arguments.rows; ++row) table.emplace(tokens.list()[row], static_cast<RowIndex>(row));
  for (int round = 0; round < arguments.rounds; ++round) {
    const auto open_often = [&](const std::filesystem::path& file) {
      return seconds([&] {
        for (int i = 0; i < opens; ++i) kept += open(file, Verification::nothing).size(Side::items);
      });
    };
    open_small.push_back(open_often(small) / opens);
    open_large.push_back(open_often(large) / opens);
    summing.push_back(seconds([&] { kept += sum_of_words(large); }));
    verifying.push_back(seconds([&] { kept += open(large, Verification::everything).size(Side::items); }));
    Random random(static_cast<std::uint64_t>(round));
    std::vector<std::string_view> wanted;
    for (std::size_t i = 0; i < finds; ++i) wanted.push_back(tokens.list()[random.bits() % arguments.rows]);
    finding.push_back(seconds([&] {
      for (const auto token : wanted) kept += map.find(Side::items, token).value().value();
    }));
    hashing.push_back(seconds([&] {
      for (const auto token : wanted) kept += table.find(token)->second;
    }));
  }
  std::printf("%zu rows x %u, %.0f MB (checked %llu)\n", arguments.rows, arguments.dimension, bytes / 1e6,
              static_cast<unsigned long long>(kept % 10));
  std::printf("  open, nothing verified      %8.1f us, %5.2f of that of 1,000 rows\n", 1e6 * median(open_large),
              median(open_large) / median(open_small));
  std::printf("  open, everything verified   %8.0f MB/s, %5.2f of the speed of summing through mmap\n",
              bytes / 1e6 / median(verifying), median(summing) / median(verifying));
  std::printf("  find a token                %8.2f us, %5.1f times a hash table in memory\n",
              1e6 * median(finding) / finds, median(finding) / median(hashing));
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"Snapshots opened in place"};
  app.add_option("--folder", arguments.folder, "Where the files are written")->capture_default_str();
  app.add_option("--rows", arguments.rows, "Rows of the large snapshot")
      ->check(CLI::Range(1000, 10'000'000))
      ->capture_default_str();
  app.add_option("--dimension", arguments.dimension, "Dimension")->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_option("--rounds", arguments.rounds, "Rounds")->check(CLI::Range(1, 100))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    measure(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_snapshot_map: %s\n", error.what());
    return 1;
  }
  return 0;
}
