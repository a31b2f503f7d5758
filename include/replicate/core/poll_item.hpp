// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_POLL_ITEM_HPP
#define REPLICATE_CORE_POLL_ITEM_HPP

#include <replicate/core/poll_queue.hpp>
#include <replicate/core/run_times.hpp>
#include <replicate/prediction.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace replicate::core {

class poll_window;

/// What one that waits for a prediction wants to know.
enum class poll_interest {
    /// That it has ended, soon.
    end,
    /// The same, but something else tells it as a rule; looks are for the case that this fails.
    safety,
    /// What it does meanwhile too, which no page shows: it is asked for by itself, in its own rhythm, however many there are.
    progress
};

/// How often to ask for one prediction while nothing better is known: first after `first`, then each time after half as long
/// again, up to `longest`.
struct poll_rhythm {
    std::chrono::steady_clock::duration first = std::chrono::milliseconds(500);
    std::chrono::steady_clock::duration longest = std::chrono::seconds(5);
    poll_interest interest = poll_interest::end;
};

/// A prediction that is waited for, as a `poll_plan` sees it.
class poll_item : public poll_target {
public:
    using duration = std::chrono::steady_clock::duration;
    using server_time = std::chrono::system_clock::time_point;

    /// Of a prediction that was created at `born`.
    poll_item(std::optional<server_time> at, run_times& known, time_point born, time_point now, poll_rhythm wish)
        : created(at)
        , times(known)
        , begun(born)
        , phase_since(born)
        , seen(now)
        , asked_at(now)
        , rhythm(wish)
        , grown(wish.first)
        , retry(wish.first)
    {
    }

    /// Seconds since its phase began.
    double age(time_point now) const { return std::chrono::duration<double>(now - phase_since).count(); }

    /// How likely it is that looks have to tell of its end within a second.
    double ends(time_point now) const { return is_for_safety() ? 0 : times.rate(phase, age(now)); }

    /// It has not ended, and is in this state.
    void see_alive(prediction_status status, time_point now)
    {
        times.ran(phase, age(seen), age(now));
        if (phase == run_phase::starting && status != prediction_status::starting) {
            phase = run_phase::processing;
            phase_since = seen + (now - seen) / 2;
        }
        seen = now;
    }

    /// It has ended, at some time since it was seen last.
    void see_end(time_point now)
    {
        if (!ended)
            times.ended(phase, (age(seen) + age(now)) / 2);
        ended = true;
        seen = now;
    }

    /// The time to the next look is half as long again from now on.
    void grow() { grown = std::min(grown + grown / 2, rhythm.longest); }

    /// When to look at it where it is one of few, counted from now: quickly while it is likely to end, as far as is known;
    /// otherwise at growing intervals. `quickest`: the shortest interval that all of them together can afford.
    duration next_look(time_point now, duration quickest, double jitter) const
    {
        auto const spread = std::chrono::duration<double>(grown) * (0.9 + 0.2 * jitter);
        duration const wait = std::chrono::duration_cast<duration>(spread);
        bool const is_lost = std::chrono::duration<double>(now - begun).count() > 2 * times.longest() + 1;
        if (!times.is_known() || is_lost || is_for_safety())
            return wait;
        double const from = age(now);
        double const to = from + std::chrono::duration<double>(wait).count();
        double const quick = std::chrono::duration<double>(std::max(rhythm.first / 4, quickest)).count();
        for (double then = from + quick; then < to; then = std::max(then + quick, then * 1.1))
            if (times.rate(phase, then) * then >= likely)
                return std::chrono::duration_cast<duration>(std::chrono::duration<double>(then - from));
        return wait;
    }

    /// Whether looks are only for the case that what tells of its end fails.
    bool is_for_safety() const noexcept { return rhythm.interest == poll_interest::safety; }

    /// How long it need not be looked at, however many there are.
    duration patience() const noexcept { return is_for_safety() ? rhythm.first : duration(0); }

    /// Whether it is asked for by itself, in its own rhythm, however many there are.
    bool is_on_its_own() const noexcept { return rhythm.interest == poll_interest::progress; }

    /// Its id. Not its own: the key that it is found by.
    std::string const* id = nullptr;
    /// When it was created, by the service's clock; nothing where that is not known.
    std::optional<server_time> created;
    /// What is known of its model.
    run_times& times;
    /// When it was created.
    time_point begun;
    /// What it does, as it was seen last.
    run_phase phase = run_phase::starting;
    /// Since when.
    time_point phase_since;
    /// When it was seen last, on a page too.
    time_point seen;
    /// When it was asked for by itself last.
    time_point asked_at;
    /// How often its owner wishes to ask.
    poll_rhythm rhythm;
    /// The next interval by that.
    duration grown;
    /// How long to wait when asking for it has failed.
    duration retry;
    /// The interval where it is one of many, and not seen on pages.
    duration interval{};
    /// Pages that say that it has ended are not believed before.
    time_point deaf_until{};
    /// It is being asked for.
    bool asked = false;
    /// A page has said that it has ended.
    bool ended = false;
    /// Where it is on pages; null where that is not known.
    poll_window* window = nullptr;
    /// Its place in that.
    std::size_t place = 0;

private:
    // A prediction that takes about as long again as it took already has 1.
    static constexpr double likely = 0.1;
};

} // namespace replicate::core

#endif
