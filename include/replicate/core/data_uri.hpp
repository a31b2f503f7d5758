// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_DATA_URI_HPP
#define REPLICATE_CORE_DATA_URI_HPP

#include <replicate/core/base64.hpp>
#include <replicate/error.hpp>

#include <boost/url/pct_string_view.hpp>

#include <string>
#include <string_view>

namespace replicate::core {

/// The bytes of a `data:` URL (RFC 2397), in base64 or percent-encoded; an `error` of `errc::unexpected_document` where it is
/// malformed.
inline std::string decode_data_uri(std::string_view uri)
{
    auto const comma = uri.find(',');
    if (uri.substr(0, 5) != "data:" || comma == std::string_view::npos)
        throw replicate::detail::make_error(errc::unexpected_document, "a data: URL without a comma");
    std::string_view const kind = uri.substr(5, comma - 5);
    std::string_view const data = uri.substr(comma + 1);
    if (kind.ends_with(";base64")) {
        if (auto bytes = base64_decode(data))
            return std::move(*bytes);
        throw replicate::detail::make_error(errc::unexpected_document, "a data: URL whose base64 is malformed");
    }
    auto const encoded = boost::urls::make_pct_string_view(data);
    if (!encoded)
        throw replicate::detail::make_error(errc::unexpected_document, "a data: URL whose percent-encoding is malformed");
    return encoded->decode();
}

} // namespace replicate::core

#endif
