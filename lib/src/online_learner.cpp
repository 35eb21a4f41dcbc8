#include <gaugeline/online_learner.hpp>

#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "filter.hpp"

namespace gaugeline {

// The filter lies at the beginning of the reserved memory, what it needs behind it.
template <class Scalar>
class OnlineLearner<Scalar>::Impl : public Filter<Scalar> {
 public:
  using Filter<Scalar>::Filter;

  static std::size_t bytes(const Options& options) noexcept {
    Arena measure;
    measure.take<Impl>(1);
    Impl(options).reserve(measure);
    return measure.used();
  }
  static Impl* place(const Options& options, std::byte* memory) noexcept {
    Arena arena(memory);
    Impl* const impl = new (arena.take<Impl>(1).data()) Impl(options);
    impl->reserve(arena);
    return impl;
  }
};

template <class Scalar>
std::size_t memory_bytes(const Options& options) noexcept {
  return validate(options) ? OnlineLearner<Scalar>::Impl::bytes(options) : 0;
}

template <class Scalar>
Expected<OnlineLearner<Scalar>> OnlineLearner<Scalar>::create(const Options& options) noexcept {
  if (auto ok = validate(options); !ok) return std::unexpected(ok.error());
  const std::size_t bytes = Impl::bytes(options);
  auto* const memory = static_cast<std::byte*>(::operator new(bytes, std::align_val_t(arena_alignment), std::nothrow));
  if (memory == nullptr) return fail(ErrorCode::out_of_memory, "no ", bytes, " bytes for the learner");
  return OnlineLearner(Impl::place(options, memory), memory);
}

template <class Scalar>
Expected<OnlineLearner<Scalar>> OnlineLearner<Scalar>::create(const Options& options,
                                                              std::span<std::byte> memory) noexcept {
  if (auto ok = validate(options); !ok) return std::unexpected(ok.error());
  const std::size_t bytes = Impl::bytes(options);
  if (memory.size() < bytes)
    return fail(ErrorCode::out_of_memory, "the learner needs ", bytes, " bytes, not ", memory.size());
  if (reinterpret_cast<std::uintptr_t>(memory.data()) % arena_alignment != 0)
    return fail(ErrorCode::invalid_argument, "the learner's memory is not aligned to ", arena_alignment, " bytes");
  return OnlineLearner(Impl::place(options, memory.data()), nullptr);
}

template <class Scalar>
OnlineLearner<Scalar>::OnlineLearner(Impl* impl, std::byte* owned) noexcept : impl_(impl), owned_(owned) {}

template <class Scalar>
OnlineLearner<Scalar>::OnlineLearner(OnlineLearner&& from) noexcept
    : impl_(std::exchange(from.impl_, nullptr)), owned_(std::exchange(from.owned_, nullptr)) {}

template <class Scalar>
OnlineLearner<Scalar>& OnlineLearner<Scalar>::operator=(OnlineLearner&& from) noexcept {
  std::swap(impl_, from.impl_);
  std::swap(owned_, from.owned_);
  return *this;
}

template <class Scalar>
OnlineLearner<Scalar>::~OnlineLearner() {
  if (impl_ != nullptr) impl_->~Impl();
  ::operator delete(owned_, std::align_val_t(arena_alignment));
}

template <class Scalar>
Expected<> OnlineLearner<Scalar>::admit(const TokenList& items, const TokenList& contexts) noexcept {
  return impl_->model().admit(items, contexts);
}
template <class Scalar>
Expected<SliceReport> OnlineLearner<Scalar>::learn(const SliceView& slice, Executor& executor) noexcept {
  return impl_->learn(slice, executor);
}
template <class Scalar>
std::size_t OnlineLearner<Scalar>::forget(std::span<const std::string_view> tokens) noexcept {
  return impl_->model().forget(tokens);
}
template <class Scalar>
Expected<> OnlineLearner<Scalar>::rotate(const Eigen::Ref<const Eigen::MatrixXd>& rotation) noexcept {
  return impl_->model().rotate(rotation);
}
template <class Scalar>
LearnerState<Scalar> OnlineLearner<Scalar>::state() const noexcept {
  return impl_->model().state();
}
template <class Scalar>
Expected<> OnlineLearner<Scalar>::restore(const LearnerState<Scalar>& state) noexcept {
  return impl_->model().restore(state);
}
template <class Scalar>
RowIndex OnlineLearner<Scalar>::find(Side side, std::string_view token) const noexcept {
  return impl_->model().side(side).vocabulary.find(token);
}
template <class Scalar>
bool OnlineLearner<Scalar>::holds(std::string_view token) const noexcept {
  return impl_->model().items.holds(token) || impl_->model().contexts.holds(token);
}
template <class Scalar>
const Options& OnlineLearner<Scalar>::options() const noexcept {
  return impl_->model().options;
}

template std::size_t memory_bytes<float>(const Options&) noexcept;
template std::size_t memory_bytes<double>(const Options&) noexcept;
template class OnlineLearner<float>;
template class OnlineLearner<double>;

}  // namespace gaugeline
