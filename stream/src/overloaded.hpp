// Several functions as one, for std::visit.
#pragma once

namespace gaugeline::stream {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace gaugeline::stream
