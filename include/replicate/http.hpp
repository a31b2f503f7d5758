// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_HTTP_HPP
#define REPLICATE_HTTP_HPP

#include <replicate/detail/config.hpp>
#include <replicate/detail/start.hpp>
#include <replicate/response_meta.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate {

/// A request of one's own, to any host. A plain value.
class http_request {
public:
    /// GET, POST, PUT, PATCH, DELETE, QUERY. Default: GET.
    std::string method = "GET";
    /// Where: `https://`; `http://` to this machine alone. User name, password and fragment are refused.
    std::string url;
    /// Headers, besides Host, Accept-Encoding, Content-Length, Connection and Transfer-Encoding, which are the client's own. Without
    /// control characters.
    std::vector<std::pair<std::string, std::string>> headers;
    /// The media type of the body; empty where there is none.
    std::string content_type;
    /// The body.
    std::string body;
    /// Shows the client's token, which is allowed for the API's own host alone. Default: false.
    bool with_token = false;
    /// Whether it may be sent again after it may have had an effect. By default GET, PUT, DELETE and QUERY may, POST and PATCH not.
    enum class repetition {
        /// As the method says.
        by_method,
        /// It may.
        allowed,
        /// It may not.
        refused
    };
    /// See there.
    repetition repeat = repetition::by_method;

    /// Nothing yet.
    http_request() = default;

    /// A request without a body.
    http_request(std::string_view method_name, std::string_view where)
        : method(method_name)
        , url(where)
    {
    }
};

/// An answer, whatever its status. A plain value.
class http_response : public answered {
public:
    /// 200 to 599.
    unsigned status = 0;
    /// All headers, names in lower case, in the order of their coming.
    std::vector<std::pair<std::string, std::string>> headers;
    /// The body, decoded from its transfer coding.
    std::string body;

    /// No answer.
    http_response() = default;

    /// The value of the first header of this lower-case name; empty where there is none.
    std::string_view header(std::string_view name) const noexcept
    {
        for (auto const& [known_name, value] : headers)
            if (known_name == name)
                return value;
        return {};
    }
};

namespace detail {

void start_http(std::shared_ptr<client_state> client, http_request what, call_options options,
    erased_handler<http_response> handler);

} // namespace detail

/// The client's connections, for requests of one's own: `client.http()`. They share its pool, TLS and proxy settings, time limits,
/// repetitions and places in flight; not its token. A handle, cheap to copy, for any thread.
class http_resource {
public:
    /// Of a client.
    explicit http_resource(std::shared_ptr<detail::client_state> client)
        : client_(std::move(client))
    {
    }

    /// Sends a request and gives the answer, also one that is a refusal: look at `status`. Redirects are not followed.
    /// Arguments: `[call_options] [diagnostics&] [completion token]`, as for `predictions_resource`.
    /// Errors: `errc::invalid_argument` for a request that cannot be sent; those of the connection; `errc::body_too_large` above
    /// `config::limits.download_bytes`; `errc::create_outcome_unknown` where an answer was lost and the request may not be
    /// sent again. Cancellation: terminal and partial, and total while nothing has been sent; the connection is closed.
    template<class... Arguments>
        requires detail::call_arguments<http_response, call_options, Arguments...>
    auto async_send(http_request what, Arguments&&... arguments) const
    {
        return detail::initiate<http_response, call_options>(
            detail::bind_start<&detail::start_http>(client_, std::move(what)), std::forward<Arguments>(arguments)...);
    }

    /// Sends a GET; see `async_send`.
    template<class... Arguments>
        requires detail::call_arguments<http_response, call_options, Arguments...>
    auto async_get(std::string_view url, Arguments&&... arguments) const
    {
        return async_send(http_request("GET", url), std::forward<Arguments>(arguments)...);
    }

private:
    std::shared_ptr<detail::client_state> client_;
};

} // namespace replicate

#ifndef REPLICATE_SEPARATE_COMPILATION
#include <replicate/impl/http.ipp>
#endif

#endif
