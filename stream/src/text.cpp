#include <gaugeline/stream/text.hpp>

#include <unicode/ubrk.h>
#include <unicode/ucasemap.h>
#include <unicode/utext.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <gaugeline/slice.hpp>

namespace gaugeline::stream {
namespace {

std::unexpected<Error> icu_failure(std::string_view what, UErrorCode status) {
  const auto code = status == U_MEMORY_ALLOCATION_ERROR ? ErrorCode::out_of_memory : ErrorCode::not_found;
  return fail(code, what, ": ICU says ", u_errorName(status));
}

struct CloseBreaks {
  void operator()(UBreakIterator* breaks) const noexcept { ubrk_close(breaks); }
};
struct CloseCaseMap {
  void operator()(UCaseMap* map) const noexcept { ucasemap_close(map); }
};

// ICU's view of UTF-8 bytes, which reads them in place.
class Utf8View {
 public:
  Utf8View(std::string_view text, UErrorCode& status) noexcept {
    utext_openUTF8(&text_, text.data(), static_cast<std::int64_t>(text.size()), &status);
  }
  Utf8View(const Utf8View&) = delete;
  Utf8View& operator=(const Utf8View&) = delete;
  ~Utf8View() { utext_close(&text_); }
  [[nodiscard]] UText* get() noexcept { return &text_; }

 private:
  UText text_ = UTEXT_INITIALIZER;
};

constexpr bool is_ascii(char c) noexcept { return static_cast<unsigned char>(c) < 0x80; }
constexpr char fold_ascii(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

struct Tokenizer::Impl {
  std::unique_ptr<UBreakIterator, CloseBreaks> breaks;
  std::unique_ptr<UCaseMap, CloseCaseMap> case_map;

  // Appends the folded word; false if that is longer than a token may be.
  [[nodiscard]] bool append_folded(std::string_view word, std::vector<std::string>& tokens) const;
};

bool Tokenizer::Impl::append_folded(std::string_view word, std::vector<std::string>& tokens) const {
  if (word.size() > max_token_bytes) return false;
  if (std::ranges::all_of(word, is_ascii)) {
    std::ranges::transform(word, tokens.emplace_back(word).begin(), fold_ascii);
    return true;
  }
  std::array<char, max_token_bytes> folded{};
  UErrorCode status = U_ZERO_ERROR;
  const std::int32_t size =
      ucasemap_utf8FoldCase(case_map.get(), folded.data(), static_cast<std::int32_t>(folded.size()), word.data(),
                            static_cast<std::int32_t>(word.size()), &status);
  // The one way to fail: folding lengthens some words beyond the limit.
  if (U_FAILURE(status)) return false;
  tokens.emplace_back(folded.data(), static_cast<std::size_t>(size));
  return true;
}

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Expected<Tokenizer> Tokenizer::create() {
  auto impl = std::make_unique<Impl>();
  UErrorCode status = U_ZERO_ERROR;
  impl->breaks.reset(ubrk_open(UBRK_WORD, "", nullptr, 0, &status));
  if (U_FAILURE(status)) return icu_failure("word boundaries", status);
  impl->case_map.reset(ucasemap_open("", U_FOLD_CASE_DEFAULT, &status));
  if (U_FAILURE(status)) return icu_failure("case folding", status);
  return Tokenizer(std::move(impl));
}

Expected<std::size_t> Tokenizer::tokenize(std::string_view text, std::vector<std::string>& tokens) {
  if (text.size() >= std::numeric_limits<std::int32_t>::max())
    return fail(ErrorCode::capacity_exceeded, "a text of ", text.size(), " bytes: the limit is 2 GiB");
  UErrorCode status = U_ZERO_ERROR;
  Utf8View view(text, status);
  UBreakIterator* const breaks = impl_->breaks.get();
  ubrk_setUText(breaks, view.get(), &status);
  if (U_FAILURE(status)) return icu_failure("text", status);

  std::size_t oversized = 0;
  std::int32_t begin = ubrk_first(breaks);
  for (std::int32_t end = ubrk_next(breaks); end != UBRK_DONE; begin = end, end = ubrk_next(breaks)) {
    if (ubrk_getRuleStatus(breaks) < UBRK_WORD_NUMBER) continue;
    const auto word = text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    if (!impl_->append_folded(word, tokens)) ++oversized;
  }
  return oversized;
}

}  // namespace gaugeline::stream
