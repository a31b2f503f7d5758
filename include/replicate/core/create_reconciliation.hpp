// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_CORE_CREATE_RECONCILIATION_HPP
#define REPLICATE_CORE_CREATE_RECONCILIATION_HPP

#include <replicate/config.hpp>
#include <replicate/core/known_predictions.hpp>
#include <replicate/core/lost_create.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace replicate::core {

/// How a look at the list of predictions ended.
enum class look_result {
    /// The list was read.
    done,
    /// It could not be read now.
    failed_for_now,
    /// It cannot be read.
    failed_for_good
};

/// Finds the predictions of creates whose answers were lost, in the list of predictions, so that nothing is paid for twice and nothing
/// that is paid for is lost. There is no key by which the service would know a request again, so they are known by what they
/// ask for and by the time. Creates that ask for the same are interchangeable: each gets one of what was created, and no id goes to two.
/// One object a client; one look serves all creates that are looked for. It decides; `detail::find_creates` looks.
class create_reconciliation {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using system = std::chrono::system_clock::time_point;
    /// Which create. Never 0.
    using number = std::uint64_t;

    /// Precondition: the limits have been checked.
    explicit create_reconciliation(reconcile_config limits)
        : limits_(limits)
        , known_(longest_search * limits.give_up_after + std::chrono::minutes(20))
    {
    }

    /// A create is about to be sent.
    number begin(create_signature what)
    {
        creates_.emplace(++last_, open_create(std::move(what)));
        return last_;
    }

    /// It is sent; what was sent of it before was refused or lost.
    void on_try(number which, time_point now) { creates_.at(which).send(now, clock_); }

    /// The service has told its id: it belongs to this create alone.
    void on_created(number which, prediction const& seen, time_point now)
    {
        open_create const& create = creates_.at(which);
        if (seen.created_at && create.sent_at)
            clock_.observe(*seen.created_at, std::chrono::seconds(1), *create.sent_at, now);
        names_.learn(create.signature.target, seen.model, seen.version);
        known_.own(seen.id, now);
        end(which);
    }

    /// It was sent, and its answer was lost, or tells no id. `told`: the time in what came of the answer.
    void on_lost(number which, time_point now, std::optional<system> told = std::nullopt)
    {
        open_create& create = creates_.at(which);
        if (told && create.sent_at)
            clock_.observe(*told, std::chrono::seconds(1), *create.sent_at, now);
        if (!create.sent_at)
            create.send(now, clock_);
        create.lose(now);
        create.due = now + limits_.first_look;
        if (limits_.give_up_after <= limits_.give_up_after.zero())
            create.verdict.kind = create_verdict_kind::unknown;
    }

    /// A webhook that was asked for by this create alone has told its prediction. Nothing happens where that is not what was asked for,
    /// or another call owns it.
    void on_told(number which, prediction const& told, time_point now)
    {
        open_create& create = creates_.at(which);
        listed_prediction const found = listed_prediction::from(told.raw());
        if (!create.is_open() || found.input_hash != create.input_hash() || !known_.own(told.id, now))
            return;
        create.verdict.kind = create_verdict_kind::adopt;
        create.verdict.id = told.id;
    }

    /// Its caller has gone: others are served first.
    void on_unwanted(number which) { creates_.at(which).wanted = false; }

    /// Nobody wants to know any more, or there is nothing to know.
    void end(number which) noexcept { creates_.erase(which); }

    /// What became of a create that was lost.
    create_verdict const& verdict(number which) const { return creates_.at(which).verdict; }

    /// When to look; nothing while no create is looked for.
    std::optional<time_point> next_look() const
    {
        std::optional<time_point> next;
        for (auto const& [which, create] : creates_)
            if (create.is_open() && (!next || create.due < *next))
                next = create.due;
        return next;
    }

    /// A look begins. Gives the time from which on the list is to be read; nothing where the time at the service is not known yet:
    /// then from its front.
    std::optional<system> begin_look(time_point now)
    {
        look_began_ = now;
        listed_.clear();
        seen_ = of_others_ = pages_ = 0;
        cut_short_ = false;
        return clock_.is_known() ? window_begin() : std::nullopt;
    }

    /// A page of the list, the newest first, which was asked for and came at these times and tells the service's time. True where the
    /// next one is wanted.
    bool on_page(json::array const& items, time_point asked, time_point now, std::optional<system> told)
    {
        if (told)
            clock_.observe(*told, std::chrono::seconds(1), asked, now);
        auto const from = clock_.is_known() ? window_begin() : std::nullopt;
        if (!from)
            return false;
        bool reached_the_end = items.empty();
        for (json::value const& item : items) {
            listed_prediction read = listed_prediction::from_json(item);
            bool const is_too_old = read.created_at && *read.created_at < *from;
            reached_the_end = reached_the_end || is_too_old;
            if (!is_too_old && read.created_at && !read.id.empty())
                take(std::move(read), item);
        }
        cut_short_ = ++pages_ >= limits_.pages && !reached_the_end;
        return !cut_short_ && !reached_the_end;
    }

    /// Predictions that the list tells no input of, so that they have to be asked for.
    std::vector<std::string> questions() const
    {
        constexpr std::size_t most = 100;
        std::vector<std::string> ids;
        for (listed_prediction const& each : listed_)
            if (each.input_hash.empty() && !each.data_removed && ids.size() < most && is_sought(each))
                ids.push_back(each.id);
        return ids;
    }

    /// One of them.
    void on_asked(std::string const& id, json::value const& told)
    {
        for (listed_prediction& each : listed_)
            if (each.id == id && told.is_object())
                each.read_input(told.get_object());
    }

    /// Versions that may be of the models that they are written with: the service does not say of which version what it lists is.
    std::vector<model_ref> version_questions() const
    {
        constexpr std::size_t most = 20;
        std::vector<model_ref> asked;
        for (open_create const* create : open_ones(creates_))
            for (listed_prediction const& each : listed_) {
                if (each.input_hash != create->input_hash() || asked.size() >= most)
                    continue;
                auto question = each.question_about(create->signature, names_);
                if (question && std::find(asked.begin(), asked.end(), *question) == asked.end())
                    asked.push_back(std::move(*question));
            }
        return asked;
    }

    /// Whether one is.
    void on_version_asked(model_ref const& asked, bool is_one)
    {
        names_.learn_member(asked.version(), asked.owner() + '/' + asked.name(), is_one);
    }

    /// A look has ended. What was seen until then counts; `reason`: why it failed.
    void end_look(time_point now, look_result how, std::string const& reason = {})
    {
        bool const timeless = how == look_result::done && !clock_.is_known();
        if (timeless)
            how = look_result::failed_for_now;
        if (clock_.is_known())
            adopt_all(now);
        for (auto& [which, create] : creates_)
            if (create.is_open() && *create.lost_at <= look_began_)
                settle(create, now, how, timeless ? "the service does not tell the time" : reason);
    }

private:
    using entry = std::pair<number const, open_create>;

    /// Those that are looked for: few among many.
    template<class Creates>
    static std::vector<decltype(&std::declval<Creates&>().begin()->second)> open_ones(Creates& creates)
    {
        std::vector<decltype(&creates.begin()->second)> found;
        for (auto& [which, create] : creates)
            if (create.is_open())
                found.push_back(&create);
        return found;
    }

    std::optional<system> window_begin() const
    {
        std::optional<system> begin;
        for (auto const& [which, create] : creates_)
            if (create.is_open())
                begin = std::min(begin.value_or(system::max()), create.begin(clock_, limits_.clock_margin));
        return begin;
    }

    void take(listed_prediction read, json::value const& item)
    {
        ++seen_;
        if (known_.contains(read.id)) {
            ++of_others_;
            return;
        }
        read.read_input(item.get_object());
        listed_.push_back(std::move(read));
    }

    /// Whether it was created while the create was on its way. The clocks of the service differ, so it may seem to be a little older; but
    /// then it may as well be another's who asked for the same before. That is taken only when nothing else is left to look for, and
    /// not where it had ended before the create was sent.
    bool is_in_window(open_create const& create, listed_prediction const& found) const
    {
        if (*found.created_at > create.end(clock_, limits_.clock_margin))
            return false;
        system const sent = create.begin(clock_, {});
        if (*found.created_at >= sent)
            return true;
        bool const had_ended = found.completed_at && *found.completed_at < sent;
        return !had_ended && is_last_look(create) && *found.created_at >= create.begin(clock_, limits_.clock_margin);
    }

    /// Whether it is given up where this look does not find it.
    bool is_last_look(open_create const& create) const
    {
        return look_began_ - *create.lost_at >= patience(create, look_result::done);
    }

    bool is_sought(listed_prediction const& found) const
    {
        return std::any_of(creates_.begin(), creates_.end(), [&](entry const& each) {
            return each.second.is_open() && found.may_be_of(each.second.signature, names_);
        });
    }

    bool fits(open_create const& create, listed_prediction const& found) const
    {
        return found.may_be_of(create.signature, names_) && found.input_hash == create.input_hash();
    }

    /// The oldest first; each goes to a create that it fits.
    void adopt_all(time_point now)
    {
        std::sort(listed_.begin(), listed_.end(), [](listed_prediction const& left, listed_prediction const& right) {
            return std::pair(*left.created_at, left.id) < std::pair(*right.created_at, right.id);
        });
        auto const open = open_ones(creates_);
        for (open_create* create : open)
            create->contested = false;
        for (listed_prediction const& found : listed_)
            if (!found.input_hash.empty() && !known_.contains(found.id))
                offer(found, open, now);
    }

    void offer(listed_prediction const& found, std::vector<open_create*> const& open, time_point now)
    {
        std::vector<open_create*> takers;
        for (open_create* create : open)
            if (create->is_open() && is_in_window(*create, found) && fits(*create, found))
                takers.push_back(create);
        if (takers.empty())
            return;
        if (may_be_of_another(found)) {
            for (open_create* taker : takers)
                taker->contested = true;
            return;
        }
        // Those whose callers have gone take what is left; of the others the one that was lost first has the least choice.
        open_create& taker = **std::min_element(takers.begin(), takers.end(), [](open_create const* left, open_create const* right) {
            return std::pair(!left->wanted, *left->lost_at) < std::pair(!right->wanted, *right->lost_at);
        });
        known_.own(found.id, now);
        taker.verdict.kind = create_verdict_kind::adopt;
        taker.verdict.id = found.id;
    }

    /// A create whose answer is still to come may be told this one.
    bool may_be_of_another(listed_prediction const& found) const
    {
        return std::any_of(creates_.begin(), creates_.end(), [&](entry const& each) {
            open_create const& create = each.second;
            return create.is_under_way() && *found.created_at >= create.begin(clock_, limits_.clock_margin) && fits(create, found);
        });
    }

    /// It was not found by this look.
    void settle(open_create& create, time_point now, look_result how, std::string const& reason)
    {
        create_evidence& evidence = create.evidence;
        ++evidence.looks;
        if (how == look_result::done) {
            evidence.seen = seen_;
            evidence.of_others = of_others_;
            evidence.cut_short = cut_short_;
            evidence.set_aside = static_cast<std::size_t>(
                std::count_if(listed_.begin(), listed_.end(), [&](listed_prediction const& found) {
                    return found.input_hash == create.input_hash() && !known_.contains(found.id)
                        && !found.may_be_of(create.signature, names_);
                }));
        } else {
            ++evidence.failed_looks;
            evidence.failure = reason;
        }
        if (look_began_ - *create.lost_at < patience(create, how)) {
            auto const last = *create.lost_at + limits_.give_up_after;
            auto const pause = std::max<std::chrono::steady_clock::duration>(limits_.first_look, now - *create.lost_at);
            create.due = now < last ? std::min(now + pause, last) : now + std::min(pause, limits_.give_up_after);
            return;
        }
        create.verdict.kind = create_verdict_kind::unknown;
        create.verdict.evidence = evidence.text(look_began_ - *create.sent_at,
            clock_.is_known() ? std::optional<system>(create.begin(clock_, limits_.clock_margin)) : std::nullopt);
    }

    /// How long to look. What could not be looked at is looked at longer, and so is what may belong to another create: its answer
    /// comes within the time limits of a request. Nobody waits longer for what is only to be cancelled.
    std::chrono::steady_clock::duration patience(open_create const& create, look_result how) const
    {
        auto const usual = limits_.give_up_after;
        if (!create.wanted)
            return usual;
        if (how == look_result::failed_for_now)
            return longest_search * usual;
        return create.contested ? std::max<std::chrono::steady_clock::duration>(longest_search * usual, std::chrono::minutes(3)) : usual;
    }

    /// Where looks fail, or creates cannot be told apart, it is looked for so many times as long.
    static constexpr int longest_search = 4;

    reconcile_config limits_;
    server_clock clock_;
    target_names names_;
    known_predictions known_;
    std::map<number, open_create> creates_;
    number last_ = 0;
    time_point look_began_{};
    std::vector<listed_prediction> listed_;
    std::size_t seen_ = 0, of_others_ = 0, pages_ = 0;
    bool cut_short_ = false;
};

} // namespace replicate::core

#endif
