// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_FILE_HPP
#define REPLICATE_FILE_HPP

#include <replicate/core/file_name.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace replicate {

namespace detail {
class client_state;
}

/// A file that a model has made: a URL, not yet the bytes. The service deletes it one hour after the prediction
/// has ended, so read it soon. A value; copies speak of the same file.
class file_output {
public:
    /// No file.
    file_output() = default;

    /// A file at a URL (`https:` or `data:`), to be read by the client that made the output.
    explicit file_output(std::string url, std::shared_ptr<detail::client_state> client = nullptr)
        : url_(std::move(url))
        , client_(std::move(client))
    {
    }

    /// Where it is: an `https:` URL, or a `data:` URL that holds the bytes themselves.
    std::string const& url() const noexcept { return url_; }

    /// A harmless file name for it, from the last part of its URL: never a path, never empty.
    std::string name() const { return core::file_name_of_url(url_); }

    /// Reads the whole file into a `std::string`, without the token: output files are public to who knows their URL.
    /// `async_read([deadline,] [token])` is defined in client.hpp.
    /// Errors: those of a request; `errc::body_too_large` above `config::limits.download_bytes`.
    /// Cancellation: terminal and partial; the connection is closed.
    template<class... Arguments>
    auto async_read(Arguments&&... arguments) const;

private:
    std::string url_;
    std::shared_ptr<detail::client_state> client_;
};

} // namespace replicate

#endif
