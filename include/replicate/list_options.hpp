// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_LIST_OPTIONS_HPP
#define REPLICATE_LIST_OPTIONS_HPP

#include <chrono>
#include <optional>
#include <string>

namespace replicate {

/// Options of `predictions().async_list`.
class prediction_list_options {
public:
    /// The longest that the call may take, repetitions included. Default: `config::timeouts.call`.
    std::optional<std::chrono::steady_clock::duration> timeout;
    /// Only predictions created at this time or later.
    std::optional<std::chrono::system_clock::time_point> created_after;
    /// Only predictions created before this time.
    std::optional<std::chrono::system_clock::time_point> created_before;
    /// Only predictions made on the web site, of the last 14 days. Default: those made by the API too.
    bool only_from_web = false;
    /// `page::next` or `page::previous` of an earlier page; what else was asked for then stands in it. Default: the first page.
    std::string page;

    /// The defaults.
    prediction_list_options() = default;
};

} // namespace replicate

#endif
