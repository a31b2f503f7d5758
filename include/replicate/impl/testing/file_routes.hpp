// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_FILE_ROUTES_HPP
#define REPLICATE_IMPL_TESTING_FILE_ROUTES_HPP

#include <replicate/core/base64.hpp>
#include <replicate/core/datetime.hpp>
#include <replicate/core/hmac.hpp>
#include <replicate/core/sha256.hpp>
#include <replicate/impl/testing/form_data.hpp>
#include <replicate/impl/testing/page_answer.hpp>
#include <replicate/impl/testing/service.hpp>

#include <boost/json/parse.hpp>
#include <openssl/evp.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate::testing::detail {

// http-api 5.2; such a problem has no other members.
inline reply file_problem(unsigned status, std::string_view detail)
{
    object_writer document;
    document.string("detail", detail);
    reply made(status, std::move(document).finish());
    made.content_type = "application/problem+json";
    return made;
}

inline reply no_such_file()
{
    return file_problem(404, "File not found");
}

/// The answer to an upload that is too large, be it known from its header or from its content.
inline reply file_too_large()
{
    return file_problem(413, "Files must be less than 100MB in size");
}

inline std::string file_text(service const& server, stored_file const& file)
{
    object_writer checksums;
    checksums.string("sha256", file.sha256);
    checksums.string("md5", file.md5);
    object_writer urls;
    urls.string("get", server.base_url + "/files/" + file.id);
    object_writer document;
    document.string("id", file.id);
    document.string("name", file.name);
    document.string("content_type", file.content_type);
    document.raw("size", std::to_string(file.size));
    document.string("etag", file.md5);
    document.raw("checksums", std::move(checksums).finish());
    document.raw("metadata", file.metadata);
    document.string("created_at", core::format_rfc3339(file.created, 3));
    document.string("expires_at", core::format_rfc3339(file.expires, 3));
    document.raw("urls", std::move(urls).finish());
    return std::move(document).finish();
}

inline reply describe_file(service const& server, unsigned status, stored_file const& file)
{
    reply made(status, file_text(server, file));
    made.content_type = "application/json; charset=UTF-8";
    return made;
}

inline std::string md5_text(std::string_view bytes)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_md5(), nullptr);
    return core::hex(std::string_view(reinterpret_cast<char const*>(digest), size));
}

// Takes the parts of an upload in; the reason where it does not work.
inline std::string read_upload(std::vector<form_part> const& parts, stored_file& file, std::string_view& content)
{
    bool found = false;
    std::optional<std::string> name, type;
    for (form_part const& part : parts) {
        if (part.name == "content" && !found) {
            found = true;
            content = part.content;
            file.name = part.file_name.value_or("");
            file.content_type = part.content_type;
        } else if (part.name == "metadata") {
            json::error_code failure;
            json::value const metadata = json::parse(view(part.content), failure);
            if (failure || !metadata.is_object())
                return "The metadata must be a JSON object";
            file.metadata = json::serialize(metadata);
        } else if (part.name == "filename") {
            name = std::string(part.content);
        } else if (part.name == "type") {
            type = std::string(part.content);
        }
    }
    file.name = name.value_or(file.name);
    file.content_type = type.value_or(file.content_type);
    if (file.content_type.empty())
        file.content_type = "application/octet-stream";
    if (file.name.size() > 255)
        return "The file name must be at most 255 bytes long";
    return found ? std::string() : "The form has no part named content";
}

inline outcome create_file(service& server, call const& received)
{
    std::string& body = received.request.body;
    auto const parts = parse_form(body, form_boundary(received.request.header("content-type")));
    if (!parts)
        return outcome(file_problem(400, "The body is not a complete multipart/form-data"));
    stored_file file;
    std::string_view content;
    if (std::string const why = read_upload(*parts, file, content); !why.empty())
        return outcome(file_problem(400, why));
    if (content.size() > server.options.largest_file)
        return outcome(file_too_large());
    file.id = core::base64_encode(server.random.uuid());
    file.sha256 = core::hex(core::sha256(content));
    file.md5 = md5_text(content);
    file.created = received.now.system;
    file.expires = received.now.system + server.options.file_lifetime;
    file.begin = static_cast<std::size_t>(content.data() - body.data());
    file.size = content.size();
    // A large one is not remembered with its request, so that there is one copy of it.
    if (body.size() > server.options.largest_remembered_body)
        file.body = std::move(body);
    else
        file.body = body;
    outcome const result(describe_file(server, 201, file));
    server.uploads.add(std::move(file));
    return result;
}

inline outcome list_files(service& server, call const& received)
{
    std::vector<list_item<upload_store::file_pointer>> items;
    for (auto const& file : server.uploads.all(received.now.system))
        items.emplace_back(number_key(file->number), file);
    return answer_page(server, received, page_form("/files", list_order::ascending, 100), items,
        [&](upload_store::file_pointer const& file) { return file_text(server, *file); });
}

inline outcome get_file(service& server, call const& received)
{
    auto const file = server.uploads.find(received.arguments[0], received.now.system);
    return outcome(file ? describe_file(server, 200, *file) : no_such_file());
}

inline outcome delete_file(service& server, call const& received)
{
    if (!server.uploads.find(received.arguments[0], received.now.system))
        return outcome(no_such_file());
    server.uploads.erase(received.arguments[0]);
    reply made(204, "");
    made.content_type = "text/plain; charset=UTF-8";
    return outcome(std::move(made));
}

/// What a download has to show (http-api 5.2).
inline std::string download_signature(
    std::string_view secret, std::string_view owner, std::string_view id, std::string_view expiry)
{
    return core::base64_encode(core::hmac_sha256(secret, {owner, " ", id, " ", expiry}).value_or(""));
}

inline bool may_download(service const& server, call const& received)
{
    std::string_view const query = received.request.query();
    std::string const owner = query_value(query, "owner").value_or("");
    std::string const expiry = query_value(query, "expiry").value_or("");
    std::string const signature = query_value(query, "signature").value_or("");
    std::int64_t seconds = 0;
    auto const parsed = std::from_chars(expiry.data(), expiry.data() + expiry.size(), seconds);
    if (parsed.ec != std::errc() || parsed.ptr != expiry.data() + expiry.size())
        return false;
    auto const now = std::chrono::floor<std::chrono::seconds>(received.now.system).time_since_epoch().count();
    return owner == server.options.account && now < seconds
        && core::equal_in_constant_time(
            signature, download_signature(server.file_signing_secret, owner, received.arguments[0], expiry));
}

// What it may not give away is not there, as far as it tells.
inline outcome download_file(service& server, call const& received)
{
    auto const file = server.uploads.find(received.arguments[0], received.now.system);
    if (!file || !may_download(server, received))
        return outcome(no_such_file());
    reply made(200, std::string(file->content()));
    made.content_type = "application/octet-stream";
    return outcome(std::move(made));
}

/// Uploaded files. The service counts them against no limit.
inline std::vector<route> file_routes()
{
    return {
        route("GET", "/files", operation::file, bucket::none, list_files),
        route("POST", "/files", operation::file_create, bucket::none, create_file),
        route("GET", "/files/{}", operation::file, bucket::none, get_file),
        route("DELETE", "/files/{}", operation::file, bucket::none, delete_file),
        route("GET", "/files/{}/download", operation::file, bucket::none, download_file),
    };
}

} // namespace replicate::testing::detail

#endif
