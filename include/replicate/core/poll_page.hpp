// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_POLL_PAGE_HPP
#define REPLICATE_CORE_POLL_PAGE_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/core/poll_action.hpp>
#include <replicate/core/request.hpp>
#include <replicate/core/resource_path.hpp>
#include <replicate/problem.hpp>

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace replicate::core {

/// GET of the predictions that were created in a window of time, the newest first.
inline request poll_page_request(poll_action const& window)
{
    constexpr int microseconds = 6;
    query_text query;
    query.add("created_after", format_rfc3339(window.after, microseconds));
    query.add("created_before", format_rfc3339(window.before, microseconds));
    return request("GET", "/predictions" + query.str());
}

/// What a page of the list says of the predictions on it.
class poll_page {
public:
    /// Each of them.
    std::vector<poll_sight> shown;
    /// There is no further page.
    bool complete = false;

    /// Nothing.
    poll_page() = default;

    /// Reads a page; nothing where it is none. What is no prediction on it is left out.
    static std::optional<poll_page> of(boost::json::value const& document)
    {
        boost::json::object const* const object = document.if_object();
        boost::json::value const* const results = object == nullptr ? nullptr : object->if_contains("results");
        if (results == nullptr || !results->is_array())
            return std::nullopt;
        poll_page page;
        page.shown.reserve(results->get_array().size());
        for (boost::json::value const& element : results->get_array())
            if (boost::json::object const* const one = element.if_object())
                page.add(*one);
        std::string const next = detail::text_member(*object, "next");
        page.complete = next.empty() || next == "null";
        return page;
    }

private:
    void add(boost::json::object const& one)
    {
        poll_sight& sight = shown.emplace_back();
        sight.id = detail::text_member(one, "id");
        sight.status = parse_prediction_status(detail::text_member(one, "status"));
        sight.created = parse_rfc3339(detail::text_member(one, "created_at"));
    }
};

} // namespace replicate::core

#endif
