// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_LOG_STREAM_HPP
#define REPLICATE_LOG_STREAM_HPP

#include <replicate/core/datetime.hpp>
#include <replicate/log.hpp>

#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>

namespace replicate {

namespace detail {

/// Appends a text on one line: what would end the line, or change a terminal, is written as its code.
inline void append_escaped(std::string& line, std::string_view text, bool in_quotes)
{
    unsigned char before = 0;
    for (char const letter : text) {
        auto const code = static_cast<unsigned char>(letter);
        // In UTF-8, C2 and 80 to 9F are control letters too.
        bool const is_second = before == 0xc2 && code >= 0x80 && code <= 0x9f;
        before = code;
        if (code < 0x20 || code == 0x7f || is_second) {
            char escaped[8];
            std::snprintf(escaped, sizeof(escaped), "\\x%02x", static_cast<unsigned>(code));
            line += escaped;
        } else {
            if (in_quotes && (letter == '"' || letter == '\\'))
                line += '\\';
            line += letter;
        }
    }
}

inline void append_field(std::string& line, log_field const& field)
{
    bool const plain = !field.value.empty() && field.value.find_first_of(" \"\\=\t\r\n") == std::string::npos;
    line += ' ';
    append_escaped(line, field.name, false);
    line += plain ? "=" : "=\"";
    append_escaped(line, field.value, !plain);
    if (!plain)
        line += '"';
}

} // namespace detail

/// A record as one line, without its end, in logfmt:
/// `2026-01-31T12:00:00.123Z warning POST /v1/predictions failed: 503 http.request.method=POST http.response.status_code=503`
/// Letters that would end the line, or change a terminal, are written as `\x0a`.
inline std::string format(log_record const& record)
{
    std::string line = core::format_rfc3339(record.time, 3);
    line += ' ';
    line += to_string(record.level);
    line += ' ';
    detail::append_escaped(line, record.message, false);
    for (log_field const& each : record.fields)
        detail::append_field(line, each);
    return line;
}

namespace detail {

/// Writes records to a stream, one by one, whoever has copies of it.
class stream_sink {
public:
    explicit stream_sink(std::ostream& stream)
        : stream_(&stream)
        , mutex_(std::make_shared<std::mutex>())
    {
    }

    void operator()(log_record const& record) const
    {
        std::string const line = format(record) + '\n';
        std::lock_guard const lock(*mutex_);
        stream_->write(line.data(), static_cast<std::streamsize>(line.size()));
        stream_->flush();
    }

private:
    std::ostream* stream_;
    std::shared_ptr<std::mutex> mutex_;
};

} // namespace detail

/// A sink for `log_config::sink` that writes each record as one line, and flushes. The stream must outlive all copies.
/// Thread safety: copies take turns, so that one of them may serve clients of several threads.
inline std::function<void(log_record const&)> log_to(std::ostream& stream)
{
    return detail::stream_sink(stream);
}

/// The same for standard error.
inline std::function<void(log_record const&)> log_to_standard_error()
{
    static detail::stream_sink const sink(std::cerr);
    return sink;
}

} // namespace replicate

#endif
