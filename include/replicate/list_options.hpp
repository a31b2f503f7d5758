// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_LIST_OPTIONS_HPP
#define REPLICATE_LIST_OPTIONS_HPP

#include <chrono>
#include <optional>
#include <string>

namespace replicate {

/// Options of a list that cannot be sorted or narrowed.
class list_options {
public:
    /// The longest that one call may take, repetitions included, at most a year; of `async_list_all`, all its requests
    /// together. Default: `config::timeouts.call`.
    std::optional<std::chrono::steady_clock::duration> timeout;
    /// `page::next` or `page::previous` of an earlier page of the same list. Default: the first page.
    std::string page;

    /// The defaults.
    list_options() = default;
};

/// Options of the lists of `predictions()`.
class prediction_list_options {
public:
    /// As in `list_options`.
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

/// What models are sorted by.
enum class model_order {
    /// When their latest version was published.
    latest_version_created_at,
    /// When they were created.
    model_created_at
};

/// Which comes first.
enum class sort_direction {
    /// The newest.
    descending,
    /// The oldest.
    ascending
};

/// Options of the lists of `models()`.
class model_list_options {
public:
    /// As in `list_options`.
    std::optional<std::chrono::steady_clock::duration> timeout;
    /// What to sort by. Default: the service's, the latest version.
    std::optional<model_order> sort_by;
    /// Which comes first. Default: the service's, the newest.
    std::optional<sort_direction> direction;
    /// `page::next` or `page::previous` of an earlier page; what else was asked for then stands in it. Default: the first page.
    std::string page;

    /// The defaults.
    model_list_options() = default;
};

/// Options of `client::async_search`.
class search_options {
public:
    /// The longest that the call may take, repetitions included, at most a year. Default: `config::timeouts.call`.
    std::optional<std::chrono::steady_clock::duration> timeout;
    /// The most models to find, 1 to 50. Default: the service's, 20.
    std::optional<int> limit;

    /// The defaults.
    search_options() = default;
};

/// Options of `webhooks().async_default_secret`.
class secret_options {
public:
    /// The longest that the call may take, repetitions included, at most a year. Default: `config::timeouts.call`.
    std::optional<std::chrono::steady_clock::duration> timeout;
    /// Asks the service also where the secret is known already: after it was changed on the web site. Default: false.
    bool refetch = false;

    /// The defaults.
    secret_options() = default;
};

} // namespace replicate

#endif
