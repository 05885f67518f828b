#pragma once

#include <string_view>

namespace systemcheck {

// What stands in files of its own in the source, and within the program: src/publish/page/,
// contrib/doc/openapi.json.
extern const std::string_view style_css;
extern const std::string_view script_js;
extern const std::string_view openapi_json;

}  // namespace systemcheck
