// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_FILES_HPP
#define REPLICATE_FILES_HPP

#include <replicate/catalog.hpp>
#include <replicate/core/file_requests.hpp>
#include <replicate/detail/start_files.hpp>
#include <replicate/listing.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace replicate {

/// The files that were uploaded to the service: `client.files()`. A handle, cheap to copy, for any thread. All operations but
/// `async_create` take `[call_options] [diagnostics&] [completion token]` behind their own arguments, as those of
/// `predictions_resource` do.
class files_resource : public listing<uploaded_file, list_options, &core::list_files_request> {
public:
    using listing::listing;

    /// Uploads a file and gives its description; its `url` may stand in inputs until it expires. (A `file_source` in an input is
    /// uploaded by itself.) Options: `upload_options`. The file is sent as it is read, in bounded memory; it is sent again where the
    /// answer was lost, which costs nothing.
    /// Errors besides those of a request: `errc::file_not_readable`, `errc::file_too_large` from 100,000,000 bytes on (then nothing
    /// is sent), `errc::file_changed`. POST /files
    template<class... Arguments>
        requires detail::call_arguments<uploaded_file, upload_options, Arguments...>
    auto async_create(file_source file, Arguments&&... arguments) const
    {
        return detail::initiate<uploaded_file, upload_options>(
            detail::bind_start<&detail::start_upload>(state(), std::move(file)), std::forward<Arguments>(arguments)...);
    }

    /// Gives the description of a file, not its content. GET /files/{id}
    template<class... Arguments>
        requires detail::call_arguments<uploaded_file, call_options, Arguments...>
    auto async_get(std::string_view id, Arguments&&... arguments) const
    {
        return detail::initiate<uploaded_file, call_options>(
            detail::bind_request<uploaded_file, &core::get_file_request>(state(), std::string(id)),
            std::forward<Arguments>(arguments)...);
    }

    /// Deletes a file. A deletion that was repeated after its answer was lost ends with `condition::not_found`.
    /// DELETE /files/{id}
    template<class... Arguments>
        requires detail::call_arguments<response_meta, call_options, Arguments...>
    auto async_delete(std::string_view id, Arguments&&... arguments) const
    {
        return detail::initiate<response_meta, call_options>(
            detail::bind_request<response_meta, &core::delete_file_request>(state(), std::string(id)),
            std::forward<Arguments>(arguments)...);
    }

    /// Gives the content of a file that its owner has shared: `signature` is base64 of the HMAC-SHA256 of
    /// `OWNER ID EXPIRY`, with the expiry in seconds since 1970, by the owner's secret for files. All of it is taken into
    /// memory; more than `config::limits.download_bytes` is `errc::body_too_large`. GET /files/{id}/download
    template<class... Arguments>
        requires detail::call_arguments<file_content, call_options, Arguments...>
    auto async_download(std::string_view id, std::string_view owner, std::chrono::system_clock::time_point expiry,
        std::string_view signature, Arguments&&... arguments) const
    {
        return detail::initiate<file_content, call_options>(
            detail::bind_request<file_content, &core::download_file_request>(
                state(), std::string(id), std::string(owner), expiry, std::string(signature)),
            std::forward<Arguments>(arguments)...);
    }
};

} // namespace replicate

#endif
