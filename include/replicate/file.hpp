// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_FILE_HPP
#define REPLICATE_FILE_HPP

#include <replicate/core/file_name.hpp>
#include <replicate/core/mime_type.hpp>
#include <replicate/error.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace replicate {

class call_options;

namespace detail {
class client_state;

/// The client that made a file. A value may be kept longer than the client and its execution context: it does not keep them alive.
inline std::shared_ptr<client_state> living_client(std::weak_ptr<client_state> const& maker)
{
    std::shared_ptr<client_state> client = maker.lock();
    if (client)
        return client;
    std::weak_ptr<client_state> const none;
    if (!maker.owner_before(none) && !none.owner_before(maker))
        throw_invalid_argument("file", "was not made by a client, so there is none to read it with");
    throw_invalid_argument("file",
        "the client that made it has gone; keep the client, or for async_run() its execution context, until its files are read");
}
} // namespace detail

/// A file that a model has made: a URL, not yet the bytes. Nothing is fetched before it is asked for. The service deletes it one
/// hour after the prediction has ended, so read it soon. A value; copies speak of the same file. It is
/// read by the client that made it, which it does not keep alive: when that has gone, it is a URL and nothing more.
///
/// Files are read without the token: they are public to who knows their URL, and a model may name any host. Only where
/// `replicate.delivery`, what ends in `.replicate.delivery` or one of `file_config::delivery_hosts` refuses the file (401, 403), it is
/// asked once more with the token. Redirects are followed a few times, by https alone and without the token.
/// A download that is cut is resumed where it was cut, if the file is still the same, as often as it makes progress.
///
/// The operations are defined in client.hpp. Each takes `[options] [diagnostics&] [completion token]` behind its own arguments, as
/// those of `predictions_resource` do. Cancellation: as there; the connection is closed.
/// Errors of all: those of a request; `errc::invalid_argument` for a URL that is neither `https:` nor `data:`, or, at once, for a
/// file that no client has made or whose client has gone; `errc::unexpected_document` for a malformed `data:` URL; `errc::file_changed` where the file became another one while
/// it was read and could not be begun anew.
class file_output {
public:
    /// No file.
    file_output() = default;

    /// A file at a URL (`https:` or `data:`), to be read by the client that made the output.
    explicit file_output(std::string url, std::weak_ptr<detail::client_state> client = {})
        : url_(std::move(url))
        , client_(std::move(client))
    {
    }

    /// Where it is: an `https:` URL, or a `data:` URL that holds the bytes themselves.
    std::string const& url() const noexcept { return url_; }

    /// A harmless file name for it, from the last part of its URL: never a path, never empty, at most 255 letters.
    std::string name() const
    {
        std::string name = core::file_name_of_url(url_);
        bool const is_data = url_.starts_with("data:");
        std::string_view const extension = is_data ? core::extension_of(core::data_uri_type(url_)) : std::string_view();
        return extension.empty() ? name : name.append(".").append(extension);
    }

    /// Its media type: that of a `data:` URL, or what its name tells; empty where neither does. What the server says of it is
    /// known when it is saved.
    std::string content_type() const
    {
        if (url_.starts_with("data:"))
            return std::string(core::data_uri_type(url_));
        return std::string(detail::type_of_extension(core::file_name_of_url(url_)));
    }

    /// Reads the whole file into a `std::string`. Arguments: `[call_options] [diagnostics&] [completion token]`.
    /// Errors besides: `errc::body_too_large` above `config::limits.download_bytes`.
    template<class... Arguments>
    auto async_read(Arguments&&... arguments) const;

    /// Reads the whole file and blocks until it is there: for the files of `run()`, whose client has a thread of its own. The client
    /// of any other file needs another thread that runs its execution context meanwhile. Throws as `async_read`.
    std::string read() const;
    std::string read(call_options const& options) const;

    /// Saves the file under this path and gives a `saved_file`. Options: `save_options`.
    /// It is written under a temporary name in the same directory, and takes its own when all of it is on the disk: at no time is there
    /// a part of it under that name. The directory must exist. Memory: a few hundred kB.
    /// Errors besides, before anything is asked for: `errc::file_exists`, unless `save_options::overwrite`; `errc::file_not_writable`
    /// where there is no such directory, or the path is one. After any failure, and after a cancellation, nothing is left.
    template<class... Arguments>
    auto async_save(std::filesystem::path path, Arguments&&... arguments) const;

    /// Passes the file on piece by piece, as it comes, and gives the number of its bytes, `std::uint64_t`. Options:
    /// `download_options`. The sink takes a `std::string_view` and returns nothing or an `asio::awaitable<void>`. It is called on the
    /// executor of the caller (that of the client where the completion handler has none), for one piece after the other; no more is
    /// read from the network until it has returned. What it throws ends the call. It is moved into the call; when the call is
    /// cancelled, a piece may still be being taken, so what it refers to must live as long as the sink itself.
    template<class Sink, class... Arguments>
    auto async_stream(Sink sink, Arguments&&... arguments) const;

private:
    std::string url_;
    std::weak_ptr<detail::client_state> client_;
};

} // namespace replicate

#endif
