// How often each token was used over all slices of a data directory: what protocols of evaluation choose tokens by.
#pragma once

#include <cstdint>
#include <vector>

#include <gaugeline/options.hpp>
#include <gaugeline/stream/query.hpp>

#include "lexicon.hpp"

namespace gaugeline::stream {

struct SliceUses {
  std::vector<SliceStamp> slices;  // that are there, in the order of time
  std::uint32_t dimension = 0;     // the same in all of them
  Likelihood likelihood = Likelihood::skipgram;
  Lexicon tokens;            // all that have an item row in one of them
  std::vector<double> uses;  // by id of the lexicon

  // Ids of the tokens used at least min_uses times, the most used first, equal uses by text.
  [[nodiscard]] std::vector<std::uint32_t> frequent(float min_uses) const;
};

// Reads every snapshot. ErrorCode::not_found if there is none, bad_data if their dimensions differ.
[[nodiscard]] Expected<SliceUses> count_uses(const formats::SnapshotStore& store);

// By id of the lexicon: the row that has the token, or no_row.
[[nodiscard]] std::vector<RowIndex> rows_by_id(const TokenList& tokens, const Lexicon& lexicon);

}  // namespace gaugeline::stream
