// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_LOST_CREATE_HPP
#define REPLICATE_CORE_LOST_CREATE_HPP

#include <replicate/core/create_signature.hpp>
#include <replicate/core/datetime.hpp>
#include <replicate/core/server_clock.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

namespace replicate::core {

/// What became of a create whose answer was lost.
enum class create_verdict_kind {
    /// It is looked for.
    pending,
    /// It is this prediction.
    adopt,
    /// It was not found, as far as was looked.
    unknown
};

/// What became of it, with what is known.
class create_verdict {
public:
    /// What became of it.
    create_verdict_kind kind = create_verdict_kind::pending;
    /// For `adopt`: the prediction.
    std::string id;
    /// For `unknown`: what was looked at, for people.
    std::string evidence;

    /// Nothing yet.
    create_verdict() = default;
};

/// What was seen while one create was looked for.
class create_evidence {
public:
    /// How often the list was asked for, and how often that failed.
    std::size_t looks = 0, failed_looks = 0;
    /// What the last look saw of the time in question: predictions, those of them that belong to other calls of this client, and those
    /// with the same input that were left aside because they are of another model, version, deployment or webhook.
    std::size_t seen = 0, of_others = 0, set_aside = 0;
    /// Whether the list was too long to be read to its end.
    bool cut_short = false;
    /// Why the last look that failed did.
    std::string failure;

    /// Nothing was looked at.
    create_evidence() = default;

    /// It in words.
    std::string text(std::chrono::steady_clock::duration after, std::optional<std::chrono::system_clock::time_point> since) const
    {
        char seconds[32];
        std::snprintf(seconds, sizeof(seconds), "%.1f s", std::chrono::duration<double>(after).count());
        std::string told = "looked for it " + times(looks) + " until " + seconds + " after it was sent";
        if (failed_looks < looks && since)
            told += ", among " + std::to_string(seen) + " predictions since " + format_rfc3339(*since, 3) + aside();
        if (cut_short)
            told += "; there were more than were looked at";
        if (failed_looks > 0)
            told += "; failed " + times(failed_looks) + ": " + failure;
        return told;
    }

private:
    static std::string times(std::size_t count) { return count == 1 ? "once" : std::to_string(count) + " times"; }

    std::string aside() const
    {
        std::string told;
        if (of_others > 0)
            told = std::to_string(of_others) + " of other calls";
        if (set_aside > 0)
            told += (told.empty() ? "" : ", ") + std::to_string(set_aside) + " with the same input of another model, version or webhook";
        return told.empty() ? "" : " (" + told + ')';
    }
};

/// One create, from before it is sent until its prediction is known or nobody wants to know any more.
class open_create {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using system = std::chrono::system_clock::time_point;

    /// What it asked for.
    create_signature signature;
    /// What became of it.
    create_verdict verdict;
    /// What was seen while it was looked for.
    create_evidence evidence;
    /// When it was sent, by the last try that may have been carried out; nothing before the first.
    std::optional<time_point> sent_at;
    /// When its answer was lost; nothing while it may still come.
    std::optional<time_point> lost_at;
    /// When to look next.
    time_point due{};
    /// False when its caller has gone: its prediction is to be cancelled.
    bool wanted = true;
    /// What was found may be that of another create, whose answer is still to come.
    bool contested = false;

    explicit open_create(create_signature what)
        : signature(std::move(what))
    {
    }

    /// It is sent. What was sent before was refused, unless it was lost: then it may have come of that.
    void send(time_point now, server_clock const& clock)
    {
        if (!sent_at || !was_lost_) {
            sent_at = now;
            sent_time_ = clock.is_known() ? std::optional<system>(clock.earliest(now)) : std::nullopt;
        }
        lost_at.reset();
        verdict = create_verdict();
    }

    /// Its answer was lost.
    void lose(time_point now)
    {
        lost_at = now;
        was_lost_ = true;
        evidence = create_evidence();
        contested = false;
    }

    /// True while it is to be looked for.
    bool is_open() const noexcept { return lost_at && verdict.kind == create_verdict_kind::pending; }

    /// True while its answer may come.
    bool is_under_way() const noexcept { return sent_at && !lost_at; }

    /// The earliest that its prediction can have been created at the service.
    system begin(server_clock const& clock, std::chrono::steady_clock::duration margin) const
    {
        system const now_thought = clock.earliest(*sent_at);
        return std::min(now_thought, sent_time_.value_or(now_thought)) - whole(margin);
    }

    /// The latest. What is in front of the service may hand a request on later than it gives up.
    system end(server_clock const& clock, std::chrono::steady_clock::duration margin) const
    {
        return clock.latest(*lost_at) + whole(margin) + std::chrono::seconds(15);
    }

    /// Its input, in canonical form, hashed.
    std::string const& input_hash() const
    {
        if (input_hash_.empty())
            input_hash_ = canonical_hash(*signature.values);
        return input_hash_;
    }

private:
    static std::chrono::system_clock::duration whole(std::chrono::steady_clock::duration length)
    {
        return std::chrono::duration_cast<std::chrono::system_clock::duration>(length);
    }

    // Only few creates are ever compared.
    mutable std::string input_hash_;
    std::optional<system> sent_time_;
    bool was_lost_ = false;
};

} // namespace replicate::core

#endif
