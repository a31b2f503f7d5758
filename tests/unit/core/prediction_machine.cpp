// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/core/prediction_machine.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

using namespace std::chrono_literals;
namespace json = boost::json;
using replicate::errc;
using replicate::make_http_error_code;
using replicate::on_cancel;
using replicate::prediction;
using replicate::prediction_status;
using replicate::run_options;
using replicate::core::prediction_machine;
using replicate::core::run_action;
using replicate::core::run_action_kind;
using replicate::core::run_goal;

using time_point = prediction_machine::time_point;
using duration = prediction_machine::duration;

namespace {

constexpr time_point start_of_test{1h};
constexpr time_point far_deadline = start_of_test + 1h;
constexpr double largest_jitter = 1.0 - 0x1p-53;

constexpr std::string_view every_status[] = {
    "starting", "processing", "succeeded", "failed", "canceled", "aborted", "of-the-future"};
constexpr std::string_view every_ending[] = {"succeeded", "failed", "canceled", "aborted"};
constexpr std::string_view every_passing_status[] = {"starting", "processing", "of-the-future", ""};

// What the service could answer. `output` is JSON.
prediction in_status(std::string_view status, std::string_view output = "null")
{
    json::object document;
    document["id"] = "p1";
    document["status"] = json::string_view(status.data(), status.size());
    document["output"] = json::parse({output.data(), output.size()});
    return prediction::from_json(std::move(document));
}

bool is_ending(std::string_view status)
{
    return std::find(std::begin(every_ending), std::end(every_ending), status) != std::end(every_ending);
}

run_options polling()
{
    run_options options;
    options.wait = replicate::wait::poll();
    return options;
}

run_options holding(std::chrono::seconds at_most = 60s)
{
    run_options options;
    options.wait = replicate::wait::sync(at_most);
    return options;
}

// What comes back from a request: a prediction, or a failure.
using reply = std::variant<prediction, boost::system::error_code>;

// Everything that a machine has asked for while it was given one reply after the other.
struct course {
    int creates = 0;
    int gets = 0;
    int waits = 0;
    std::size_t replies_used = 0;
    run_action_kind last = run_action_kind::create;
    time_point now = start_of_test;
};

bool is_over(run_action_kind kind)
{
    return kind != run_action_kind::create && kind != run_action_kind::wait && kind != run_action_kind::get;
}

// Carries out what the machine asks for until it has ended, or wants a reply when there is none left.
course follow(prediction_machine& machine, std::vector<reply> const& replies, bool all_there = true)
{
    course result;
    run_action action = machine.start(result.now);
    while (!is_over(action.kind)) {
        if (action.kind == run_action_kind::wait) {
            ++result.waits;
            result.now += action.pause;
            action = machine.on_waited();
            continue;
        }
        (action.kind == run_action_kind::create ? result.creates : result.gets) += 1;
        if (result.replies_used == replies.size())
            break;
        reply const& next = replies[result.replies_used++];
        result.now += 1ms;
        if (auto const* code = std::get_if<boost::system::error_code>(&next))
            action = machine.on_get_failed(*code, result.now, 0.5);
        else if (action.kind == run_action_kind::create)
            action = machine.on_created(std::get<prediction>(next), all_there, result.now, 0.5);
        else
            action = machine.on_seen(std::get<prediction>(next), result.now, 0.5);
    }
    result.last = action.kind;
    return result;
}

// Calls visit with every sequence of at most `longest` of these things, the empty one left out.
template<class T, class Visit>
void for_every_sequence(std::vector<T> const& things, std::size_t longest, Visit const& visit)
{
    std::vector<T> sequence;
    auto const extend = [&](auto const& self) -> void {
        if (!sequence.empty())
            visit(sequence);
        if (sequence.size() == longest)
            return;
        for (T const& thing : things) {
            sequence.push_back(thing);
            self(self);
            sequence.pop_back();
        }
    };
    extend(extend);
}

// The state of a machine that has been told of this creation.
prediction_machine created(run_options options, std::string_view status, time_point now = start_of_test)
{
    prediction_machine machine(std::move(options), far_deadline);
    machine.start(now);
    machine.on_created(in_status(status), true, now, 0.5);
    return machine;
}

} // namespace

TEST_CASE(
    "every sequence of states ends with the first final one, after one create and one look for each further state")
{
    std::vector<std::string_view> const states(std::begin(every_status), std::end(every_status));
    for (run_options const& options : {polling(), holding()})
        for_every_sequence(states, 5, [&](std::vector<std::string_view> const& sequence) {
            std::vector<reply> replies;
            for (std::string_view state : sequence)
                replies.emplace_back(in_status(state));
            auto const ending = std::find_if(sequence.begin(), sequence.end(), is_ending);
            bool const ends = ending != sequence.end();
            int const looks = static_cast<int>(ending - sequence.begin());
            prediction_machine machine(options, far_deadline);
            course const seen = follow(machine, replies);
            bool const good = seen.creates == 1 && seen.gets == looks && seen.waits == looks
                && seen.last == (ends ? run_action_kind::finish : run_action_kind::get);
            if (!good) {
                std::string text;
                for (std::string_view state : sequence)
                    text.append(state).append(" ");
                FAIL_CHECK(text << "creates " << seen.creates << " gets " << seen.gets << " waits " << seen.waits);
            }
        });
}

TEST_CASE("nothing that looks can bring makes a second create, or ends the wait before the prediction has")
{
    std::vector<reply> const events = {in_status("starting"), in_status("processing", "[\"a\"]"),
        in_status("succeeded", "[\"a\"]"), in_status("aborted"), in_status("of-the-future"),
        boost::system::error_code(errc::connection_lost), make_http_error_code(404), make_http_error_code(503),
        make_http_error_code(400)};
    std::vector<reply> const creations = {
        in_status("starting"), in_status("processing", "[\"a\"]"), in_status("of-the-future", "\"x\"")};
    run_options options = holding();
    options.maximum_poll_interval = options.first_poll_interval; // so that 404 passes to the last look
    for (reply const& creation : creations)
        for_every_sequence(events, 4, [&](std::vector<reply> const& sequence) {
            std::vector<reply> replies = {creation};
            replies.insert(replies.end(), sequence.begin(), sequence.end());
            auto const is_final = [](reply const& event) {
                if (auto const* code = std::get_if<boost::system::error_code>(&event))
                    return *code == make_http_error_code(400);
                return std::get<prediction>(event).is_terminal();
            };
            auto const ending = std::find_if(replies.begin(), replies.end(), is_final);
            prediction_machine machine(options, far_deadline);
            course const seen = follow(machine, replies);
            run_action_kind expected = run_action_kind::get;
            if (ending != replies.end())
                expected =
                    std::holds_alternative<prediction>(*ending) ? run_action_kind::finish : run_action_kind::give_up;
            bool const good = seen.now - start_of_test < 5s && seen.creates == 1 && seen.last == expected
                && seen.gets == static_cast<int>(ending - replies.begin());
            if (!good)
                FAIL_CHECK("creates " << seen.creates << " gets " << seen.gets << " of " << sequence.size());
        });
}

TEST_CASE("the service is asked to hold its answer no longer than to a second before the deadline")
{
    for (int at_most = 1; at_most <= 60; ++at_most)
        for (duration left = -3s; left <= 65s; left += 250ms) {
            prediction_machine machine(holding(std::chrono::seconds(at_most)), start_of_test + left);
            run_action const action = machine.start(start_of_test);
            bool good = action.kind == run_action_kind::create && action.server_wait >= 0s
                && action.server_wait <= std::chrono::seconds(at_most);
            // The most whole seconds that leave one to spare.
            if (action.server_wait > 0s)
                good = good && action.server_wait + 1s <= left;
            if (action.server_wait < std::chrono::seconds(at_most))
                good = good && action.server_wait + 2s > left;
            if (!good) {
                CAPTURE(at_most);
                CAPTURE(left.count());
                FAIL_CHECK("server_wait " << action.server_wait.count());
            }
        }
}

TEST_CASE("a polling run asks for no wait, however much time there is")
{
    for (duration left : {duration(1ms), duration(1min), duration(24h)}) {
        prediction_machine machine(polling(), start_of_test + left);
        run_action const action = machine.start(start_of_test);
        CHECK(action.kind == run_action_kind::create);
        CHECK(action.server_wait == 0s);
    }
}

TEST_CASE("a held answer that has an output but is not final is confirmed by exactly one look")
{
    for (std::string_view status : every_passing_status)
        for (std::string_view ending : every_ending)
            for (std::string_view output : {"\"text\"", "[\"a\", \"b\"]", "{}", "false", "0", "[null]"}) {
                CAPTURE(status);
                CAPTURE(output);
                prediction_machine machine(holding(), far_deadline);
                course const seen = follow(machine, {in_status(status, output), in_status(ending, output)});
                CHECK(seen.last == run_action_kind::finish);
                CHECK(seen.gets == 1);
                CHECK(seen.waits == 0);
            }
}

TEST_CASE("a look that does not confirm a held answer is followed by the usual waits")
{
    prediction_machine machine(holding(), far_deadline);
    course const seen = follow(machine,
        {in_status("processing", "[\"a\"]"), in_status("processing", "[\"a\"]"), in_status("processing", "[\"a\"]"),
            in_status("succeeded", "[\"a\"]")});
    CHECK(seen.last == run_action_kind::finish);
    CHECK(seen.gets == 3);
    CHECK(seen.waits == 2);
}

TEST_CASE("an answer without an output, or with one that is said to be incomplete, is waited for")
{
    for (std::string_view status : every_passing_status) {
        for (std::string_view output : {"null", "[]", "\"\""}) {
            CAPTURE(output);
            prediction_machine machine(holding(), far_deadline);
            machine.start(start_of_test);
            CHECK(
                machine.on_created(in_status(status, output), true, start_of_test, 0.5).kind == run_action_kind::wait);
        }
        prediction_machine incomplete(holding(), far_deadline);
        incomplete.start(start_of_test);
        prediction const partial = in_status(status, "[\"a\"]");
        CHECK(incomplete.on_created(partial, false, start_of_test, 0.5).kind == run_action_kind::wait);
    }
}

TEST_CASE("an answer that was not held is no reason for a look at once")
{
    prediction_machine polls(polling(), far_deadline);
    polls.start(start_of_test);
    prediction const with_output = in_status("processing", "[\"a\"]");
    CHECK(polls.on_created(with_output, true, start_of_test, 0.5).kind == run_action_kind::wait);
    prediction_machine short_of_time(holding(), start_of_test + 1900ms);
    CHECK(short_of_time.start(start_of_test).server_wait == 0s);
    CHECK(short_of_time.on_created(with_output, true, start_of_test, 0.5).kind == run_action_kind::wait);
}

TEST_CASE("early_output takes a held answer with an output, and no other")
{
    prediction const whole = in_status("processing", "[\"a\"]");
    auto const first_action = [](run_options options, prediction const& seen, bool all_there, duration held) {
        options.early_output = true;
        prediction_machine machine(std::move(options), far_deadline);
        machine.start(start_of_test);
        return machine.on_created(seen, all_there, start_of_test + held, 0.5).kind;
    };
    CHECK(first_action(holding(10s), whole, true, 0s) == run_action_kind::finish);
    CHECK(first_action(holding(10s), whole, true, 10s - 1ns) == run_action_kind::finish);
    CHECK(first_action(holding(10s), whole, false, 0s) == run_action_kind::wait);
    CHECK(first_action(polling(), whole, true, 0s) == run_action_kind::wait);
    for (std::string_view nothing : {"null", "[]", "\"\""})
        CHECK(first_action(holding(), in_status("processing", nothing), true, 0s) == run_action_kind::wait);
}

TEST_CASE("early_output does not take an answer that was held to the end of its time, which may be the first part")
{
    run_options options = holding(10s);
    options.early_output = true;
    for (duration held : {duration(10s), duration(11s)}) {
        prediction_machine machine(options, far_deadline);
        machine.start(start_of_test);
        prediction const partial = in_status("processing", "[\"a\"]");
        CHECK(machine.on_created(partial, true, start_of_test + held, 0.5).kind == run_action_kind::get);
    }
}

TEST_CASE("early_output changes nothing about what has ended")
{
    for (std::string_view ending : every_ending)
        for (bool all_there : {false, true}) {
            run_options options = holding();
            options.early_output = true;
            prediction_machine machine(options, far_deadline);
            course const seen = follow(machine, {in_status(ending)}, all_there);
            CHECK(seen.last == run_action_kind::finish);
            CHECK(seen.gets == 0);
        }
}

TEST_CASE("one who wants the prediction created has it as it was created")
{
    for (std::string_view status : every_status)
        for (bool all_there : {false, true})
            for (std::string_view output : {"null", "[\"a\"]"})
                for (run_options const& options : {polling(), holding()}) {
                    prediction_machine machine(options, far_deadline, run_goal::created);
                    course const seen = follow(machine, {in_status(status, output)}, all_there);
                    CHECK(seen.last == run_action_kind::finish);
                    CHECK(seen.gets == 0);
                }
}

TEST_CASE("a prediction of which only the id came is asked for once before it is given out as created")
{
    prediction only_id;
    only_id.id = "abc";
    prediction_machine machine(polling(), far_deadline, run_goal::created);
    machine.start(start_of_test);
    CHECK(machine.on_created(only_id, false, start_of_test, 0.5).kind == run_action_kind::get);
    CHECK(machine.on_seen(in_status("starting", "null"), start_of_test, 0.5).kind == run_action_kind::finish);
}

TEST_CASE("a create that failed is the end, and leaves nothing to cancel")
{
    prediction_machine machine(holding(), far_deadline);
    machine.start(start_of_test);
    CHECK(machine.on_create_failed().kind == run_action_kind::fail);
    CHECK(machine.on_stopped().kind == run_action_kind::abandon);
}

TEST_CASE("a second create is made for a name that was not found alone, by its latest version, and no third")
{
    auto const after = [](boost::system::error_code code, bool named) {
        prediction_machine machine(holding(), far_deadline);
        machine.start(start_of_test);
        return machine.on_create_failed(code, named).kind;
    };
    for (unsigned status = 300; status <= 599; ++status) {
        CAPTURE(status);
        bool const not_found = status == 404 || status == 410;
        CHECK(after(make_http_error_code(status), true)
            == (not_found ? run_action_kind::look_up_version : run_action_kind::fail));
        CHECK(after(make_http_error_code(status), false) == run_action_kind::fail);
        CHECK(after({static_cast<int>(status), replicate::create_http_category()}, false) == run_action_kind::fail);
    }
    for (int value = static_cast<int>(errc::missing_token); value <= static_cast<int>(errc::create_outcome_unknown);
        ++value)
        CHECK(after(static_cast<errc>(value), true) == run_action_kind::fail);
    prediction_machine machine(holding(10s), start_of_test + 8s);
    machine.start(start_of_test);
    CHECK(machine.on_create_failed(make_http_error_code(404), true).kind == run_action_kind::look_up_version);
    CHECK(machine.on_stopped().kind == run_action_kind::abandon);
    run_action const again = machine.on_version_looked_up(true, start_of_test + 3s);
    CHECK(again.kind == run_action_kind::create);
    CHECK(again.server_wait == 4s);
    CHECK(machine.on_create_failed(make_http_error_code(404), true).kind == run_action_kind::fail);
    CHECK(machine.on_version_looked_up(false, start_of_test).kind == run_action_kind::fail);
}

TEST_CASE("a create whose answer was lost is looked for, and asked for once it is found")
{
    prediction_machine machine(polling(), far_deadline);
    machine.start(start_of_test);
    CHECK(machine.on_create_lost(false).kind == run_action_kind::reconcile);
    CHECK(machine.on_found(start_of_test + 2s).kind == run_action_kind::get);
    // The list may know it before the place that is asked.
    CHECK(machine.on_get_failed(make_http_error_code(404), start_of_test + 3s, 0.5).kind == run_action_kind::wait);
    CHECK(machine.on_seen(in_status("succeeded"), start_of_test + 4s, 0.5).kind == run_action_kind::finish);
}

TEST_CASE("a create that is not found fails, or is sent anew where that is wanted, some times, before the deadline")
{
    for (auto const policy : {replicate::ambiguous_create::at_most_once, replicate::ambiguous_create::at_least_once})
        for (bool const certainly : {false, true}) {
            run_options options = polling();
            options.ambiguous_create = policy;
            prediction_machine machine(options, far_deadline);
            machine.start(start_of_test);
            int anew = 0;
            machine.on_create_lost(certainly);
            while (machine.on_not_found(start_of_test).kind == run_action_kind::create && anew < 10) {
                ++anew;
                machine.on_create_lost(false);
            }
            bool const repeats = policy == replicate::ambiguous_create::at_least_once && !certainly;
            CHECK(anew == (repeats ? 3 : 0));
            CHECK(machine.on_stopped().kind == run_action_kind::abandon);
        }
    run_options options = polling();
    options.ambiguous_create = replicate::ambiguous_create::at_least_once;
    prediction_machine late(options, start_of_test);
    late.on_create_lost(false);
    CHECK(late.on_not_found(start_of_test).kind == run_action_kind::fail);
}

TEST_CASE("who goes while a create is looked for leaves it to be found and cancelled, or to itself")
{
    for (on_cancel const policy : {on_cancel::cancel_remote, on_cancel::detach}) {
        bool const cancels = policy == on_cancel::cancel_remote;
        run_options options = polling();
        options.on_cancel = policy;
        prediction_machine machine(options, far_deadline);
        machine.start(start_of_test);
        machine.on_create_lost(false);
        CHECK(machine.on_stopped().kind == (cancels ? run_action_kind::reconcile : run_action_kind::abandon));
        machine.on_found(start_of_test + 1s);
        CHECK(machine.on_stopped().kind == (cancels ? run_action_kind::cancel : run_action_kind::abandon));
    }
}

TEST_CASE("a look that fails does not end the wait if the failure may pass")
{
    auto const after = [](boost::system::error_code code) {
        prediction_machine machine = created(polling(), "starting");
        return machine.on_get_failed(code, start_of_test + 1min, 0.5).kind;
    };
    for (unsigned status = 300; status <= 599; ++status) {
        CAPTURE(status);
        bool const passes = status == 401 || status == 403 || status == 408 || status == 429 || status >= 500;
        CHECK(after(make_http_error_code(status)) == (passes ? run_action_kind::wait : run_action_kind::give_up));
    }
    for (errc code : {errc::resolve_failed, errc::connect_failed, errc::proxy_refused, errc::connection_lost,
             errc::handshake_failed, errc::timed_out, errc::malformed_response, errc::truncated_response,
             errc::unexpected_content, errc::unexpected_document})
        CHECK(after(code) == run_action_kind::wait);
    for (errc code : {errc::header_too_large, errc::body_too_large, errc::nested_too_deeply, errc::missing_token, errc::invalid_argument, errc::invalid_configuration,
             errc::certificate_rejected, errc::output_mismatch})
        CHECK(after(code) == run_action_kind::give_up);
}

TEST_CASE("answers that cannot be read are looked at some times, if nothing better comes between")
{
    prediction_machine machine = created(polling(), "starting");
    for (int i = 0; i < 7; ++i)
        CHECK(machine.on_get_failed(errc::unexpected_content, start_of_test, 0.5).kind == run_action_kind::wait);
    CHECK(machine.on_seen(in_status("processing"), start_of_test, 0.5).kind == run_action_kind::wait);
    for (int i = 0; i < 7; ++i)
        CHECK(machine.on_get_failed(errc::unexpected_content, start_of_test, 0.5).kind == run_action_kind::wait);
    CHECK(machine.on_get_failed(errc::timed_out, start_of_test, 0.5).kind == run_action_kind::wait);
    for (int i = 0; i < 7; ++i)
        CHECK(machine.on_get_failed(errc::unexpected_content, start_of_test, 0.5).kind == run_action_kind::wait);
    CHECK(machine.on_get_failed(errc::unexpected_content, start_of_test, 0.5).kind == run_action_kind::give_up);
}

TEST_CASE("a look that is refused for its token is made again some times, if nothing better comes between")
{
    for (unsigned status : {401U, 403U}) {
        prediction_machine machine = created(polling(), "starting");
        for (int i = 0; i < 3; ++i)
            CHECK(machine.on_get_failed(make_http_error_code(status), start_of_test, 0.5).kind == run_action_kind::wait);
        CHECK(machine.on_seen(in_status("processing"), start_of_test, 0.5).kind == run_action_kind::wait);
        for (int i = 0; i < 3; ++i)
            CHECK(machine.on_get_failed(make_http_error_code(status), start_of_test, 0.5).kind == run_action_kind::wait);
        CHECK(machine.on_get_failed(make_http_error_code(status), start_of_test, 0.5).kind == run_action_kind::give_up);
    }
}

TEST_CASE("a look that cannot be made is made later")
{
    prediction_machine machine = created(polling(), "starting");
    CHECK(machine.on_get_impossible(start_of_test, 0.5).kind == run_action_kind::wait);
}

TEST_CASE("a wish to be left alone makes a pause longer, never shorter, and not beyond the deadline")
{
    auto const pause = [](duration wish) {
        prediction_machine machine = created(polling(), "starting");
        return machine.on_get_failed(make_http_error_code(429), start_of_test, 0.5, wish).pause;
    };
    CHECK(pause(5min) == 5min);
    CHECK(pause(1ns) == pause(0ns));
    CHECK(pause(24h) == far_deadline - start_of_test);
}

TEST_CASE("the wait that is asked for is reckoned from when a create is sent, not from when it was decided")
{
    prediction_machine machine(holding(), start_of_test + 31s);
    CHECK(machine.start(start_of_test).server_wait == 30s);
    CHECK(machine.hold(start_of_test + 10s) == 20s);
    CHECK(machine.hold(start_of_test + 30s) == 0s);
}

TEST_CASE("a prediction that is not found is looked for again for five seconds after its creation")
{
    for (unsigned status : {404U, 410U})
        for (auto [age, expected] :
            {std::pair(duration(0s), run_action_kind::wait), std::pair(duration(5s - 1ns), run_action_kind::wait),
                std::pair(duration(5s), run_action_kind::give_up), std::pair(duration(1min), run_action_kind::give_up)}) {
            prediction_machine machine = created(polling(), "starting");
            CHECK(machine.on_get_failed(make_http_error_code(status), start_of_test + age, 0.5).kind == expected);
        }
}

TEST_CASE("the age of a prediction counts from the answer that told its id, not from the question")
{
    prediction_machine machine(holding(), far_deadline);
    machine.start(start_of_test);
    machine.on_created(in_status("starting"), true, start_of_test + 60s, 0.5);
    CHECK(machine.on_get_failed(make_http_error_code(404), start_of_test + 64s, 0.5).kind == run_action_kind::wait);
    CHECK(machine.on_get_failed(make_http_error_code(404), start_of_test + 65s, 0.5).kind == run_action_kind::give_up);
}

TEST_CASE("waits grow by half to their maximum, each within a tenth of its length")
{
    for (double jitter : {0.0, 0.25, 0.5, 0.75, largest_jitter}) {
        prediction_machine machine(polling(), far_deadline);
        machine.start(start_of_test);
        double interval = 0.5;
        run_action action = machine.on_created(in_status("starting"), true, start_of_test, jitter);
        for (int look = 0; look < 50; ++look) {
            CAPTURE(look);
            CAPTURE(jitter);
            REQUIRE(action.kind == run_action_kind::wait);
            double const seconds = std::chrono::duration<double>(action.pause).count();
            CHECK(std::abs(seconds - interval * (0.9 + 0.2 * jitter)) < 1e-6);
            CHECK(seconds >= interval * 0.9 - 1e-6);
            CHECK(seconds <= interval * 1.1);
            interval = std::min(interval * 1.5, 5.0);
            action = look % 2 == 0 ? machine.on_seen(in_status("processing"), start_of_test, jitter)
                                   : machine.on_get_failed(errc::connection_lost, start_of_test, jitter);
        }
        CHECK(interval == 5.0);
    }
}

TEST_CASE("one who waits by webhooks looks from time to time, as seldom as told, until no webhooks will come")
{
    run_options options;
    options.wait = replicate::wait::webhook_of({}, 30s);
    options.first_poll_interval = 100ms;
    prediction_machine machine(options, far_deadline);
    CHECK(machine.start(start_of_test).server_wait == 0s);
    run_action action = machine.on_created(in_status("starting"), true, start_of_test, 0.5);
    for (int i = 0; i < 5; ++i) {
        CHECK(action.kind == run_action_kind::wait);
        CHECK(action.pause == 30s);
        CHECK(machine.on_waited().kind == run_action_kind::get);
        action = machine.on_seen(in_status("processing"), start_of_test, 0.5);
    }
    CHECK(machine.on_webhooks_ended().kind == run_action_kind::get);
    CHECK(machine.on_seen(in_status("processing"), start_of_test, 0.5).pause == 100ms);
    CHECK(machine.on_seen(in_status("processing"), start_of_test, 0.5).pause == 150ms);
    CHECK(machine.on_webhooks_ended().kind == run_action_kind::get);
    CHECK(machine.on_seen(in_status("processing"), start_of_test, 0.5).pause == 225ms);
    CHECK(machine.on_seen(in_status("succeeded"), start_of_test, 0.5).kind == run_action_kind::finish);
}

TEST_CASE("waits follow the options, from the shortest to the longest that may be asked for")
{
    for (auto [first, longest] : {std::pair(duration(1ms), duration(1ms)), std::pair(duration(1ms), duration(10ms)),
             std::pair(duration(24h), duration(24h)), std::pair(duration(16h), duration(24h))}) {
        run_options options = polling();
        options.first_poll_interval = first;
        options.maximum_poll_interval = longest;
        CHECK_NOTHROW(replicate::detail::check(options));
        prediction_machine machine(options, start_of_test + 1000h);
        machine.start(start_of_test);
        run_action action = machine.on_created(in_status("starting"), true, start_of_test, 0.5);
        CHECK(std::chrono::abs(action.pause - first) <= 1us);
        for (int look = 0; look < 100; ++look)
            action = machine.on_seen(in_status("starting"), start_of_test, 0.5);
        CHECK(std::chrono::abs(action.pause - longest) <= 1us);
    }
}

TEST_CASE("no wait goes beyond the deadline")
{
    for (duration left = -2s; left <= 7s; left += 100ms)
        for (double jitter : {0.0, largest_jitter}) {
            prediction_machine machine(polling(), far_deadline);
            machine.start(start_of_test);
            time_point const now = far_deadline - left;
            for (int look = 0; look < 10; ++look) {
                run_action const action = machine.on_seen(in_status("starting"), now, jitter);
                CHECK(action.kind == run_action_kind::wait);
                CHECK(action.pause >= 0s);
                CHECK(action.pause <= std::max(left, duration(0)));
            }
            // The last of them was long enough to be cut.
            if (left >= 0s && left <= 4500ms)
                CHECK(machine.on_seen(in_status("starting"), now, jitter).pause == left);
        }
}

TEST_CASE("one who goes before there is a prediction leaves nothing to cancel")
{
    for (on_cancel wish : {on_cancel::cancel_remote, on_cancel::detach}) {
        run_options options = holding();
        options.on_cancel = wish;
        prediction_machine machine(options, far_deadline);
        CHECK(machine.on_stopped().kind == run_action_kind::abandon);
        machine.start(start_of_test);
        CHECK(machine.on_stopped().kind == run_action_kind::abandon);
    }
}

TEST_CASE("one who goes while the prediction runs cancels it, unless it is to be left alone; one that has ended stays")
{
    for (std::string_view status : every_status)
        for (on_cancel wish : {on_cancel::cancel_remote, on_cancel::detach})
            for (bool seen_later : {false, true}) {
                CAPTURE(status);
                run_options options = polling();
                options.on_cancel = wish;
                prediction_machine machine = created(options, seen_later ? "starting" : status);
                if (seen_later)
                    machine.on_seen(in_status(status), start_of_test, 0.5);
                bool const cancels = wish == on_cancel::cancel_remote && !is_ending(status);
                CHECK(machine.on_stopped().kind == (cancels ? run_action_kind::cancel : run_action_kind::abandon));
            }
}

TEST_CASE("one who goes when a look has failed cancels the prediction, which still runs")
{
    prediction_machine machine = created(polling(), "processing");
    CHECK(machine.on_get_failed(make_http_error_code(400), start_of_test, 0.5).kind == run_action_kind::give_up);
    CHECK(machine.on_stopped().kind == run_action_kind::cancel);
}

TEST_CASE("one who wanted no more than the creation, and has gone meanwhile, cancels the prediction")
{
    prediction_machine machine(polling(), far_deadline, run_goal::created);
    machine.start(start_of_test);
    machine.on_created(in_status("starting"), true, start_of_test, 0.5);
    CHECK(machine.on_stopped().kind == run_action_kind::cancel);
}

TEST_CASE("a clock may begin at zero")
{
    prediction_machine machine = created(polling(), "starting", time_point());
    CHECK(machine.on_stopped().kind == run_action_kind::cancel);
    CHECK(machine.on_get_failed(make_http_error_code(404), time_point(4s), 0.5).kind == run_action_kind::wait);
}

TEST_CASE("what exists already is looked at at once, waited for like any other, and judged by nobody")
{
    for (std::string_view const status : every_status) {
        CAPTURE(status);
        prediction_machine machine(polling(), far_deadline);
        CHECK(machine.attach(start_of_test).kind == run_action_kind::get);
        auto const next = machine.on_status(in_status(status).status, start_of_test + 1s, 0.5);
        CHECK(next.kind == (is_ending(status) ? run_action_kind::finish : run_action_kind::wait));
        CHECK(machine.on_stopped().kind == (is_ending(status) ? run_action_kind::abandon : run_action_kind::cancel));
    }
}

TEST_CASE("what exists already may be unknown for five seconds, and is left to run where that is wanted")
{
    run_options options = polling();
    options.on_cancel = on_cancel::detach;
    prediction_machine machine(options, far_deadline);
    machine.attach(start_of_test);
    auto const unknown = make_http_error_code(404);
    CHECK(machine.on_get_failed(unknown, start_of_test + 5s - 1ns, 0.5).kind == run_action_kind::wait);
    CHECK(machine.on_stopped().kind == run_action_kind::abandon);
    CHECK(machine.on_get_failed(unknown, start_of_test + 5s, 0.5).kind == run_action_kind::give_up);
}
