// The definitions of Boost.URL, which is used header-only: this one file compiles them for the whole layer.
#include <boost/url/src.hpp>
