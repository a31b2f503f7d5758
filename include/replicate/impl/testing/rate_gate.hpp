// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_IMPL_TESTING_RATE_GATE_HPP
#define REPLICATE_IMPL_TESTING_RATE_GATE_HPP

#include <replicate/impl/testing/wire.hpp>
#include <replicate/testing/server_options.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>

namespace replicate::testing::detail {

/// What a request is counted against (http-api 7.2).
enum class bucket { none, create, get, other };

/// So many requests, refilled evenly over time.
class token_bucket {
public:
    using time_point = std::chrono::steady_clock::time_point;

    token_bucket(std::size_t per_minute, std::size_t burst)
        : per_second_(static_cast<double>(per_minute) / 60)
        , capacity_(static_cast<double>(std::max<std::size_t>(burst, 1)))
        , tokens_(capacity_)
    {
    }

    bool take(time_point now) noexcept
    {
        refill(now);
        if (tokens_ < 1)
            return false;
        tokens_ -= 1;
        return true;
    }

    /// The next token is then a whole interval away.
    void drain() noexcept { tokens_ = 0; }

    std::size_t remaining() const noexcept { return static_cast<std::size_t>(tokens_); }

    /// Whole seconds until the next token, at least 1.
    long seconds_to_next() const noexcept { return whole_seconds((1 - tokens_) / per_second_); }

    /// Whole seconds until it is full, at least 1.
    long seconds_to_full() const noexcept { return whole_seconds((capacity_ - tokens_) / per_second_); }

private:
    static long whole_seconds(double seconds) noexcept { return std::max(1L, std::lround(std::ceil(seconds))); }

    void refill(time_point now) noexcept
    {
        if (last_)
            tokens_ += std::chrono::duration<double>(now - *last_).count() * per_second_;
        tokens_ = std::min(tokens_, capacity_);
        last_ = now;
    }

    double per_second_;
    double capacity_;
    double tokens_;
    std::optional<time_point> last_;
};

/// Which requests are let through (http-api 7). Safe from any thread.
class rate_gate {
public:
    explicit rate_gate(rate_options options)
        : options_(options)
    {
        if (options.low_credit)
            create_.emplace(6, 1);
        else if (options.creates_per_minute)
            create_.emplace(*options.creates_per_minute, options.create_burst.value_or(*options.creates_per_minute));
        if (options.gets_per_minute)
            get_.emplace(*options.gets_per_minute, *options.gets_per_minute);
        if (options.others_per_minute)
            other_.emplace(*options.others_per_minute, *options.others_per_minute);
    }

    /// What one more request meets: a refusal, or the headers that its answer shall have.
    class decision {
    public:
        std::optional<reply> refusal;
        std::vector<std::pair<std::string, std::string>> headers;

        decision() = default;
    };

    decision admit(bucket kind, std::chrono::steady_clock::time_point now)
    {
        decision made;
        std::lock_guard const lock(mutex_);
        token_bucket* const tokens = find(kind);
        if (tokens == nullptr)
            return made;
        bool const admitted = tokens->take(now);
        if (!admitted)
            made.refusal = refuse(tokens->seconds_to_next());
        if (!admitted && options_.low_credit)
            tokens->drain();
        made.headers.emplace_back("ratelimit-remaining", std::to_string(tokens->remaining()));
        made.headers.emplace_back("ratelimit-reset", std::to_string(tokens->seconds_to_full()));
        return made;
    }

private:
    token_bucket* find(bucket kind) noexcept
    {
        auto* const found = kind == bucket::create ? &create_
            : kind == bucket::get                  ? &get_
            : kind == bucket::other                ? &other_
                                                   : nullptr;
        return found != nullptr && found->has_value() ? &**found : nullptr;
    }

    reply refuse(long wait) const
    {
        std::string const seconds = std::to_string(wait);
        std::string text = "Request was throttled. ";
        if (options_.text == throttle_text::older)
            text += "Expected available in " + seconds + (wait == 1 ? " second." : " seconds.");
        if (options_.text == throttle_text::current)
            text += options_.low_credit ? "Your rate limit for creating predictions is reduced to 6 requests per "
                                          "minute with a burst of 1 requests "
                                          "while you have less than $5.0 in credit. "
                                        : "Your rate limit for creating predictions is reached. ";
        if (options_.text != throttle_text::older)
            text += "Your rate limit resets in ~" + seconds + "s.";
        json::object document;
        document["detail"] = view(std::string_view(text));
        if (options_.text == throttle_text::current) {
            document["status"] = 429;
            document["retry_after"] = wait;
        }
        reply made(429, json::serialize(document) + '\n');
        if (options_.retry_after_header)
            made.header("retry-after", seconds);
        return made;
    }

    rate_options const options_;
    std::mutex mutex_;
    std::optional<token_bucket> create_;
    std::optional<token_bucket> get_;
    std::optional<token_bucket> other_;
};

} // namespace replicate::testing::detail

#endif
