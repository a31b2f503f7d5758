// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_BATCH_LINES_HPP
#define REPLICATE_CORE_BATCH_LINES_HPP

#include <replicate/batch_row.hpp>
#include <replicate/file_options.hpp>
#include <replicate/prediction.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace replicate::core {

/// What is kept of a prediction that has ended until its result is written: all but its input and its logs.
inline std::string kept_text(prediction const& ended)
{
    json::object kept = ended.raw();
    kept.erase("input");
    kept.erase("logs");
    return std::string(json::serialize(kept));
}

/// The same back.
inline prediction kept_prediction(std::string_view text)
{
    json::parse_options options;
    options.max_depth = 520;
    return prediction::from_json(json::parse(json::string_view(text.data(), text.size()), {}, options));
}

/// What the lines of results and errors have in common.
inline json::object line_of(std::string_view custom_id, prediction const& ended)
{
    json::object line;
    line["custom_id"] = json::string_view(custom_id.data(), custom_id.size());
    for (char const* name : {"id", "model", "version", "deployment", "status", "created_at", "started_at", "completed_at", "metrics"})
        if (json::value const* const value = ended.raw().if_contains(name); value != nullptr && !value->is_null())
            line[name] = *value;
    return line;
}

/// A file of an output as a line tells it.
inline json::object file_entry(saved_file const& saved)
{
    return json::object{{"path", saved.path.generic_string()}, {"bytes", saved.bytes}, {"sha256", saved.sha256},
        {"content_type", saved.content_type}};
}

/// A file that could not be had, as a line tells it.
inline json::object file_entry(std::string_view url, std::string_view reason)
{
    return json::object{{"url", json::string_view(url.data(), url.size())}, {"error", json::string_view(reason.data(), reason.size())}};
}

/// A line of the results, with its end.
inline std::string result_line(std::string_view custom_id, prediction const& ended, json::array files)
{
    json::object line = line_of(custom_id, ended);
    line["output"] = ended.output();
    line["files"] = std::move(files);
    return std::string(json::serialize(line)) + "\n";
}

/// A line of the errors about a row, with its end. `ended`: its prediction; null where there is none.
inline std::string error_line(std::string_view custom_id, std::string_view reason, prediction const* ended)
{
    json::object line;
    if (ended != nullptr)
        line = line_of(custom_id, *ended);
    else
        line["custom_id"] = json::string_view(custom_id.data(), custom_id.size());
    line["error"] = json::string_view(reason.data(), reason.size());
    return std::string(json::serialize(line)) + "\n";
}

/// A line of the errors about what is no row, with its end.
inline std::string error_line(batch_fault const& fault)
{
    json::object line;
    if (fault.line > 0)
        line["line"] = fault.line;
    if (fault.column > 0)
        line["column"] = fault.column;
    if (!fault.custom_id.empty())
        line["custom_id"] = fault.custom_id;
    line["error"] = fault.reason;
    return std::string(json::serialize(line)) + "\n";
}

} // namespace replicate::core

#endif
