#include "publish/http_response.h"

#include <string>

namespace systemcheck {
namespace {

using Body = std::shared_ptr<const std::string>;

}  // namespace

std::string_view header(MHD_Connection* connection, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? std::string_view{} : value;
}

/// The response keeps the body alive while it is being sent: a newer view may replace it meanwhile.
Response as_response(const HttpAnswer& answer) {
  auto kept = std::make_unique<Body>(answer.body);
  auto* text = const_cast<char*>(answer.body->data());  // A C interface: it only reads.
  Response response(MHD_create_response_from_buffer_with_free_callback_cls(
      answer.body->size(), text, [](void* body) { delete static_cast<Body*>(body); }, kept.get()));
  if (response) (void)kept.release();  // The callback deletes it.
  return response;
}

void add_headers(MHD_Response* response, const HttpAnswer& answer) {
  const auto add = [response](const char* name, std::string_view value) {
    (void)MHD_add_response_header(response, name, std::string(value).c_str());  // Fails only without memory.
  };
  add("Content-Type", answer.content_type);
  add("Cache-Control", answer.cache_control);
  add("X-Content-Type-Options", "nosniff");
  add("Content-Security-Policy",
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  add("Referrer-Policy", "no-referrer");
  if (answer.code == 405) add("Allow", "GET, HEAD");
  if (!answer.etag.empty()) add("ETag", answer.etag);
  if (answer.retry_after_seconds != 0) add("Retry-After", std::to_string(answer.retry_after_seconds));
  if (answer.varies) add("Vary", "Accept-Encoding");
  if (answer.encoding == Encoding::gzip) add("Content-Encoding", "gzip");
}

}  // namespace systemcheck
