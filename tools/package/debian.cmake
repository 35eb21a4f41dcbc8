# Four packages for Debian and Ubuntu, made of what is installed and of what only they bring:
#   cmake --preset release -DCMAKE_INSTALL_PREFIX=/usr   # the prefix with which libraries lie in the folder of their machine
#   cmake --build --preset release && cpack --config build/release/CPackConfig.cmake -B FOLDER
# gaugeline is the component `tools`, libgaugeline0 the component `shared`, python3-gaugeline the component `python`, and
# libgaugeline-dev the component `dev`, whose libraries are static but for the C interface.
set(debian ${CMAKE_CURRENT_LIST_DIR}/debian)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${debian}/changelog)
execute_process(COMMAND ${GAUGELINE_GZIP} -9nc ${debian}/changelog OUTPUT_FILE ${PROJECT_BINARY_DIR}/changelog.gz
  COMMAND_ERROR_IS_FATAL ANY)

# What `cmake --install` leaves out: files that Debian asks for, or looks for in another place.
function(gaugeline_debian_files component)
  install(FILES ${ARGN} COMPONENT ${component} EXCLUDE_FROM_ALL)
endfunction()
gaugeline_debian_files(tools ${debian}/copyright ${PROJECT_BINARY_DIR}/changelog.gz DESTINATION share/doc/gaugeline)
gaugeline_debian_files(dev ${debian}/copyright ${PROJECT_BINARY_DIR}/changelog.gz DESTINATION share/doc/libgaugeline-dev)
gaugeline_debian_files(shared ${debian}/copyright ${PROJECT_BINARY_DIR}/changelog.gz DESTINATION share/doc/libgaugeline0)
gaugeline_debian_files(python ${debian}/copyright ${PROJECT_BINARY_DIR}/changelog.gz
  DESTINATION share/doc/python3-gaugeline)
gaugeline_debian_files(tools ${CMAKE_CURRENT_LIST_DIR}/serve.toml DESTINATION /etc/gaugeline)
gaugeline_debian_files(tools ${reference}/zsh/_gaugeline DESTINATION share/zsh/vendor-completions)

# The Python package, for the Python and the FlatBuffers of this release of Debian.
set(python ${PROJECT_BINARY_DIR}/tools/python)
set(reader ${PROJECT_SOURCE_DIR}/tools/readers/python)
file(GLOB python_sources CONFIGURE_DEPENDS ${reader}/gaugeline/*.py)
add_custom_command(
  OUTPUT ${python}/assembled
  COMMAND ${reader}/assemble ${python}
  COMMAND ${CMAKE_COMMAND} -E touch ${python}/assembled
  DEPENDS ${python_sources} ${reader}/assemble ${PROJECT_SOURCE_DIR}/formats/schema/rows.fbs
          ${PROJECT_SOURCE_DIR}/formats/schema/snapshot.fbs
  COMMENT "Putting the Python package together"
  VERBATIM)
add_custom_target(gaugeline_python ALL DEPENDS ${python}/assembled)
install(DIRECTORY ${python}/gaugeline DESTINATION lib/python3/dist-packages COMPONENT python EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME gaugeline)
set(CPACK_PACKAGE_CONTACT "The maintainers of gaugeline <maintainers@gaugeline.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL dev python shared tools)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME gaugeline)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION science)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SUGGESTS "python3, python3-gensim, fasttext, libgaugeline-dev")  # python3: bench --against
set(CPACK_DEBIAN_TOOLS_PACKAGE_CONTROL_EXTRA ${debian}/conffiles ${debian}/postinst ${debian}/prerm)
set(CPACK_COMPONENT_TOOLS_DESCRIPTION "A command and a daemon that learn embeddings online: data arrive in slices of
time, the vector of an item moves as its meaning moves, and vectors of
different days can be compared, because the frame of the coordinates is held
still. The daemon takes events by HTTP and framed TCP, and is a service of
systemd that waits to be enabled.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libgaugeline-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "libgaugeline0 (= ${PROJECT_VERSION}), libeigen3-dev (>= 3.4), libzstd-dev, libicu-dev, libssl-dev (>= 3)")
set(CPACK_COMPONENT_DEV_DESCRIPTION "Static libraries and headers of gaugeline, for programs in C++23 that learn
temporal embeddings, read and write their files, or serve and send streams;
and the C interface for programs in C and other languages.")

set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-gaugeline)
set(CPACK_DEBIAN_PYTHON_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS
  "libgaugeline0 (= ${PROJECT_VERSION}), python3 (>= 3.9), python3-numpy, python3-xxhash, python3-flatbuffers")
set(CPACK_COMPONENT_PYTHON_DESCRIPTION "Learns temporal embeddings in Python, over the C interface, and reads the
snapshots of gaugeline in place. Tables are views for NumPy: of a learner's
memory, or of a file.")

set(CPACK_DEBIAN_SHARED_PACKAGE_NAME libgaugeline0)  # the number is GAUGELINE_ABI_VERSION
set(CPACK_DEBIAN_SHARED_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_SHARED_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY >=)
set(CPACK_COMPONENT_SHARED_DESCRIPTION "The C interface of gaugeline as programs load it: learners of temporal
embeddings that take slices or events, answer questions, and leave
snapshots. All of gaugeline that it stands on is inside.")
include(CPack)
