// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#ifndef REPLICATE_TESTS_SUPPORT_SIMULATED_PROGRAM_HPP
#define REPLICATE_TESTS_SUPPORT_SIMULATED_PROGRAM_HPP

#include <support/program_scenarios.hpp>
#include <support/simulated_clock.hpp>
#include <support/simulated_service.hpp>

#include <replicate/core/admission_queue.hpp>
#include <replicate/core/held_answers.hpp>
#include <replicate/core/map_plan.hpp>
#include <replicate/core/poll_plan.hpp>
#include <replicate/core/rate_limiter.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace replicate::tests {

/// A program that runs very many inputs and, in between, single ones for people who wait. All that decides in the client works
/// together here, as `async_map` and `async_run` have it: who is next (`admission_queue`), when (`rate_limiter`), how many inputs
/// are taken (`map_plan`), who holds his connection (`held_answers`), and who is looked at (`poll_plan`); against one model of the service, on
/// a virtual clock. What a seed brings about it brings about again.
class simulated_program {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;
    using bucket = core::rate_bucket;

    explicit simulated_program(program_scenario what)
        : scenario_(std::move(what))
        , service_(scenario_.service, scenario_.seed, clock_.now())
        , plan_(scenario_.polls)
        , inputs_(map_options(), 256)
        , held_(scenario_.sync_waits, 128)
        , start_(clock_.now())
        , changed_at_(start_)
    {
    }

    simulated_program(simulated_program const&) = delete;
    simulated_program& operator=(simulated_program const&) = delete;
    ~simulated_program()
    {
        for (request& one : requests_)
            if (one.is_waiting())
                lane_of(one.which).queue.remove(one);
    }

    /// Until all inputs have their results, or the scenario is over, or it hangs.
    program_figures run()
    {
        for (limit_change const& change : scenario_.changes)
            clock_.after(seconds(change.at), [this, change] { apply(change); });
        if (scenario_.interactive_every > 0)
            clock_.after(seconds(scenario_.interactive_every), [this] { begin_interactive(); });
        take_inputs();
        time_point const end = start_ + seconds(scenario_.longest);
        while (!is_over() && clock_.now() < end && clock_.step()) {
        }
        return figures();
    }

private:
    // An input on its way to its result.
    struct item {
        std::size_t input = 0;
        std::size_t model = 0;
        std::size_t number = 0;
        std::size_t results = 0;
        bool is_interactive = false;
        time_point taken, sent;
        core::admission_place place = nullptr;
    };

    // One that waits for its turn, or is under way. It stays where it is: the queue refers to it.
    struct request : core::admission_entry {
        bucket which = bucket::create;
        std::size_t item = 0;
        bool is_counted = false;
        core::poll_action action;
        core::rate_ticket ticket;
        service_answer answer;
    };

    struct lane {
        explicit lane(core::admission_limits limits)
            : queue(std::move(limits))
        {
        }
        core::admission_queue queue;
        time_point armed = time_point::max();
    };

    static duration seconds(double length) { return simulated_account::seconds(length); }
    static double length(duration of) { return std::chrono::duration<double>(of).count(); }

    core::admission_limits make_limits() const
    {
        core::admission_limits limits;
        limits.in_flight = scenario_.in_flight;
        return limits;
    }

    double random() { return service_.account().chance(); }

    duration way()
    {
        return scenario_.network.way([this] { return random(); });
    }

    bool is_measured() const { return clock_.now() >= start_ + seconds(scenario_.warm_up); }

    bool is_over() const { return taken_ == scenario_.inputs && in_flight_ + waiting_ == 0; }

    void apply(limit_change const& change)
    {
        service_.change_limit(change.per_minute, change.burst, clock_.now());
    }

    void note(int change)
    {
        if (is_measured()) {
            time_point const from = std::max(changed_at_, start_ + seconds(scenario_.warm_up));
            at_work_ += length(clock_.now() - from) * static_cast<double>(in_flight_);
        }
        changed_at_ = clock_.now();
        in_flight_ = static_cast<std::size_t>(static_cast<long>(in_flight_) + change);
        figures_.most_in_flight = std::max(figures_.most_in_flight, in_flight_);
    }

    void take_inputs()
    {
        while (taken_ < scenario_.inputs && inputs_.may_take()) {
            ++taken_;
            begin(inputs_.on_taken(), false);
        }
    }

    void begin_interactive()
    {
        if (taken_ == scenario_.inputs)
            return;
        begin(0, true);
        clock_.after(seconds(scenario_.interactive_every * 2 * random()), [this] { begin_interactive(); });
    }

    void begin(std::size_t input, bool is_interactive)
    {
        item& made = items_.emplace_back();
        made.input = input;
        made.is_interactive = is_interactive;
        made.model = items_.size() % scenario_.service.models.size();
        made.taken = clock_.now();
        ++waiting_;
        request& create = request_for(bucket::create, items_.size() - 1);
        create.kind = core::admission_kind::creation;
        put(create);
    }

    request& request_for(bucket which, std::size_t of_item)
    {
        if (free_.empty())
            free_.push_back(&requests_.emplace_back());
        request& one = *free_.back();
        free_.pop_back();
        one.which = which;
        one.item = of_item;
        one.is_counted = false;
        one.priority = which == bucket::other || items_[of_item].is_interactive ? priority::interactive : priority::batch;
        return one;
    }

    lane& lane_of(bucket which) { return lanes_[static_cast<std::size_t>(which)]; }

    void put(request& one)
    {
        lane_of(one.which).queue.push(one);
        pump(one.which);
    }

    // As `io::scheduler` does.
    void pump(bucket which)
    {
        lane& its = lane_of(which);
        while (core::admission_entry* const first = its.queue.front()) {
            time_point const next = limiter_.next(which, clock_.now());
            if (next > clock_.now()) {
                wake(which, next);
                return;
            }
            request& one = static_cast<request&>(*first);
            one.ticket = limiter_.take(which, clock_.now());
            bool const is_new = one.kind == core::admission_kind::creation;
            core::admission_place const place = its.queue.admit(one);
            if (is_new)
                admit(items_[one.item], place);
            send(one);
        }
    }

    void pump_all()
    {
        for (bucket const which : {bucket::create, bucket::get_prediction, bucket::other})
            if (!lane_of(which).queue.empty())
                pump(which);
    }

    // A timer is never early.
    void wake(bucket which, time_point when)
    {
        lane& its = lane_of(which);
        if (its.armed == when || when == time_point::max())
            return;
        its.armed = when;
        clock_.at(when + seconds(scenario_.network.lateness * random()), [this, which, when] {
            if (lane_of(which).armed != when)
                return;
            lane_of(which).armed = time_point::max();
            pump(which);
        });
    }

    void admit(item& one, core::admission_place place)
    {
        one.place = place;
        --waiting_;
        note(1);
        double const waited = length(clock_.now() - one.taken);
        if (one.is_interactive) {
            figures_.interactive_waits.push_back(waited);
            return;
        }
        inputs_.on_admitted();
        clock_.after(duration(0), [this] { take_inputs(); });
    }

    void send(request& one)
    {
        one.kind = core::admission_kind::continued;
        if (random() < scenario_.connection_failures) {
            clock_.after(way(), [this, &one] { fail_to_send(one); });
            return;
        }
        count(one);
        if (one.which == bucket::create)
            items_[one.item].sent = clock_.now();
        clock_.after(way(), [this, &one] { arrive(one); });
    }

    void count(request const& one)
    {
        ++figures_.requests;
        if (is_measured() && one.which == bucket::get_prediction)
            ++figures_.gets;
        if (is_measured() && one.which == bucket::other)
            ++figures_.lists;
    }

    // No byte has left: it is tried again a little later.
    void fail_to_send(request& one)
    {
        limiter_.give_back(one.which, one.ticket);
        clock_.after(seconds(0.5 * random()), [this, &one] { put(one); });
        pump_all();
    }

    void arrive(request& one)
    {
        duration hold{0};
        switch (one.which) {
        case bucket::create:
            one.answer = service_.create(items_[one.item].model, clock_.now());
            if (one.answer.is_good()) {
                hold = time_held(one);
                figures_.offered = service_.limits(bucket::create).offered();
            }
            break;
        case bucket::get_prediction: one.answer = service_.get(items_[one.item].number, clock_.now()); break;
        case bucket::other:
            one.answer = service_.list(one.action, clock_.now());
            hold = 2 * way(); // a page is large
            break;
        }
        clock_.after(hold, [this, &one] { answer(one); });
    }

    void answer(request& one)
    {
        if (one.which == bucket::create && one.answer.is_good())
            one.answer.status = service_.account().status(one.answer.number, clock_.now());
        clock_.after(way(), [this, &one] { answered(one); });
    }

    // A create may ask for its answer to be held until the prediction has ended.
    duration time_held(request& one)
    {
        auto const wish = held_.take(std::chrono::seconds(60), one.priority, one.is_counted);
        duration const lasts = service_.account().at(one.answer.number).ended - clock_.now();
        return std::min<duration>(wish, std::max(duration(0), lasts));
    }

    void answered(request& one)
    {
        limiter_.learn(one.which, one.answer.rate.read(one.ticket), clock_.now());
        if (one.is_counted)
            held_.give_back();
        one.is_counted = false;
        if (one.answer.is_refused()) {
            ++figures_.refused;
            put(one);
        } else {
            take(one);
            free_.push_back(&one);
        }
        work_on_plan();
        pump_all();
    }

    void take(request& one)
    {
        switch (one.which) {
        case bucket::create: created(one); break;
        case bucket::get_prediction:
            if (one.answer.is_good())
                seen(one.item, one.answer.status, one.action.id);
            else
                plan_.on_failed(one.action, clock_.now());
            break;
        case bucket::other:
            if (one.answer.is_good())
                plan_.on_list(one.action, one.answer.shown, one.answer.complete, clock_.now());
            else
                plan_.on_failed(one.action, clock_.now());
            break;
        }
    }

    void created(request const& one)
    {
        item& its = items_[one.item];
        its.number = one.answer.number;
        if (!its.is_interactive)
            inputs_.on_created();
        if (is_terminal(one.answer.status)) {
            deliver(its, one.answer.status);
            return;
        }
        item_of_[its.number] = one.item;
        plan_.add(simulated_account::id_of(its.number), service_.account().created_at(its.number),
            scenario_.service.models[its.model].name, its.sent, clock_.now());
        take_inputs();
    }

    void seen(std::size_t which, prediction_status status, std::string const& id)
    {
        plan_.on_get(id, status, clock_.now(), random());
        if (!is_terminal(status))
            return;
        item_of_.erase(items_[which].number);
        deliver(items_[which], status);
    }

    void deliver(item& one, prediction_status status)
    {
        auto const& made = service_.account().at(one.number);
        ++one.results;
        figures_.failed += status == prediction_status::failed;
        note(-1);
        if (is_measured())
            figures_.delays.push_back(std::max(0.0, length(clock_.now() - made.ended)));
        figures_.makespan = length(clock_.now() - start_);
        lane_of(bucket::create).queue.leave(one.place);
        if (one.is_interactive)
            return;
        inputs_.on_ended(one.input, true, true);
        while (inputs_.deliver()) {
        }
        take_inputs();
    }

    void work_on_plan()
    {
        for (;;) {
            core::poll_action action = plan_.next(clock_.now(), random());
            switch (action.kind) {
            case core::poll_action_kind::get: look(bucket::get_prediction, std::move(action)); break;
            case core::poll_action_kind::list: look(bucket::other, std::move(action)); break;
            case core::poll_action_kind::wait: wake_plan(action.until); return;
            case core::poll_action_kind::nothing: return;
            }
        }
    }

    void look(bucket which, core::poll_action action)
    {
        bool const is_of_one = which == bucket::get_prediction;
        std::size_t const of_item = is_of_one ? item_of_.at(simulated_account::number_of(action.id)) : 0;
        request& one = request_for(which, of_item);
        one.kind = is_of_one ? core::admission_kind::continued : core::admission_kind::request;
        one.action = std::move(action);
        put(one);
    }

    void wake_plan(time_point when)
    {
        if (plan_armed_ > clock_.now() && plan_armed_ <= when)
            return;
        plan_armed_ = when;
        clock_.at(when, [this, when] {
            if (plan_armed_ != when)
                return;
            plan_armed_ = {};
            work_on_plan();
        });
    }

    program_figures figures()
    {
        note(0);
        for (item const& one : items_) {
            figures_.delivered_once += one.results == 1;
            figures_.delivered_twice += one.results > 1;
        }
        figures_.inputs = items_.size();
        figures_.accepted = static_cast<double>(service_.limits(bucket::create).accepted());
        figures_.mean_in_flight = at_work_ / std::max(1e-9, length(clock_.now() - start_) - scenario_.warm_up);
        figures_.usual_requests = at_work_ / 0.5;
        figures_.ideal = ideal();
        figures_.events = clock_.steps();
        figures_.windows = plan_.windows();
        std::sort(figures_.delays.begin(), figures_.delays.end());
        std::sort(figures_.interactive_waits.begin(), figures_.interactive_waits.end());
        return std::move(figures_);
    }

    // When the last would have ended if each had been created in the moment when the limit allowed it.
    double ideal() const
    {
        simulated_limits_settings const& limit = scenario_.service.creates;
        double const rate = limit.per_minute / 60;
        double last = 0;
        double count = 0;
        for (item const& one : items_) {
            if (one.results == 0)
                continue;
            auto const& made = service_.account().at(one.number);
            double const created = std::max(0.0, ++count - limit.burst * limit.full) / rate;
            last = std::max(last, created + length(made.ended - made.created));
        }
        return last + scenario_.network.round_trip;
    }

    program_scenario scenario_;
    simulated_clock clock_;
    simulated_service service_;
    core::rate_limiter limiter_;
    std::array<lane, 3> lanes_{lane(make_limits()), lane(core::admission_limits()), lane(core::admission_limits())};
    core::poll_plan plan_;
    core::map_plan inputs_;
    core::held_answers held_;
    program_figures figures_;
    time_point start_;
    time_point changed_at_;
    time_point plan_armed_{};
    std::deque<item> items_;
    std::unordered_map<std::size_t, std::size_t> item_of_;
    std::deque<request> requests_;
    std::vector<request*> free_;
    std::size_t taken_ = 0;
    std::size_t waiting_ = 0;
    std::size_t in_flight_ = 0;
    double at_work_ = 0;
};

} // namespace replicate::tests

#endif
