// Draws excitation spectra: eigenvalue against wave number.
#pragma once

#include <ostream>
#include <vector>

#include <gaugeline/stream/excitation_spectrum.hpp>

namespace gaugeline::cli {

// An SVG document, one panel a spectrum: the predicted branch as a line, rotations and stretches as dots. The spectra
// are of one problem.
void draw_spectra(std::ostream& out, const std::vector<stream::ExcitationSpectrum>& spectra);

}  // namespace gaugeline::cli
