# What is installed, in three components: `dev` (static libraries, public headers, each listed by name, and what CMake and
# pkg-config need to find them), `shared` (the C interface as programs load it) and `tools` (the command, its man pages and
# completions, its scripts and its units of systemd).
#   find_package(gaugeline CONFIG REQUIRED COMPONENTS lib formats)   then link gaugeline::lib, gaugeline::formats
#   pkg-config --cflags --libs gaugeline-formats
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/gaugeline)
set(pkgconfig_folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# gaugeline_install_layer(lib DESCRIPTION "..." REQUIRES "eigen3 >= 3.4" HEADERS gaugeline/error.hpp ...): headers relative
# to LAYER/include; REQUIRES as in a file of pkg-config, and LIBS what no such file names.
function(gaugeline_install_layer layer)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "DESCRIPTION;REQUIRES;LIBS" "HEADERS")
  set(target gaugeline_${layer})
  set(include_folder ${PROJECT_SOURCE_DIR}/${layer}/include)
  list(TRANSFORM arg_HEADERS PREPEND ${include_folder}/)
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${include_folder} FILES ${arg_HEADERS})

  # A static library hands on even what it links privately. The warnings are ours and end with our build.
  get_target_property(linked ${target} INTERFACE_LINK_LIBRARIES)
  list(REMOVE_ITEM linked "$<LINK_ONLY:gaugeline_warnings>")
  set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${linked}" EXPORT_NAME ${layer})

  install(TARGETS ${target} EXPORT gaugeline_${layer}_targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
  install(EXPORT gaugeline_${layer}_targets NAMESPACE gaugeline:: DESTINATION ${package_folder}
    FILE gaugeline-${layer}-targets.cmake COMPONENT dev)

  gaugeline_install_pkgconfig(${layer} layer)
endfunction()

# tools/package/TEMPLATE.pc.in as gaugeline-NAME.pc. Its folders are as seen from the file's own, so that the prefix can be moved.
function(gaugeline_install_pkgconfig layer template)
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} OUTPUT_VARIABLE libdir)
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} OUTPUT_VARIABLE includedir)
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}/${pkgconfig_folder}
    OUTPUT_VARIABLE prefix)
  configure_file(${PROJECT_SOURCE_DIR}/tools/package/${template}.pc.in ${PROJECT_BINARY_DIR}/gaugeline-${layer}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/gaugeline-${layer}.pc DESTINATION ${pkgconfig_folder} COMPONENT dev)
endfunction()

gaugeline_install_layer(lib
  DESCRIPTION "Temporal embeddings, learnt online: the learner"
  REQUIRES "eigen3 >= 3.4"
  HEADERS
  gaugeline/alignment.hpp
  gaugeline/diffusion_prior.hpp
  gaugeline/drift.hpp
  gaugeline/drift_significance.hpp
  gaugeline/error.hpp
  gaugeline/executor.hpp
  gaugeline/gauge.hpp
  gaugeline/gauge_fixing.hpp
  gaugeline/joint_problem.hpp
  gaugeline/learner_state.hpp
  gaugeline/likelihood.hpp
  gaugeline/link_field.hpp
  gaugeline/neighbors.hpp
  gaugeline/newton_polish.hpp
  gaugeline/online_learner.hpp
  gaugeline/optimizers.hpp
  gaugeline/options.hpp
  gaugeline/random.hpp
  gaugeline/simulate.hpp
  gaugeline/simulate_chain.hpp
  gaugeline/slice.hpp
  gaugeline/slice_likelihood.hpp
  gaugeline/smoother.hpp
  gaugeline/symmetry_modes.hpp
  gaugeline/types.hpp
  gaugeline/vocabulary.hpp)
if(GAUGELINE_FORMATS)
  gaugeline_install_layer(formats
    DESCRIPTION "Temporal embeddings, learnt online: files and messages"
    REQUIRES "gaugeline-lib = ${PROJECT_VERSION}, libzstd"
    HEADERS
    gaugeline/formats/atomic_file.hpp
    gaugeline/formats/comparability.hpp
    gaugeline/formats/delta.hpp
    gaugeline/formats/embedding_table.hpp
    gaugeline/formats/encoding.hpp
    gaugeline/formats/file_system.hpp
    gaugeline/formats/journal.hpp
    gaugeline/formats/npy.hpp
    gaugeline/formats/projector.hpp
    gaugeline/formats/safetensors.hpp
    gaugeline/formats/slice_codec.hpp
    gaugeline/formats/slices_file.hpp
    gaugeline/formats/snapshot.hpp
    gaugeline/formats/snapshot_map.hpp
    gaugeline/formats/snapshot_store.hpp
    gaugeline/formats/table_import.hpp
    gaugeline/formats/word2vec.hpp)
endif()
if(GAUGELINE_STREAM)
  gaugeline_install_layer(stream
    DESCRIPTION "Temporal embeddings, learnt online: events, server and client"
    REQUIRES "gaugeline-formats = ${PROJECT_VERSION}, icu-uc, openssl >= 3"
    LIBS -pthread
    HEADERS
    gaugeline/stream/access.hpp
    gaugeline/stream/answers_json.hpp
    gaugeline/stream/area_under_curve.hpp
    gaugeline/stream/client.hpp
    gaugeline/stream/client_session.hpp
    gaugeline/stream/durability.hpp
    gaugeline/stream/encoding_error.hpp
    gaugeline/stream/evaluate_analogies.hpp
    gaugeline/stream/evaluate_drift.hpp
    gaugeline/stream/evaluate_heldout.hpp
    gaugeline/stream/events.hpp
    gaugeline/stream/excitation_spectrum.hpp
    gaugeline/stream/frame.hpp
    gaugeline/stream/intake.hpp
    gaugeline/stream/json_writer.hpp
    gaugeline/stream/learning_run.hpp
    gaugeline/stream/messages.hpp
    gaugeline/stream/query.hpp
    gaugeline/stream/remote_query.hpp
    gaugeline/stream/server.hpp
    gaugeline/stream/server_session.hpp
    gaugeline/stream/slicer.hpp
    gaugeline/stream/smoothed_run.hpp
    gaugeline/stream/snapshot_difference.hpp
    gaugeline/stream/snapshot_links.hpp
    gaugeline/stream/text.hpp
    gaugeline/stream/thread_pool.hpp
    gaugeline/stream/tls.hpp)
endif()
if(GAUGELINE_TOOLS)
  # The C interface. What it stands on is inside, so that nothing else has to be found.
  set(header ${PROJECT_SOURCE_DIR}/tools/c/include/gaugeline/gaugeline.h)
  target_sources(gaugeline_c PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/tools/c/include FILES ${header})
  set_target_properties(gaugeline_c PROPERTIES EXPORT_NAME c INTERFACE_LINK_LIBRARIES "")
  install(TARGETS gaugeline_c EXPORT gaugeline_c_targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT shared NAMELINK_COMPONENT dev
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
  install(EXPORT gaugeline_c_targets NAMESPACE gaugeline:: DESTINATION ${package_folder}
    FILE gaugeline-c-targets.cmake COMPONENT dev)
  gaugeline_install_pkgconfig(c c)

  install(TARGETS gaugeline RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
  # As a service of systemd. Not in the folder of libraries that a multiarch system has: systemd looks in lib. The prefix
  # that the unit names is known only when it is installed.
  install(CODE "set(bin_folder \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
    configure_file(\"${CMAKE_CURRENT_LIST_DIR}/gaugeline.service.in\" \"${PROJECT_BINARY_DIR}/gaugeline.service\" @ONLY)"
    COMPONENT tools)
  install(FILES ${PROJECT_BINARY_DIR}/gaugeline.service ${CMAKE_CURRENT_LIST_DIR}/gaugeline.socket
    ${CMAKE_CURRENT_LIST_DIR}/gaugeline-http.socket DESTINATION lib/systemd/system COMPONENT tools)
  # gaugeline bench --against
  set(bench_folder ${PROJECT_SOURCE_DIR}/tools/bench)
  install(PROGRAMS ${bench_folder}/speed DESTINATION ${CMAKE_INSTALL_DATADIR}/gaugeline/bench COMPONENT tools)
  install(FILES ${bench_folder}/methods.py ${bench_folder}/skipgram_protocols.py ${bench_folder}/tables.py
    DESTINATION ${CMAKE_INSTALL_DATADIR}/gaugeline/bench COMPONENT tools)
  # Man pages and completions, see tools/reference.
  set(reference ${PROJECT_BINARY_DIR}/tools/reference)
  install(DIRECTORY ${reference}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tools)
  install(FILES ${reference}/bash/gaugeline DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tools)
  install(FILES ${reference}/fish/gaugeline.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
    COMPONENT tools)
  # Debian's zsh looks there in /usr/local alone; the packages have a folder of their own.
  install(FILES ${reference}/zsh/_gaugeline DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT local)
endif()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/gaugeline-config.cmake.in
  ${PROJECT_BINARY_DIR}/gaugeline-config.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/gaugeline-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/gaugeline-config.cmake ${PROJECT_BINARY_DIR}/gaugeline-config-version.cmake
  DESTINATION ${package_folder} COMPONENT dev)
