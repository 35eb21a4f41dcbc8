// Holds docs/openapi.json, which the server hands out, against the server.
#include <set>

#include "http_routes.hpp"
#include "http_service.hpp"
#include "http_target.hpp"

namespace gaugeline::stream {
namespace {

namespace json = boost::json;

const json::object& document() {
  static const json::object parsed = [] {
    const HttpService service;
    return HttpClient(service.port()).get("/openapi.json").json();
  }();
  return parsed;
}

// Follows {"$ref": "#/a/b"}.
const json::object& resolved(const json::object& schema) {
  const auto* reference = schema.if_contains("$ref");
  if (reference == nullptr) return schema;
  const std::string_view pointer = reference->get_string();
  return document().at("components").at("schemas").at(pointer.substr(pointer.rfind('/') + 1)).get_object();
}

bool is_of_type(const json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "number") return value.is_number();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  if (type == "boolean") return value.is_bool();
  return type == "null" && value.is_null();
}

// Type, required members, members and elements; a member that the schema does not know is a fault of the document.
bool fits(const json::value& value, const json::object& given) {
  const auto& schema = resolved(given);
  if (const auto* choices = schema.if_contains("oneOf")) {
    int count = 0;
    for (const auto& choice : choices->get_array()) count += fits(value, choice.get_object()) ? 1 : 0;
    return count == 1;
  }
  if (const auto* allowed = schema.if_contains("enum")) {
    const auto& list = allowed->get_array();
    return std::find(list.begin(), list.end(), value) != list.end();
  }
  const auto& type = schema.at("type");
  bool typed = false;
  if (type.is_string()) typed = is_of_type(value, type.get_string());
  if (type.is_array()) {
    for (const auto& one : type.get_array()) typed = typed || is_of_type(value, one.get_string());
  }
  if (!typed) return false;
  const auto* properties = schema.if_contains("properties");
  if (value.is_object() && properties != nullptr) {
    for (const auto& name : schema.at("required").get_array()) {
      if (!value.get_object().contains(name.get_string())) return false;
    }
    for (const auto& [name, member] : value.get_object()) {
      const auto* known = properties->get_object().if_contains(name);
      if (known == nullptr || !fits(member, known->get_object())) return false;
    }
  }
  if (value.is_array()) {
    for (const auto& element : value.get_array()) {
      if (!fits(element, schema.at("items").get_object())) return false;
    }
  }
  return true;
}

std::string a_token(const FakeHost& host) {
  return std::string(host.snapshots().load(3)->view().state.items.tokens[0]);
}

// A value that the server takes for a parameter.
std::string example_of(const json::object& parameter, const std::string& token) {
  const std::string_view name = parameter.at("name").get_string();
  if (name == "token" || name == "other" || name == "item") return percent_encoded(token);
  if (name == "slice" || name == "to") return "3";
  if (name == "min_uses") return "0.5";
  if (name == "skip_commonest") return "0";
  return name == "from" ? "0" : "2";
}

struct Operation {
  std::string method, path;
  const json::object* content;
};

std::vector<Operation> operations() {
  std::vector<Operation> all;
  for (const auto& [path, item] : document().at("paths").get_object()) {
    for (const auto& [method, operation] : item.get_object()) {
      std::string upper(method);
      for (char& c : upper) c = static_cast<char>(std::toupper(c));
      all.push_back({upper, std::string(path), &operation.get_object()});
    }
  }
  return all;
}

std::vector<const json::object*> parameters(const Operation& operation, std::string_view place) {
  std::vector<const json::object*> found;
  const auto* list = operation.content->if_contains("parameters");
  if (list == nullptr) return found;
  for (const auto& parameter : list->get_array()) {
    if (parameter.at("in").get_string() == place) found.push_back(&parameter.get_object());
  }
  return found;
}

Reply send(HttpClient& client, const Operation& operation, const std::string& query) {
  std::string target = operation.path + query;
  if (const auto brace = target.find("{slice}"); brace != std::string::npos) target.replace(brace, 7, "3");
  if (operation.method != "POST") return client.get(target);
  const auto slice = encoded_slice(9);
  const bool events = operation.path == "/v1/events";
  const std::string type = events ? "application/x-ndjson" : "application/octet-stream";
  REQUIRE(operation.content->at("requestBody").at("content").get_object().contains(type));
  const std::string body = events ? "{}\n" : std::string(reinterpret_cast<const char*>(slice.data()), slice.size());
  return client.ask("POST", target, "Content-Type: " + type + "\r\n", body);
}

TEST_CASE("the document and the server know the same methods and paths") {
  std::set<std::string> described, served;
  for (const auto& operation : operations()) described.insert(operation.method + " " + operation.path);
  for (const Route& route : routes())
    served.insert(std::string(http::to_string(route.method)) + " " + std::string(route.path));
  CHECK(described == served);
}

TEST_CASE("every operation answers with a status, a type and content that its description lists") {
  HttpService service;
  const std::string token = a_token(service.host());
  for (const auto& operation : operations()) {
    CAPTURE(operation.path);
    std::string query;
    for (const auto* parameter : parameters(operation, "query")) {
      if (parameter->contains("required"))
        query += (query.empty() ? "?" : "&") + std::string(std::string_view(parameter->at("name").get_string())) + "=" +
                 example_of(*parameter, token);
    }
    HttpClient client(service.port());
    const auto reply = send(client, operation, query);
    CAPTURE(reply.body);
    CHECK(reply.status == 200);
    const auto& content =
        operation.content->at("responses").at(std::to_string(reply.status)).at("content").get_object();
    const std::string type = reply.fields.at("content-type").substr(0, reply.fields.at("content-type").find(';'));
    REQUIRE(content.contains(type));
    if (type != "application/json") continue;
    CHECK(fits(json::value(reply.json()), content.at(type).at("schema").get_object()));
  }
}

TEST_CASE("every parameter of the document is known to the server, and no other") {
  HttpService service;
  const std::string token = a_token(service.host());
  for (const auto& operation : operations()) {
    for (const auto* tried : parameters(operation, "query")) {
      const std::string name(tried->at("name").get_string());
      CAPTURE(operation.path);
      CAPTURE(name);
      std::string query = "?" + name + "=" + example_of(*tried, token);
      for (const auto* other : parameters(operation, "query")) {
        if (other != tried && other->contains("required"))
          query +=
              "&" + std::string(std::string_view(other->at("name").get_string())) + "=" + example_of(*other, token);
      }
      HttpClient client(service.port());
      const auto reply = send(client, operation, query);
      CAPTURE(reply.body);
      CHECK(reply.status == 200);
    }
    HttpClient client(service.port());
    const auto reply = send(client, operation, "?unheard_of=1");
    CHECK(reply.status == 400);
    CHECK(fits(json::value(reply.json()), document().at("components").at("schemas").at("Problem").get_object()));
    CHECK(operation.content->at("responses").get_object().contains("400"));
  }
}

TEST_CASE("both forms of drift, and a trajectory beside others, have the content of their schemas") {
  HttpService service;
  const std::string token = percent_encoded(a_token(service.host()));
  HttpClient client(service.port());
  const auto schema = [&](std::string_view name) {
    return document().at("components").at("schemas").at(name).get_object();
  };
  const auto fits_schema = [&](const std::string& target, std::string_view name) {
    const auto reply = client.get(target);
    CAPTURE(reply.body);
    REQUIRE(reply.status == 200);
    CHECK(fits(json::value(reply.json()), schema(name)));
  };
  fits_schema("/v1/drift?min_uses=0&skip_commonest=0", "Drift");
  fits_schema("/v1/drift?min_uses=0&token=" + token, "TokenDrift");
  fits_schema("/v1/drift?token=" + token, "TokenDrift");
  fits_schema("/v1/trajectory?other=" + token + "&token=" + token, "Trajectory");
}

}  // namespace
}  // namespace gaugeline::stream
