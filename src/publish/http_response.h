#pragma once

#include <microhttpd.h>

#include <memory>
#include <string_view>

#include "publish/http_site.h"

namespace systemcheck {

struct DestroyResponse {
  void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
using Response = std::unique_ptr<MHD_Response, DestroyResponse>;

/// A field of the request; empty where there is none.
std::string_view header(MHD_Connection* connection, const char* name);

/// The answer without its headers.
Response as_response(const HttpAnswer& answer);
void add_headers(MHD_Response* response, const HttpAnswer& answer);

}  // namespace systemcheck
