// How much memory the bodies of messages take together while they come in and wait for room.
//
// The first part of each body is free, so that small messages always go through: what `gaugeline send` makes of lines
// of events is one. What a body grows beyond that is taken from the budget as it comes, whatever its length claims to
// be, and given back when the message is passed on or refused. Where nothing is left the body is refused, and its
// sender comes again: nobody waits while holding a share, so nobody waits for ever.
//
// Lives in the network's thread. A budget must outlive its claims.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

#include <gaugeline/error.hpp>

namespace gaugeline::stream {

class BodyBudget {
 public:
  static constexpr std::size_t free_bytes = std::size_t{128} << 10U;  // of each body
  // What comes of a body at least within the time limit of a sender that stalls, or else its rest: so that nobody keeps
  // a share for ever by sending a byte now and then.
  static constexpr std::size_t least_progress = std::size_t{256} << 10U;

  // `refused` is called for each body that there was no room for.
  BodyBudget(std::size_t bytes, std::function<void()> refused) : bytes_(bytes), refused_(std::move(refused)) {}
  BodyBudget(const BodyBudget&) = delete;
  BodyBudget& operator=(const BodyBudget&) = delete;

  [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

 private:
  friend class BodyClaim;
  std::size_t bytes_;
  std::size_t taken_ = 0;
  std::function<void()> refused_;
};

// The share of one body.
class BodyClaim {
 public:
  explicit BodyClaim(BodyBudget& budget) noexcept : budget_(&budget) {}
  BodyClaim(BodyClaim&& other) noexcept : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  BodyClaim& operator=(BodyClaim&&) = delete;
  ~BodyClaim() { give_back(); }

  // For a body that takes so much memory now. ErrorCode::capacity_exceeded: there is no room, and all is given back.
  [[nodiscard]] Expected<> cover(std::size_t body_bytes) {
    const std::size_t wanted = body_bytes - std::min(body_bytes, BodyBudget::free_bytes);
    const std::size_t others = budget_->taken_ - bytes_;
    if (wanted > budget_->bytes_ - others) {
      give_back();
      budget_->refused_();
      return fail(ErrorCode::capacity_exceeded, "there is no room for large messages now, of which ", others,
                  " bytes are coming in already (--body-bytes): try again");
    }
    budget_->taken_ = others + wanted;
    bytes_ = wanted;
    return {};
  }
  // Leaves an empty claim here, for the next body.
  [[nodiscard]] BodyClaim pass_on() noexcept { return std::move(*this); }
  void give_back() noexcept { budget_->taken_ -= std::exchange(bytes_, 0); }

 private:
  BodyBudget* budget_;
  std::size_t bytes_ = 0;
};

}  // namespace gaugeline::stream
