#include "spectrum_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

constexpr std::string_view rotation_color = "#cc3311";
constexpr std::string_view stretch_color = "#4477aa";
constexpr double panel_width = 400, panel_height = 300, margin = 56, top = 64;

// The tick distance 1, 2 or 5 times a power of ten that gives at most `most` ticks.
double tick_distance(double range, double most) {
  const double power = std::pow(10, std::floor(std::log10(range / most)));
  for (const double factor : std::array{1., 2., 5.}) {
    if (range / (factor * power) <= most) return factor * power;
  }
  return 10 * power;
}

// One plot, with its own place on the page and the scales of all.
class Panel {
 public:
  Panel(std::ostream& out, double left, double waves, double highest)
      : out_(out), left_(left), waves_(waves), highest_(highest) {}

  void draw(const stream::ExcitationSpectrum& spectrum) const {
    axes(spectrum.rule == LinkRule::plain ? "plain coupling" : "gauge-invariant coupling");
    branch(spectrum);
    for (std::size_t k = 0; k < spectrum.waves.size(); ++k) {
      for (Eigen::Index i = 0; i < spectrum.waves[k].zero_modes; ++i) dot(static_cast<double>(k) - .12, 0, true);
    }
    for (const stream::ExcitationMode& mode : spectrum.modes) {
      if (!mode.wave_number || mode.eigenvalue > highest_) continue;
      const bool rotation = mode.kind == stream::ModeKind::rotation;
      dot(static_cast<double>(*mode.wave_number) + (rotation ? -.12 : .12), mode.eigenvalue, rotation);
    }
  }

 private:
  [[nodiscard]] std::string x(double wave) const { return fixed(left_ + (wave + .5) / waves_ * panel_width, 1); }
  [[nodiscard]] std::string y(double value) const {
    return fixed(top + panel_height * (1 - std::max(value, 0.) / highest_), 1);
  }

  void text(const std::string& at_x, const std::string& at_y, std::string_view anchor, std::string_view words) const {
    out_ << "<text x=\"" << at_x << "\" y=\"" << at_y << "\" text-anchor=\"" << anchor << "\">" << words << "</text>\n";
  }

  void line(const std::string& x1, const std::string& y1, const std::string& x2, const std::string& y2,
            std::string_view color) const {
    out_ << "<path d=\"M" << x1 << ' ' << y1 << 'L' << x2 << ' ' << y2 << "\" stroke=\"" << color << "\"/>\n";
  }

  void axes(std::string_view title) const {
    const std::string bottom = y(0);
    const std::string begin = fixed(left_, 1);
    const std::string end = fixed(left_ + panel_width, 1);
    text(fixed(left_ + panel_width / 2, 1), fixed(top - 14, 1), "middle", title);
    const double step = tick_distance(highest_, 6);
    const int digits = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
    for (double value = 0; value <= highest_; value += step) {
      line(begin, y(value), end, y(value), "#dddddd");
      text(fixed(left_ - 6, 1), fixed(top + panel_height * (1 - value / highest_) + 4, 1), "end", fixed(value, digits));
    }
    const double every = std::max(1., tick_distance(waves_, 13));
    for (double wave = 0; wave < waves_; wave += every)
      text(x(wave), fixed(top + panel_height + 18, 1), "middle", fixed(wave, 0));
    line(begin, bottom, end, bottom, "black");
    line(begin, bottom, begin, fixed(top, 1), "black");
    text(fixed(left_ + panel_width / 2, 1), fixed(top + panel_height + 38, 1), "middle", "wave number k");
  }

  void branch(const stream::ExcitationSpectrum& spectrum) const {
    out_ << "<path d=\"";
    for (std::size_t k = 0; k < spectrum.waves.size(); ++k)
      out_ << (k == 0 ? 'M' : 'L') << x(static_cast<double>(k)) << ' ' << y(spectrum.waves[k].predicted);
    out_ << "\" fill=\"none\" stroke=\"#888888\" stroke-width=\"1.5\"/>\n";
  }

  void dot(double wave, double value, bool rotation) const {
    out_ << "<circle cx=\"" << x(wave) << "\" cy=\"" << y(value) << "\" r=\"2.8\" fill=\"none\" stroke=\""
         << (rotation ? rotation_color : stretch_color) << "\" stroke-width=\"1.2\"/>\n";
  }

  std::ostream& out_;
  double left_, waves_, highest_;
};

void legend(std::ostream& out) {
  const auto entry = [&](double x, std::string_view mark, std::string_view words) {
    out << "<g transform=\"translate(" << fixed(x, 0) << ",20)\">" << mark << "<text x=\"12\" y=\"4\">" << words
        << "</text></g>\n";
  };
  const auto circle = [](std::string_view color) {
    return "<circle r=\"2.8\" fill=\"none\" stroke=\"" + std::string(color) + "\" stroke-width=\"1.2\"/>";
  };
  entry(margin + 4, circle(rotation_color), "rotations");
  entry(margin + 104, circle(stretch_color), "stretches");
  entry(margin + 212, "<path d=\"M-12 0H8\" stroke=\"#888888\" stroke-width=\"1.5\"/>",
        "predicted branch: waves of the chain of links");
}

}  // namespace

void draw_spectra(std::ostream& out, const std::vector<stream::ExcitationSpectrum>& spectra) {
  double highest = 0;
  double waves = 1;
  for (const stream::ExcitationSpectrum& spectrum : spectra) {
    waves = std::max(waves, static_cast<double>(spectrum.waves.size()));
    for (const stream::WaveNumber& wave : spectrum.waves)
      highest = std::max({highest, wave.predicted, wave.rotations.highest, wave.stretches.highest});
  }
  highest = highest > 0 ? 1.05 * highest : 1;
  const auto panels = static_cast<double>(spectra.size());
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << fixed(panels * (panel_width + margin) + 24, 0)
      << "\" height=\"" << fixed(top + panel_height + 52, 0)
      << "\" font-family=\"sans-serif\" font-size=\"13\">\n"
         "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
  legend(out);
  out << "<text transform=\"translate(14," << fixed(top + panel_height / 2, 0)
      << ") rotate(-90)\" text-anchor=\"middle\">eigenvalue of the Hessian</text>\n";
  for (std::size_t i = 0; i < spectra.size(); ++i)
    Panel(out, margin + static_cast<double>(i) * (panel_width + margin), waves, highest).draw(spectra[i]);
  out << "</svg>\n";
}

}  // namespace gaugeline::cli
