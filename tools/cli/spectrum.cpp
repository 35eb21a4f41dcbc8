// gaugeline spectrum: the soft modes of a joint problem, and the links between the slices of a data directory.
#include <algorithm>
#include <iostream>
#include <limits>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <gaugeline/formats/atomic_file.hpp>
#include <gaugeline/gauge_fixing.hpp>
#include <gaugeline/newton_polish.hpp>
#include <gaugeline/optimizers.hpp>
#include <gaugeline/simulate_chain.hpp>
#include <gaugeline/stream/excitation_spectrum.hpp>
#include <gaugeline/stream/json_writer.hpp>
#include <gaugeline/stream/snapshot_links.hpp>

#include "command.hpp"
#include "spectrum_picture.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

// The Hessians are those of small problems: what a search for their modes takes grows with the square of the rows.
constexpr Eigen::Index most_coordinates = 50000;

std::string_view rule_name(LinkRule rule) { return rule == LinkRule::plain ? "plain" : "invariant"; }

std::string scientific(double number) {
  std::ostringstream text;
  text.precision(1);
  text << std::scientific << number;
  return text.str();
}

std::string range(const stream::ModeRange& modes, Eigen::Index zero_modes) {
  std::string text;
  if (zero_modes > 0) text = std::to_string(zero_modes) + " at 0";
  if (modes.count == 0) return zero_modes > 0 ? text : "-";
  if (zero_modes > 0) text += ", ";
  return text + std::to_string(modes.count) + ' ' + fixed(modes.lowest, 5) + " to " + fixed(modes.highest, 5);
}

void write_range(stream::JsonWriter& json, std::string_view name, const stream::ModeRange& modes) {
  json.key(name).begin_object().member("count", modes.count);
  if (modes.count > 0) json.member("lowest", modes.lowest).member("highest", modes.highest);
  json.end_object();
}

void write_optional(stream::JsonWriter& json, std::string_view name, const std::optional<double>& number) {
  number ? json.member(name, *number) : json.key(name).null();
}

void write_spectrum(stream::JsonWriter& json, const stream::ExcitationSpectrum& spectrum) {
  json.begin_object().member("coupling", rule_name(spectrum.rule)).member("loss", spectrum.loss);
  json.member("gradient_norm", spectrum.gradient_norm).member("hessian_norm", spectrum.hessian_norm);
  json.member("zero_modes", spectrum.zero_modes).member("zero_residual", spectrum.zero_residual);
  json.member("converged", spectrum.converged).member("hessian_products", spectrum.hessian_products);
  json.member("soft_stretches", spectrum.soft_stretches);
  write_optional(json, "lowest_stretch", spectrum.lowest_stretch);
  write_optional(json, "lowest_other", spectrum.lowest_other);
  json.key("waves").begin_array();
  for (std::size_t k = 0; k < spectrum.waves.size(); ++k) {
    const stream::WaveNumber& wave = spectrum.waves[k];
    json.begin_object().member("wave_number", k).member("predicted", wave.predicted);
    json.member("zero_modes", wave.zero_modes);
    write_range(json, "rotations", wave.rotations);
    write_range(json, "stretches", wave.stretches);
    json.end_object();
  }
  json.end_array().key("modes").begin_array();
  for (const stream::ExcitationMode& mode : spectrum.modes) {
    json.begin_object().member("eigenvalue", mode.eigenvalue).member("residual", mode.residual);
    json.member("kind", stream::name(mode.kind));
    mode.wave_number ? json.member("wave_number", *mode.wave_number) : json.key("wave_number").null();
    json.member("rotation", mode.rotation).member("stretch", mode.stretch).end_object();
  }
  json.end_array().end_object();
}

void print_summary(const stream::ExcitationSpectrum& spectrum, double soft_below) {
  double residual = 0;
  for (const stream::ExcitationMode& mode : spectrum.modes) residual = std::max(residual, mode.residual);
  std::cout << rule_name(spectrum.rule) << " coupling: " << spectrum.zero_modes << " exact zero modes, |H v| at most "
            << scientific(spectrum.zero_residual) << " of |H| = " << fixed(spectrum.hessian_norm, 2) << "; "
            << spectrum.modes.size() << " modes beside them, " << (spectrum.converged ? "converged" : "NOT CONVERGED")
            << ", residuals at most " << scientific(residual) << '\n'
            << "  " << spectrum.soft_stretches << " stretches below " << fixed(soft_below, 3) << "; lowest stretch "
            << (spectrum.lowest_stretch ? fixed(*spectrum.lowest_stretch, 5) : "not among them") << ", lowest other "
            << (spectrum.lowest_other ? fixed(*spectrum.lowest_other, 3) : "not among them") << '\n';
}

class SpectrumCommand final : public Command {
 public:
  explicit SpectrumCommand(CLI::App& parent)
      : Command(
            parent, "spectrum",
            "  gaugeline spectrum --rows 20 --dim 3 --slices 12 --svg spectrum.svg\n"
            "  gaugeline spectrum --data run",
            "Which modes of a joint problem over all slices are soft: of a synthetic chain, the lowest eigenvalues "
            "of its Hessian with the plain and with the gauge-invariant coupling; of a data directory, the rotations "
            "of the links between its slices") {
    data_option_ = app().add_option("--data", data_directory_, "A data directory: its links, and no synthetic chain");
    data_option_->type_name("DIR");
    add_number("--rows", chain_.rows, "Items, and as many contexts", 1, 2000);
    add_number("--dim", chain_.dimension, "Dimension", 1, 64);
    add_number("--slices", chain_.slices, "Length of the chain", 1, 1000);
    add_number("--modes", modes_, "How many beside the exact zero modes; 0: all rotations and stretches, and 4 more", 0,
               most_coordinates);
    add_figure("--coupling", chain_.coupling, "lambda of every link");
    add_figure("--norm", chain_.norm, "rho of every slice, which lifts the stretches by about twice as much");
    add_figure("--soft-below", soft_below_, "Count the stretches below this eigenvalue");
    chain_options_.push_back(app().add_option("--seed", chain_.seed, "Seed of everything random"));
    chain_options_.back()->type_name("NUMBER")->capture_default_str();
    chain_options_.push_back(app().add_option("--svg", picture_, "Draw the spectra into this file"));
    chain_options_.back()->type_name("FILE");
    for (CLI::Option* option : chain_options_) data_option_->excludes(option);
    add_json_flag();
  }

  Expected<ExitStatus> run() override {
    const auto done = data_directory_.empty() ? run_chain() : run_links();
    if (!done) return std::unexpected(done.error());
    return ExitStatus::done;
  }

 private:
  void add_number(const std::string& flag, Eigen::Index& number, const std::string& help, Eigen::Index least,
                  Eigen::Index most) {
    chain_options_.push_back(app().add_option(flag, number, help));
    chain_options_.back()->type_name("NUMBER")->check(CLI::Range(least, most))->capture_default_str();
  }
  void add_figure(const std::string& flag, double& figure, const std::string& help) {
    chain_options_.push_back(app().add_option(flag, figure, help));
    chain_options_.back()->type_name("NUMBER")->check(CLI::Range(0., 1e6))->capture_default_str();
  }

  Expected<> run_chain() {
    const Eigen::Index coordinates = 2 * chain_.rows * chain_.slices * chain_.dimension;
    if (coordinates > most_coordinates)
      return fail(ErrorCode::invalid_argument, "2 x rows x slices x dim is ", coordinates, ", over the limit of ",
                  most_coordinates);
    const JointProblem problem = gaussian_chain(chain_);
    DoubleTable z = random_chain_start(problem.shape());
    const auto transport = exact_transport();
    optimise(problem, {.gauge = transport.get()}, z);
    transport->fix(problem, z);
    const PolishReport report = polish(problem, {}, z);
    std::vector<stream::ExcitationSpectrum> spectra;
    for (const LinkRule rule : {LinkRule::plain, LinkRule::invariant}) {
      auto spectrum =
          stream::excitation_spectrum(problem, z, {.rule = rule, .modes = modes_, .soft_below = soft_below_});
      if (!spectrum) return std::unexpected(spectrum.error());
      spectra.push_back(*std::move(spectrum));
    }
    if (!picture_.empty()) {
      if (const auto drawn = write_picture(spectra); !drawn) return drawn;
    }
    json() ? print_json(report, spectra) : print_text(report, spectra);
    return {};
  }

  Expected<> write_picture(const std::vector<stream::ExcitationSpectrum>& spectra) const {
    auto file = formats::AtomicFile::create(picture_);
    if (!file) return std::unexpected(file.error());
    std::ostringstream picture;
    draw_spectra(picture, spectra);
    const std::string text = picture.str();
    if (const auto written = file->write(std::as_bytes(std::span(text))); !written) return written;
    return file->commit();
  }

  void print_text(const PolishReport& report, const std::vector<stream::ExcitationSpectrum>& spectra) const {
    std::cout << "Chain of " << chain_.slices << " slices, " << chain_.rows << " items and as many contexts, dimension "
              << chain_.dimension << ", lambda " << chain_.coupling << ", rho " << chain_.norm << ", seed "
              << chain_.seed << '\n'
              << "Minimum: loss " << fixed(report.loss, 8) << ", |gradient| " << scientific(report.gradient_norm)
              << " after " << report.newton_steps << " Newton steps\n\n";
    TextTable table({{"k"},
                     {"predicted"},
                     {"rotations, plain", TextTable::Align::left},
                     {"invariant", TextTable::Align::left},
                     {"stretches, plain", TextTable::Align::left},
                     {"invariant", TextTable::Align::left}});
    for (std::size_t k = 0; k < spectra[0].waves.size(); ++k) {
      const stream::WaveNumber& plain = spectra[0].waves[k];
      const stream::WaveNumber& invariant = spectra[1].waves[k];
      table.add({std::to_string(k), fixed(plain.predicted, 4), range(plain.rotations, plain.zero_modes),
                 range(invariant.rotations, invariant.zero_modes), range(plain.stretches, 0),
                 range(invariant.stretches, 0)});
    }
    table.print(std::cout);
    std::cout << "\nThe invariant coupling removes " << spectra[1].zero_modes - spectra[0].zero_modes
              << " rotations from the spectrum.\n";
    for (const stream::ExcitationSpectrum& spectrum : spectra) print_summary(spectrum, soft_below_);
  }

  void print_json(const PolishReport& report, const std::vector<stream::ExcitationSpectrum>& spectra) const {
    stream::JsonWriter json(std::cout);
    json.begin_object().member("rows", chain_.rows).member("dim", chain_.dimension).member("slices", chain_.slices);
    json.member("coupling", chain_.coupling).member("norm", chain_.norm).member("seed", chain_.seed);
    json.member("loss", report.loss).member("gradient_norm", report.gradient_norm);
    json.member("newton_steps", report.newton_steps).member("soft_below", soft_below_);
    json.member("rotations_removed", spectra[1].zero_modes - spectra[0].zero_modes);
    json.key("spectra").begin_array();
    for (const stream::ExcitationSpectrum& spectrum : spectra) write_spectrum(json, spectrum);
    json.end_array().end_object();
  }

  Expected<> run_links() const {
    const auto store = formats::SnapshotStore::open(data_directory_);
    if (!store) return std::unexpected(store.error());
    const auto found = stream::snapshot_links(*store);
    if (!found) return std::unexpected(found.error());
    json() ? print_links_json(*found) : print_links(*found);
    return {};
  }

  static void add_link(TextTable& table, const stream::SnapshotLink& link) {
    table.add({time_label(link.from.interval), time_label(link.to.interval), grouped(static_cast<double>(link.rows)),
               link.determined ? std::to_string(link.determinant) : "?", link.determined ? fixed(link.angle, 4) : "?",
               fixed(link.distance, 4), fixed(link.distance_turned, 4)});
  }

  static void print_links(const stream::SnapshotLinks& found) {
    std::cout << "Links: the rotation R that brings a slice nearest to the one before, over the rows of both\n"
                 "angle: the largest of R, in radians; moved: |Z - Z'| / |Z'|; turned: the same after R\n\n";
    TextTable table({{"from", TextTable::Align::left},
                     {"to", TextTable::Align::left},
                     {"rows"},
                     {"determinant"},
                     {"angle"},
                     {"moved"},
                     {"turned"}});
    for (const stream::SnapshotLink& link : found.links) add_link(table, link);
    if (found.direct) add_link(table, *found.direct);
    table.print(std::cout);
    if (found.direct) std::cout << "The last line is the direct link from the first slice to the last.\n";
    std::cout << '\n' << found.links.size() << " links, " << found.domain_walls << " domain walls";
    if (found.holonomy_angle)
      std::cout << "; holonomy (there link by link, back directly) " << fixed(*found.holonomy_angle, 4)
                << ", determinant " << found.holonomy_determinant;
    std::cout << '\n';
  }

  static void write_link(stream::JsonWriter& json, const stream::SnapshotLink& link) {
    json.begin_object().slice("from", link.from).slice("to", link.to).member("rows", link.rows);
    json.member("determined", link.determined).member("determinant", link.determinant).member("angle", link.angle);
    json.member("distance", link.distance).member("distance_turned", link.distance_turned).end_object();
  }

  static void print_links_json(const stream::SnapshotLinks& found) {
    stream::JsonWriter json(std::cout);
    json.begin_object().member("domain_walls", found.domain_walls);
    write_optional(json, "holonomy_angle", found.holonomy_angle);
    json.member("holonomy_determinant", found.holonomy_determinant);
    json.key("direct");
    found.direct ? write_link(json, *found.direct) : static_cast<void>(json.null());
    json.key("links").begin_array();
    for (const stream::SnapshotLink& link : found.links) write_link(json, link);
    json.end_array().end_object();
  }

  std::vector<CLI::Option*> chain_options_;  // those that mean nothing with --data
  CLI::Option* data_option_ = nullptr;
  std::string data_directory_, picture_;
  ChainOptions chain_{.rows = 20, .dimension = 3, .slices = 12};
  Eigen::Index modes_ = 0;
  double soft_below_ = stream::SpectrumOptions{}.soft_below;
};

}  // namespace

void add_spectrum(CLI::App& parent, Commands& commands) {
  commands.push_back(std::make_unique<SpectrumCommand>(parent));
}

}  // namespace gaugeline::cli
