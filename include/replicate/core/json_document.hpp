// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_JSON_DOCUMENT_HPP
#define REPLICATE_CORE_JSON_DOCUMENT_HPP

#include <replicate/core/json_repair.hpp>
#include <replicate/error_code.hpp>

#include <boost/json/error.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <string_view>

namespace replicate::core {

/// Reads the body of an answer as JSON: `errc::unexpected_content` where it is none. A byte order mark is passed over;
/// nesting may be deeper than Boost.JSON's default of 32, because outputs are whatever a model likes, but not without end:
/// `errc::nested_too_deeply`. What models are known to break
/// is repaired (see `json_repair`): an answer that is paid for is not lost for half a letter.
inline boost::system::result<boost::json::value> parse_document(std::string_view body)
{
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (body.substr(0, byte_order_mark.size()) == byte_order_mark)
        body.remove_prefix(byte_order_mark.size());
    boost::json::parse_options options;
    options.max_depth = 512;
    boost::system::error_code code;
    boost::json::value document = boost::json::parse(boost::json::string_view(body.data(), body.size()), code, {}, options);
    if (code) {
        code = {};
        document = boost::json::parse(json_repair::of(body), code, {}, options);
    }
    if (code == boost::json::error::too_deep)
        return make_error_code(errc::nested_too_deeply);
    if (code)
        return make_error_code(errc::unexpected_content);
    return document;
}

/// Why the body of an answer is not what was expected: what `parse_document` says, or `errc::unexpected_content` where it is some
/// other document.
inline boost::system::error_code why_unexpected(std::string_view body)
{
    auto const document = parse_document(body);
    return document ? make_error_code(errc::unexpected_content) : document.error();
}

} // namespace replicate::core

#endif
