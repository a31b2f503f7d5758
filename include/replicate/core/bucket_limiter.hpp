// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_BUCKET_LIMITER_HPP
#define REPLICATE_CORE_BUCKET_LIMITER_HPP

#include <replicate/core/rate_answer.hpp>
#include <replicate/core/rate_level.hpp>
#include <replicate/core/rate_notice.hpp>
#include <replicate/core/rate_search.hpp>
#include <replicate/rate_options.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

namespace replicate::core {

/// What a limiter knows of one bucket, for metrics.
struct rate_state {
    /// Requests per second that it lets through in the long run.
    double rate = 0;
    /// Requests that the service would take at once; negative where that is not known.
    double level = -1;
    /// Nothing goes before this because of a 429; long past where there was none.
    std::chrono::steady_clock::time_point paused_until{};
    /// What the service has said about the account.
    rate_mode mode = rate_mode::normal;
    /// Requests let through, and those of them that were refused with 429.
    std::uint64_t sent = 0;
    std::uint64_t rejected = 0;
};

/// Says when the next request of one bucket may go. By what the service says is left, where its answers say that; otherwise
/// by trying. Requests keep a distance in time, and all wait after a refusal.
class bucket_limiter {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = time_point::duration;

    /// `believed`: requests per second, to begin with. Precondition: above zero.
    bucket_limiter(double believed, duration longest_pause) noexcept
        : longest_pause_(longest_pause)
        , level_(std::clamp(believed, rate_search::lowest, rate_search::highest))
        , search_(level_.rate())
    {
    }

    /// When one may go. Asked again without anything learned meanwhile, it says the same.
    time_point next(time_point now) const
    {
        time_point const slot = std::max(paused_until_, last_slot_ + interval(now));
        if (!uses_level())
            return slot;
        double const missing = enough() - level_.at(now, sent_);
        if (missing < 1e-6)
            return slot;
        // However little there seems to be, one a minute finds out.
        time_point const filled = std::min(now + length_of(missing / level_.rate()), last_slot_ + std::chrono::minutes(1));
        return std::max(slot, filled);
    }

    /// One goes. Precondition: `next(now) <= now`.
    rate_ticket take(time_point now)
    {
        time_point slot = std::max(paused_until_, last_slot_ + interval(now));
        if (uses_level())
            slot = std::max(slot, now - length_of((level_.at(now, sent_) - enough()) / level_.rate()));
        if (sent_ == 0)
            first_at_ = now;
        else if (duration const idle = now - slot; idle > std::chrono::milliseconds(250))
            idle_ += idle;
        is_busy_ = now - slot < std::chrono::milliseconds(50);
        // Who comes late for his slot does not make all others late, but after a rest there is no crowd.
        duration const catch_up = is_narrow() ? duration(0) : duration(std::chrono::milliseconds(100));
        last_slot_ = std::max(slot, now - catch_up);
        return {++sent_, now};
    }

    /// It was taken, and nothing was sent.
    void give_back(rate_ticket ticket)
    {
        level_.give_back(ticket.number);
        ++given_back_;
        last_slot_ -= std::min(interval(last_slot_), duration(std::chrono::seconds(1)));
    }

    /// An answer has come.
    void learn(rate_answer const& answer, time_point now)
    {
        if (answer.status == 429) {
            refused(answer, now);
            return;
        }
        bool const is_good = answer.status >= 200 && answer.status < 300;
        if (answer.ticket.number > refusal_sent_ && is_good)
            refusals_in_a_row_ = 0;
        if (is_narrow())
            last_slot_ = std::max(last_slot_, counted_at(answer, now));
        bool const used_level = uses_level();
        if (answer.remaining && answer.ticket.number != 0) {
            silent_ = 0;
            level_.learn(static_cast<double>(std::min<std::uint64_t>(*answer.remaining, 1'000'000'000)), answer.ticket.number,
                answer.ticket.at, now);
        } else if (is_good) {
            silent_ = std::min(silent_ + 1, 50U);
        }
        if (used_level && !uses_level())
            search_.adopt(level_.rate());
        if (is_good && !uses_level())
            succeeded(now);
        look_for_recovery(uses_level() ? level_.rate() : search_.rate());
    }

    /// What is known.
    rate_state state(time_point now) const
    {
        rate_state result;
        result.rate = uses_level() ? level_.rate() : search_.rate();
        result.level = is_told() ? level_.at(now, sent_) : -1;
        result.paused_until = paused_until_;
        result.mode = mode_;
        result.sent = sent_ - given_back_;
        result.rejected = rejected_;
        return result;
    }

private:
    static double seconds(duration length) noexcept { return std::chrono::duration<double>(length).count(); }
    static duration length_of(double seconds_long) noexcept
    {
        return std::chrono::duration_cast<duration>(std::chrono::duration<double>(std::clamp(seconds_long, 0.0, 86'400.0)));
    }

    /// Whether the answers say what is left.
    bool is_told() const noexcept { return level_.is_known() && silent_ < 50; }

    /// Whether the service keeps no more than one request in store, so that there is no slack and nothing to see.
    bool is_narrow() const noexcept { return is_told() ? level_.is_narrow() : search_.is_held(); }

    /// Whether what is left decides, and not trial.
    bool uses_level() const noexcept { return is_told() && !level_.is_narrow(); }

    /// So many must be in store for one to go: one more than it takes, because the network does not keep the distances.
    /// A small bucket cannot spare that.
    double enough() const noexcept { return std::clamp(level_.size() / 2, 1.0, 2.0); }

    /// So many are to remain in store for what is not foreseen: what others take, and answers that are late.
    double reserve() const noexcept { return std::min(2 + 0.2 * level_.rate(), 0.5 * (level_.size() + enough())); }

    /// The distance in time between the last request and the next, if nothing is learned meanwhile.
    duration interval(time_point now) const
    {
        if (!uses_level()) {
            // However little there seems to be, one a minute finds out when that is over, where the answers would say so.
            duration const searched = length_of(1 / search_.rate());
            return is_told() ? std::min<duration>(searched, std::chrono::minutes(1)) : searched;
        }
        double const rate = level_.rate();
        // If there is room in the bucket, that shows soon.
        if (level_.is_in_doubt())
            return length_of(2 / rate);
        // What is in store above the reserve is used within some seconds, not at once; what is missing is saved.
        double const surplus = level_.at(now, sent_) - reserve();
        double const weight = surplus > 0 ? 0.1 : 0.5 * rate / reserve();
        double const pace = std::max(rate + weight * surplus, 0.5 * rate);
        // The store grows while one waits, and the pace with it: so it comes out the same whenever it is asked for.
        double const growth = level_.is_full(now, sent_) ? 0 : weight * rate;
        double const pace_then = pace - growth * seconds(now - last_slot_);
        return length_of(2 / (pace_then + std::sqrt(pace_then * pace_then + 4 * growth)));
    }

    /// When the service counted the request of an answer, at the latest.
    static time_point counted_at(rate_answer const& answer, time_point now) noexcept
    {
        return std::min(now, answer.ticket.at + std::chrono::milliseconds(500));
    }

    /// The limit that the service named is over when it takes much more.
    void look_for_recovery(double rate) noexcept
    {
        if (!is_limited_ || rate <= 4 * held_rate_)
            return;
        is_limited_ = false;
        mode_ = rate_mode::normal;
        patience_ = first_patience;
    }

    void succeeded(time_point now)
    {
        // Where the answers say what is left, they will say when it becomes more.
        if (search_.is_held() && now > patient_until_ && !is_told())
            search_.look_for_more();
        if (is_busy_)
            search_.succeeded();
    }

    void refused(rate_answer const& answer, time_point now)
    {
        ++rejected_;
        // What was sent before the first refusal came says nothing new.
        bool const is_known = answer.ticket.number <= refusal_sent_ && answer.ticket.number != 0;
        if (!is_known)
            ++refusals_in_a_row_;
        std::optional<rate_notice> const notice = parse_rate_notice(answer.detail);
        if (notice)
            obey(*notice, is_known, now);
        else if (!is_known)
            decrease(answer);
        pause(answer.wish, now);
        if (is_known)
            ++known_refusals_;
        else
            note_refusal(answer);
        level_.refused(answer.ticket.number, paused_until_, 2);
    }

    void note_refusal(rate_answer const& answer)
    {
        refusal_ = answer.ticket;
        refusal_sent_ = sent_;
        known_refusals_ = 0;
        given_back_before_ = given_back_;
        idle_ = duration(0);
    }

    void pause(retry_after wish, time_point now)
    {
        // Who says nothing is asked ever more rarely; who refuses again and again is left alone for longer than he says.
        unsigned const again = std::min(std::max(refusals_in_a_row_, 1U), 9U) - 1;
        duration length = wish.is_none() ? std::chrono::seconds(2ULL << (2 * again)) : std::chrono::seconds((1ULL << again) / 2);
        length = std::min(std::max<duration>(length, wish.wait()), longest_pause_);
        paused_until_ = std::max(paused_until_, now + length);
        // One goes then, not all that wait.
        last_slot_ = std::max(last_slot_, paused_until_ - interval(now));
    }

    void obey(rate_notice const& notice, bool is_known, time_point now)
    {
        held_rate_ = std::clamp(notice.per_second, rate_search::lowest, rate_search::highest);
        search_.hold(held_rate_);
        level_.set_rate(held_rate_);
        level_.set_store(notice.burst, now);
        if (!is_known && is_limited_)
            patience_ = std::min<duration>(2 * patience_, std::chrono::minutes(30));
        patient_until_ = now + patience_;
        mode_ = notice.mode;
        is_limited_ = true;
    }

    void decrease(rate_answer const& answer)
    {
        if (uses_level())
            search_.adopt(level_.rate());
        auto const [taken, length] = taken_since_refusal(answer);
        search_.refused(taken, length);
        if (!is_told())
            return;
        // So long takes one to come. If the wish should be of another kind, the next answer will tell.
        double const wait = seconds(answer.wish.wait());
        if (wait > 2)
            search_.adopt(std::min(search_.rate(), 1 / wait), 20);
        level_.set_rate(search_.rate());
    }

    /// How many were taken since the last refusal, and in how many seconds, while there was always one to send; 0 seconds where
    /// that is not known.
    std::pair<double, double> taken_since_refusal(rate_answer const& answer) const
    {
        if (answer.ticket.number == 0 || answer.ticket.number <= refusal_.number)
            return {0, 0};
        bool const is_first = refusal_.number == 0;
        double const length = seconds(answer.ticket.at - (is_first ? first_at_ : refusal_.at));
        if (!(length > 0.2) || seconds(idle_) > 0.1 * length)
            return {0, 0};
        double const sent = static_cast<double>(answer.ticket.number - refusal_.number - 1);
        double const lost = static_cast<double>(known_refusals_ + given_back_ - given_back_before_);
        // To begin with the bucket was full, and held what comes in a minute.
        return {std::max(0.0, sent - lost), is_first ? length + 60 : length};
    }

    static constexpr duration first_patience = std::chrono::minutes(3);

    duration longest_pause_;
    rate_level level_;
    rate_search search_;
    std::uint64_t sent_ = 0;
    std::uint64_t given_back_ = 0;
    std::uint64_t rejected_ = 0;
    /// When the last one went by its distance to the one before, which may be earlier than it did.
    time_point last_slot_{};
    time_point paused_until_{};
    time_point first_at_{};
    /// Time in which nobody wanted to send, since the last refusal.
    duration idle_{0};
    bool is_busy_ = false;
    /// Good answers since one that said what is left.
    unsigned silent_ = 0;
    /// The first of the last refusals, how many had been sent when it came, and how many of those were refused too.
    rate_ticket refusal_;
    std::uint64_t refusal_sent_ = 0;
    std::uint64_t known_refusals_ = 0;
    std::uint64_t given_back_before_ = 0;
    unsigned refusals_in_a_row_ = 0;
    /// What the service said of itself, and until when that is believed.
    rate_mode mode_ = rate_mode::normal;
    bool is_limited_ = false;
    double held_rate_ = 0;
    duration patience_ = first_patience;
    time_point patient_until_{};
};

} // namespace replicate::core

#endif
