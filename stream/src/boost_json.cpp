// The definitions of Boost.JSON, which is used header-only: this one file compiles them for the whole layer.
#include <boost/json/src.hpp>
