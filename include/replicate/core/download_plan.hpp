// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_DOWNLOAD_PLAN_HPP
#define REPLICATE_CORE_DOWNLOAD_PLAN_HPP

#include <replicate/config.hpp>
#include <replicate/core/datetime.hpp>
#include <replicate/core/request.hpp>
#include <replicate/core/token_scope.hpp>
#include <replicate/error_code.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace replicate::core {

/// What a Content-Range header says (RFC 9110 section 14.4): `bytes 10-19/100`, `bytes 10-19/*`, `bytes */100`.
class content_range {
public:
    /// The first and the last byte; empty for `*`.
    std::optional<std::uint64_t> first, last;
    /// How many bytes there are in all; empty for `*`.
    std::optional<std::uint64_t> total;

    /// Nothing.
    content_range() = default;
};

/// Takes a number from the front of a text.
inline std::optional<std::uint64_t> take_number(std::string_view& text) noexcept
{
    std::uint64_t number = 0;
    auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc())
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

/// Takes a Content-Range apart; nothing where it is not one.
inline std::optional<content_range> parse_content_range(std::string_view text) noexcept
{
    content_range range;
    if (!text.starts_with("bytes "))
        return std::nullopt;
    text.remove_prefix(6);
    if (text.starts_with('*')) {
        text.remove_prefix(1);
    } else {
        range.first = take_number(text);
        if (!range.first || !text.starts_with('-'))
            return std::nullopt;
        text.remove_prefix(1);
        range.last = take_number(text);
        if (!range.last || *range.last < *range.first)
            return std::nullopt;
    }
    if (!text.starts_with('/'))
        return std::nullopt;
    text.remove_prefix(1);
    if (text == "*")
        return range;
    range.total = take_number(text);
    bool const good = range.total && text.empty() && (!range.last || *range.last < *range.total);
    return good ? std::optional<content_range>(range) : std::nullopt;
}

/// What tells one content of a URL from another so surely that a part of one may follow a part of the other: a strong entity
/// tag, or a time of change that is a minute older than the answer (RFC 9110 section 8.8.2.2). Empty where there is neither.
inline std::string strong_validator(response const& head)
{
    std::string_view const tag = head.header("etag");
    if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"')
        return std::string(tag);
    auto const changed = parse_http_date(head.header("last-modified"));
    auto const sent = parse_http_date(head.header("date"));
    bool const strong = changed && sent && *sent - *changed >= std::chrono::minutes(1);
    return strong ? std::string(head.header("last-modified")) : std::string();
}

/// Where the rest of a file goes.
enum class body_place {
    /// Behind what has come.
    append,
    /// In the place of what has come: the file is another one, or the beginning comes once more.
    anew,
    /// Nowhere: this answer is of no use.
    refuse
};

/// What to do when an answer has ended.
enum class download_step {
    /// The file is there.
    done,
    /// Ask for the rest, or for all, after a wait.
    again,
    /// Ask once more, with the token.
    with_token,
    /// Follow the redirect.
    redirect,
    /// Give up.
    fail
};

/// Decides how a file is read that may be cut off at any place: what to ask for, where the answer goes, whether to ask again.
/// One object a file.
class download_plan {
public:
    /// Lengths of time.
    using duration = std::chrono::steady_clock::duration;

    /// Nothing has come yet. `may_begin_anew`: what has come can be thrown away.
    download_plan(retry_config limits, bool may_begin_anew)
        : limits_(limits)
        , may_begin_anew_(may_begin_anew)
    {
    }

    /// The headers that ask for what is missing.
    std::vector<std::pair<std::string, std::string>> headers() const
    {
        std::vector<std::pair<std::string, std::string>> wanted;
        if (received_ > 0 && !validator_.empty()) {
            wanted.emplace_back("Range", "bytes=" + std::to_string(received_) + "-");
            wanted.emplace_back("If-Range", validator_);
        }
        return wanted;
    }

    /// The header of a success has come: where does its body go?
    body_place on_head(response const& head)
    {
        std::string const validator = strong_validator(head);
        std::string_view const coding = head.header("content-encoding");
        if (!coding.empty() && coding != "identity")
            return refuse(errc::unexpected_content);
        if (head.status == 206)
            return on_part(head, validator);
        bool const same = received_ == 0 || (!validator.empty() && validator == validator_);
        if (!same && !may_begin_anew_)
            return refuse(errc::file_changed);
        skip_ = same ? received_ : 0;
        if (!same)
            received_ = 0;
        validator_ = validator;
        content_type_ = head.header("content-type");
        std::string_view length = head.header("content-length");
        total_ = take_number(length);
        return same ? body_place::append : body_place::anew;
    }

    /// Bytes have come. Says how many of the first of them are there already.
    std::size_t on_bytes(std::size_t count)
    {
        auto const known = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, count));
        skip_ -= known;
        received_ += count - known;
        if (received_ > furthest_)
            failures_ = 0;
        furthest_ = std::max(furthest_, received_);
        return known;
    }

    /// The answer has ended, with this code; `begun`: it was a success, at least in its header. What to do, and for `again` after
    /// how long. Precondition: 0 <= jitter < 1.
    download_step on_end(boost::system::error_code code, bool begun, double jitter)
    {
        bool const whole = !total_ || received_ == *total_;
        if (refusal_)
            return download_step::fail;
        if (begun && !code && whole && skip_ == 0)
            return download_step::done;
        if (total_ && received_ > *total_)
            return refuse_end(errc::file_changed);
        if (begun && !code)
            code = errc::truncated_response; // a range that was shorter than what was asked for
        if (!begun || !is_passing(code) || ++failures_ >= limits_.attempts)
            return refuse_end(code);
        wait_ = backoff(jitter);
        return download_step::again;
    }

    /// The range was refused (416), with this Content-Range: what has come was the whole file, or is of another one.
    download_step on_range_refused(std::string_view range_text)
    {
        auto const range = parse_content_range(range_text);
        if (range && range->total == received_)
            return download_step::done;
        if (!may_begin_anew_ || ++failures_ >= limits_.attempts)
            return refuse_end(errc::file_changed);
        validator_.clear();
        wait_ = duration::zero();
        return download_step::again;
    }

    /// Why the answer was of no use, or why it was given up.
    boost::system::error_code refusal() const noexcept { return refusal_; }

    /// For `again`: how long to wait first.
    duration wait() const noexcept { return wait_; }

    /// How many bytes of the file have come.
    std::uint64_t received() const noexcept { return received_; }

    /// The media type; empty where it is not known.
    std::string const& content_type() const noexcept { return content_type_; }

private:
    body_place on_part(response const& head, std::string const& validator)
    {
        auto const range = parse_content_range(head.header("content-range"));
        // A server may leave the validator out of a part that it has matched; one that names another is not trusted.
        bool const same = validator.empty() || validator == validator_;
        if (!range || range->first != received_ || received_ == 0 || !same || (range->total && total_ && range->total != total_))
            return refuse(errc::file_changed);
        if (range->total)
            total_ = range->total;
        skip_ = 0;
        return body_place::append;
    }

    body_place refuse(errc code)
    {
        refusal_ = code;
        return body_place::refuse;
    }

    download_step refuse_end(boost::system::error_code code)
    {
        refusal_ = code;
        return download_step::fail;
    }

    static bool is_passing(boost::system::error_code code) noexcept
    {
        return code == condition::connection || code == errc::timed_out || code == errc::truncated_response;
    }

    duration backoff(double jitter) const
    {
        auto const most = std::min(limits_.maximum_backoff, limits_.first_backoff * (1u << std::min(failures_, 16u)));
        return std::chrono::duration_cast<duration>(most * jitter);
    }

    retry_config limits_;
    bool may_begin_anew_;
    std::string validator_;
    std::string content_type_;
    std::optional<std::uint64_t> total_;
    std::uint64_t received_ = 0;
    // A file that begins anew again and again makes no progress.
    std::uint64_t furthest_ = 0;
    std::uint64_t skip_ = 0;
    unsigned failures_ = 0;
    duration wait_{};
    boost::system::error_code refusal_;
};

/// Where a file is asked for: its URL, what redirects make of it, and whether the token goes along.
class download_route {
public:
    /// Precondition: an https URL. `further_hosts` is `file_config::delivery_hosts`.
    download_route(absolute_url where, std::string further_hosts)
        : where_(std::move(where))
        , further_hosts_(std::move(further_hosts))
    {
    }

    /// The URL.
    absolute_url const& where() const noexcept { return where_; }

    /// Whether the token goes along.
    bool with_token() const noexcept { return with_token_; }

    /// What a refusal of this status means: the token is asked for, once, if the host may have it; a redirect is followed, a few
    /// times, by https alone and without the token.
    download_step on_refusal(unsigned status, std::string_view location)
    {
        if ((status == 401 || status == 403) && !with_token_ && is_delivery_host(where_.origin, further_hosts_)) {
            with_token_ = true;
            return download_step::with_token;
        }
        bool const redirects = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
        return redirects && follow(location) ? download_step::redirect : download_step::fail;
    }

private:
    static constexpr int most_redirects = 5;

    bool follow(std::string_view location)
    {
        std::string absolute(location);
        if (location.starts_with('/') && !location.starts_with("//"))
            absolute = "https://" + where_.origin.authority() + absolute;
        auto const next = parse_absolute_url(absolute);
        if (!next || !next->origin.secure || !next->user.empty() || ++redirects_ > most_redirects)
            return false;
        where_ = *next;
        with_token_ = false;
        return true;
    }

    absolute_url where_;
    std::string further_hosts_;
    int redirects_ = 0;
    bool with_token_ = false;
};

} // namespace replicate::core

#endif
