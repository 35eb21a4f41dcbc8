#include "synthetic_events.hpp"

#include <algorithm>
#include <fstream>
#include <vector>

#include <gaugeline/random.hpp>
#include <gaugeline/stream/json_writer.hpp>

namespace gaugeline::cli {
namespace {

constexpr std::uint32_t months = 12;
constexpr std::uint32_t events = 1000;  // a month
constexpr std::uint32_t length = 20;
constexpr std::uint32_t tokens = 5000;
constexpr std::uint32_t topics = 50;

// Ranks in proportion to 1/(rank + 10).
class Ranks {
 public:
  Ranks() {
    double sum = 0;
    for (std::uint32_t rank = 0; rank < tokens; ++rank) sums_.push_back(sum += 1. / (rank + 10));
  }
  std::uint32_t draw(Random& random) const {
    const auto found = std::ranges::lower_bound(sums_, random.uniform() * sums_.back());
    return static_cast<std::uint32_t>(found - sums_.begin());
  }

 private:
  std::vector<double> sums_;
};

}  // namespace

Expected<> write_synthetic_events(const std::filesystem::path& file) {
  std::ofstream out(file);
  Random random(11);
  const Ranks ranks;
  for (std::uint32_t month = 1; month <= months; ++month) {
    const std::string time = (month < 10 ? "2000-0" : "2000-") + std::to_string(month);
    for (std::uint32_t event = 0; event < events; ++event) {
      const auto topic = static_cast<std::uint32_t>(random.bits() % topics);
      stream::JsonWriter json(out);
      json.begin_object().member("time", time).key("tokens").begin_array();
      for (std::uint32_t i = 0; i < length; ++i) {
        const std::uint32_t rank = ranks.draw(random);
        const bool own = random.bits() % 2 == 0;
        json.value("token-" + std::to_string(own ? rank - rank % topics + topic : rank));
      }
      json.end_array().end_object();
    }
  }
  if (!out.flush()) return fail(ErrorCode::io_error, file.native(), ": cannot be written");
  return {};
}

}  // namespace gaugeline::cli
