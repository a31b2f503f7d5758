// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_RESCUED_ID_HPP
#define REPLICATE_CORE_RESCUED_ID_HPP

#include <boost/json/basic_parser_impl.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace replicate::core {

/// Listens to a parser for the member `id` of the outermost object.
class id_listener {
public:
    // The names and limits that boost::json::basic_parser asks of its handler.
    static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
    static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

    using code = boost::system::error_code;
    using text = boost::json::string_view;

    bool on_document_begin(code&) { return true; }
    bool on_document_end(code&) { return true; }
    bool on_object_begin(code&) { return enter(); }
    bool on_object_end(std::size_t, code&) { return leave(); }
    bool on_array_begin(code&) { return enter(); }
    bool on_array_end(std::size_t, code&) { return leave(); }
    bool on_key_part(text part, std::size_t, code&)
    {
        key_.append(part.data(), part.size());
        return true;
    }
    bool on_key(text part, std::size_t, code&)
    {
        key_.append(part.data(), part.size());
        // Within the outermost object each value follows a key, so this holds for the value that comes next.
        awaits_id_ = depth_ == 1 && key_ == "id";
        key_.clear();
        return true;
    }
    bool on_string_part(text part, std::size_t, code&)
    {
        value_.append(part.data(), part.size());
        return true;
    }
    bool on_string(text part, std::size_t, code&)
    {
        value_.append(part.data(), part.size());
        if (awaits_id_ && depth_ == 1)
            id_ = value_;
        value_.clear();
        return true;
    }
    bool on_number_part(text, code&) { return true; }
    bool on_int64(std::int64_t, text, code&) { return true; }
    bool on_uint64(std::uint64_t, text, code&) { return true; }
    bool on_double(double, text, code&) { return true; }
    bool on_bool(bool, code&) { return true; }
    bool on_null(code&) { return true; }
    bool on_comment_part(text, code&) { return true; }
    bool on_comment(text, code&) { return true; }

    /// The id, when it came whole; empty otherwise.
    std::string const& id() const noexcept { return id_; }

private:
    bool enter()
    {
        ++depth_;
        return true;
    }
    bool leave()
    {
        --depth_;
        return true;
    }

    std::string key_, value_, id_;
    std::size_t depth_ = 0;
    bool awaits_id_ = false;
};

/// The id of the prediction in an answer that was cut short; empty where it is not there whole. A prediction whose id
/// came through is not lost, however little of the rest did.
inline std::string rescued_prediction_id(std::string_view cut_body)
{
    // As tolerant as parse_document, so that what it would have read whole is not lost in part.
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (cut_body.substr(0, byte_order_mark.size()) == byte_order_mark)
        cut_body.remove_prefix(byte_order_mark.size());
    boost::json::parse_options options;
    options.max_depth = 512;
    boost::json::basic_parser<id_listener> parser(options);
    boost::system::error_code code;
    parser.write_some(true, cut_body.data(), cut_body.size(), code);
    return parser.handler().id();
}

} // namespace replicate::core

#endif
