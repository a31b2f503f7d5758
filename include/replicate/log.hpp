// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_LOG_HPP
#define REPLICATE_LOG_HPP

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace replicate {

/// How much somebody should care.
enum class log_level {
    /// Somebody has to do something: the token is refused, credit is wanting, a certificate is not trusted, an observer throws.
    error,
    /// Something has failed, which the client or its caller has to deal with: a try of a request, a prediction; the service throttles.
    warning,
    /// The life of predictions, and what is sent again.
    information,
    /// Each request, each connection, each wait for a turn.
    debug,
    /// All that an observer hears.
    trace
};

/// The word for a level.
constexpr std::string_view to_string(log_level value) noexcept
{
    constexpr std::string_view words[] = {"error", "warning", "information", "debug", "trace"};
    return words[static_cast<std::size_t>(value)];
}

/// One name and what it stands for.
class log_field {
public:
    /// The name of an attribute, as the events of an observer have them: `http.response.status_code`.
    std::string name;
    /// The value, as a text.
    std::string value;

    /// Nothing.
    log_field() = default;

    /// A field.
    log_field(std::string_view its_name, std::string its_value)
        : name(its_name)
        , value(std::move(its_value))
    {
    }
};

/// One line of a log. It holds no token, no header, no query, and nothing of inputs and outputs.
class log_record {
public:
    /// How much it matters.
    log_level level = log_level::information;
    /// When, by the clock of this machine.
    std::chrono::system_clock::time_point time{};
    /// For people.
    std::string message;
    /// For programs.
    std::vector<log_field> fields;

    /// Nothing.
    log_record() = default;

    /// The value of a field; empty where there is none of this name.
    std::string_view field(std::string_view name) const noexcept
    {
        for (log_field const& each : fields)
            if (each.name == name)
                return each.value;
        return {};
    }
};

/// What a client writes to a log. No variable of the environment changes it.
///
///     config.log.sink = replicate::log_to_standard_error();
///     config.log.level = replicate::log_level::debug;
class log_config {
public:
    /// The least that is written; what matters more is written too. Default: `information`.
    log_level level = log_level::information;
    /// Takes each record, on the client's strand, which it must not block. What it throws goes no further, and is counted
    /// (`client_metrics::log_failures`). See `log_to`. Default: none, and nothing is written.
    std::function<void(log_record const&)> sink;

    /// Nothing is written.
    log_config() = default;
};

} // namespace replicate

#endif
