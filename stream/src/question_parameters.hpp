// The parameters of each question: names, ranges and defaults, said once. HTTP reads questions from them, the client
// writes them, and the flags of `gaugeline query` have the same names (with - for _).
//
// describe(question, visitor) calls, per parameter, one of
//   visitor.text(name, std::string&, Needed)           a token
//   visitor.texts(name, std::vector<std::string>&, Needed)   the parameter may come several times
//   visitor.slice(name, std::string&)                  an index or a time
//   visitor.count(name, std::size_t&, least)           least to largest_count
//   visitor.uses(name, float&)                         0 or more
#pragma once

#include <cstdint>

#include <gaugeline/stream/query.hpp>

namespace gaugeline::stream {

enum class Needed : std::uint8_t { yes, no };

inline constexpr std::size_t largest_count = 1'000'000;

template <class Visitor>
void describe(NeighborsQuestion& question, Visitor& visitor) {
  visitor.text("token", question.token, Needed::yes);
  visitor.slice("slice", question.slice);
  visitor.count("k", question.count, 1);
  visitor.uses("min_uses", question.min_uses);
}

template <class Visitor>
void describe(TranslationQuestion& question, Visitor& visitor) {
  visitor.text("token", question.token, Needed::yes);
  visitor.slice("from", question.from);
  visitor.slice("to", question.to);
  visitor.count("k", question.count, 1);
  visitor.uses("min_uses", question.min_uses);
}

template <class Visitor>
void describe(SimilarityQuestion& question, Visitor& visitor) {
  visitor.text("token", question.token, Needed::yes);
  visitor.texts("other", question.others, Needed::yes);
  visitor.slice("slice", question.slice);
}

template <class Visitor>
void describe(TrajectoryQuestion& question, Visitor& visitor) {
  visitor.text("token", question.token, Needed::yes);
  visitor.texts("other", question.others, Needed::no);
  visitor.slice("from", question.from);
  visitor.slice("to", question.to);
  visitor.count("k", question.count, 1);
  visitor.uses("min_uses", question.min_uses);
}

template <class Visitor>
void describe(DriftQuestion& question, Visitor& visitor) {
  visitor.slice("from", question.from);
  visitor.slice("to", question.to);
  visitor.count("k", question.count, 1);
  visitor.uses("min_uses", question.min_uses);
  visitor.count("skip_commonest", question.skip_commonest, 0);
}

template <class Visitor>
void describe(TokenDriftQuestion& question, Visitor& visitor) {
  visitor.text("token", question.token, Needed::yes);
  visitor.slice("from", question.from);
  visitor.slice("to", question.to);
  visitor.uses("min_uses", question.min_uses);
}

template <class Visitor>
void describe(ScoreQuestion& question, Visitor& visitor) {
  visitor.text("item", question.item, Needed::yes);
  visitor.slice("slice", question.slice);
  visitor.count("k", question.count, 1);
}

}  // namespace gaugeline::stream
