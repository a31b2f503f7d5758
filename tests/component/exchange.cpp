// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/io/exchange.hpp>

#include "support/coroutines.hpp"
#include "support/memory_stream.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace asio = boost::asio;
using replicate::errc;
using replicate::phase;
using replicate::core::sent;
using replicate::io::deadline_list;
using replicate::io::exchange;
using replicate::io::exchange_limits;
using replicate::io::strand;
using replicate::tests::make_strand;
using replicate::tests::memory_stream;
using replicate::tests::run_dry;
using replicate::tests::run_ready;
using replicate::tests::run_until;
using replicate::tests::run_until_ended;
using replicate::tests::task;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;
using error_code = boost::system::error_code;

// One exchange: its stream and what came of it.
class trial {
public:
    explicit trial(strand chosen)
        : executor(chosen)
        , stream(chosen)
    {
        limits.header_bytes = 8 * 1024;
        limits.body_bytes = 64 * 1024;
    }

    strand executor;
    memory_stream stream;
    std::shared_ptr<deadline_list> deadlines = std::make_shared<deadline_list>(executor);
    replicate::io::attempt progress;
    boost::beast::flat_buffer buffer;
    exchange_limits limits;
    std::string request = "GET / HTTP/1.1\r\n\r\n";

    std::optional<error_code> code;
    replicate::core::response response;
    bool may_reuse = false;
};

asio::awaitable<void> perform(std::shared_ptr<trial> on)
{
    exchange<memory_stream> one(on->stream, on->buffer, *on->deadlines, on->limits, on->progress);
    on->code = co_await one.perform(on->request);
    on->response = one.response();
    on->may_reuse = one.may_reuse();
}

// What the other side says, and what is to be made of it.
class message {
public:
    std::string name;
    std::string answer;
    unsigned status = 200;
    std::string body;
    bool reusable = true;
    // The end of the connection is the end of the body.
    bool until_end = false;

    message(std::string what, std::string text, unsigned expected_status, std::string expected_body)
        : name(std::move(what))
        , answer(std::move(text))
        , status(expected_status)
        , body(std::move(expected_body))
    {
    }

    message not_reusable() &&
    {
        reusable = false;
        return std::move(*this);
    }

    message ended_by_the_connection() &&
    {
        until_end = true;
        return std::move(*this).not_reusable();
    }

    std::size_t header_size() const { return answer.rfind("\r\n\r\n") + 4; }
};

std::vector<message> messages()
{
    std::vector<message> all;
    all.push_back(message("a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"));
    all.push_back(message("chunks",
        "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", 201,
        "hello"));
    all.push_back(message("interim answers first",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        200, "ok"));
    all.push_back(message("no body by its status", "HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n", 204, ""));
    all.push_back(message("no body by its length", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404, ""));
    all.push_back(
        message("a body to the end of the connection", "HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\nhello", 200, "hello")
            .ended_by_the_connection());
    all.push_back(
        message("the wish to close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 200, "ok")
            .not_reusable());
    all.push_back(
        message("an old version", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok").not_reusable());
    all.push_back(
        message("a length said twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", 200, "ok")
            .not_reusable());
    return all;
}

class exchange_fixture {
public:
    std::shared_ptr<trial> make_trial(message const& what)
    {
        auto const result = std::make_shared<trial>(executor);
        result->stream.answer(what.answer, result->request.size());
        if (what.until_end)
            result->stream.end_with(asio::error::eof);
        return result;
    }

    // Runs a trial to its end, after which nothing may be left to do.
    void run(std::shared_ptr<trial> const& on)
    {
        task const running(executor, perform(on));
        REQUIRE(run_until_ended(context, running));
        running.rethrow();
        REQUIRE(run_dry(context));
        REQUIRE(on->code.has_value());
    }

    asio::io_context context;
    strand executor = make_strand(context);
};

void check_success(trial const& on, message const& expected)
{
    CHECK(*on.code == error_code());
    CHECK(on.response.status == expected.status);
    CHECK(on.response.body == expected.body);
    CHECK(on.stream.received() == on.request);
    CHECK(on.progress.sent == sent::all);
    CHECK(on.progress.answered);
    CHECK(on.progress.phase() == phase::read);
    CHECK(on.may_reuse == expected.reusable);
}

error_code expected_code(trial const& on, error_code injected)
{
    if (injected == asio::error::operation_aborted)
        return injected;
    return on.stream.delivered() > 0 ? errc::truncated_response : errc::connection_lost;
}

void check_failure(trial const& on, message const& expected, error_code injected)
{
    bool const all_written = on.stream.received().size() == on.request.size();
    CHECK(on.progress.sent == (all_written ? sent::all : sent::a_part));
    CHECK(on.progress.answered == (on.stream.delivered() > 0));
    CHECK_FALSE(on.may_reuse);
    bool const in_body = on.stream.delivered() >= expected.header_size();
    if (expected.until_end && in_body && injected == asio::error::eof) {
        CHECK(*on.code == error_code()); // nobody could tell that it was cut
        CHECK(expected.body.compare(0, on.response.body.size(), on.response.body) == 0);
    } else {
        CHECK(*on.code == expected_code(on, injected));
    }
}

} // namespace

TEST_CASE_FIXTURE(
    exchange_fixture, "every exchange fails rightly, whichever operation fails first, and succeeds when none does")
{
    error_code const errors[] = {asio::error::connection_reset, asio::error::eof, asio::ssl::error::stream_truncated,
        asio::error::operation_aborted};
    for (message const& what : messages())
        for (std::size_t const share : {std::size_t(1), std::size_t(7), std::size_t(100'000)})
            for (error_code const& injected : errors) {
                std::size_t failed = 0;
                for (bool succeeded = false; !succeeded; ++failed) {
                    CAPTURE(what.name);
                    CAPTURE(share);
                    CAPTURE(injected);
                    CAPTURE(failed);
                    auto const on = make_trial(what);
                    on->stream.carry_at_most(share);
                    on->stream.fail_at(failed, injected);
                    run(on);
                    succeeded = on->stream.operations() <= failed;
                    if (succeeded)
                        check_success(*on, what);
                    else
                        check_failure(*on, what, injected);
                }
                CHECK(failed >= 3);
            }
}

TEST_CASE_FIXTURE(exchange_fixture,
    "an exchange that may not be reused after a failure leaves the stream to be dropped, not the next one")
{
    // A second exchange over the same stream and buffer, after a clean first one.
    auto const on = make_trial(messages()[0]);
    run(on);
    CHECK(on->may_reuse);
    CHECK(on->buffer.size() == 0);
    on->stream.answer("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond");
    on->code.reset();
    run(on);
    CHECK(*on->code == error_code());
    CHECK(on->response.body == "second");
    CHECK(on->stream.received() == on->request + on->request);
}

TEST_CASE_FIXTURE(exchange_fixture, "bytes behind the answer forbid another exchange")
{
    for (std::string const extra : {"x", "\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"}) {
        CAPTURE(extra);
        message what = messages()[0];
        what.answer += extra;
        auto const on = make_trial(what);
        run(on);
        CHECK(*on->code == error_code());
        CHECK(on->response.body == "hello");
        CHECK_FALSE(on->may_reuse);
    }
}

TEST_CASE_FIXTURE(exchange_fixture, "what is not HTTP/1 as it should be is malformed, and never reusable")
{
    std::string const answers[] = {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "<html></html>\r\n\r\n",
        "HTTP/1.1 99 Low\r\n\r\n", "HTTP/1.1 600 High\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"};
    for (std::string const& answer : answers)
        for (std::size_t const share : {std::size_t(1), std::size_t(100'000)}) {
            CAPTURE(answer);
            CAPTURE(share);
            auto const on = std::make_shared<trial>(executor);
            on->stream.answer(answer, on->request.size());
            on->stream.end_with(asio::error::eof);
            on->stream.carry_at_most(share);
            run(on);
            CHECK(*on->code == errc::malformed_response);
            CHECK(on->progress.sent == sent::all);
            CHECK(on->progress.answered);
            CHECK_FALSE(on->may_reuse);
        }
}

TEST_CASE_FIXTURE(exchange_fixture, "an answer beyond the limits is refused without being read to its end")
{
    auto const on = std::make_shared<trial>(executor);
    SUBCASE("the header")
    {
        on->stream.answer("HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 1000; ++i)
            on->stream.answer("X-Filler: " + std::string(100, 'x') + "\r\n");
        run(on);
        CHECK(*on->code == errc::header_too_large);
        CHECK(on->stream.delivered() < 30'000);
    }
    SUBCASE("the body, by its length")
    {
        on->stream.answer("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n");
        run(on);
        CHECK(*on->code == errc::body_too_large);
    }
    SUBCASE("the body, as it comes")
    {
        on->stream.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 100; ++i)
            on->stream.answer("400\r\n" + std::string(1024, 'x') + "\r\n");
        run(on);
        CHECK(*on->code == errc::body_too_large);
        CHECK(on->stream.delivered() < 70'000);
    }
    CHECK_FALSE(on->may_reuse);
}

TEST_CASE_FIXTURE(exchange_fixture, "a server that answers and goes before it has the whole request is heard")
{
    auto const on = std::make_shared<trial>(executor);
    on->request.append(100'000, 'x');
    on->stream.answer("HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\n\r\ntoo large", 40'000);
    on->stream.accept_at_most(40'000, asio::error::broken_pipe);
    SUBCASE("with a reset")
    {
        on->stream.end_with(asio::error::connection_reset);
    }
    SUBCASE("with an end")
    {
        on->stream.end_with(asio::error::eof);
    }
    run(on);
    CHECK(*on->code == error_code());
    CHECK(on->response.status == 413);
    CHECK(on->response.body == "too large");
    CHECK(on->progress.sent == sent::a_part);
    CHECK(on->progress.answered);
    CHECK_FALSE(on->may_reuse);
}

TEST_CASE_FIXTURE(
    exchange_fixture, "a server that goes before it has the whole request, in the middle of its answer, is a loss")
{
    auto const on = std::make_shared<trial>(executor);
    on->request.append(100'000, 'x');
    on->stream.accept_at_most(40'000, asio::error::broken_pipe);
    on->stream.end_with(asio::error::connection_reset);
    SUBCASE("without an answer")
    {
        run(on);
        CHECK(*on->code == errc::connection_lost);
        CHECK_FALSE(on->progress.answered);
    }
    SUBCASE("with a part of one")
    {
        on->stream.answer("HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\n\r\ntoo", 40'000);
        run(on);
        CHECK(*on->code == errc::truncated_response);
        CHECK(on->progress.answered);
    }
    CHECK(on->progress.sent == sent::a_part);
    CHECK_FALSE(on->may_reuse);
}

TEST_CASE_FIXTURE(exchange_fixture, "each phase that takes too long ends in timed_out and closes the stream")
{
    auto const on = std::make_shared<trial>(executor);
    phase expected = phase::write;
    sent expected_sent = sent::all;
    SUBCASE("the other side takes nothing")
    {
        on->limits.timeouts.write = 20ms;
        on->stream.accept_at_most(0);
        expected_sent = sent::a_part;
    }
    SUBCASE("the other side takes a part")
    {
        on->limits.timeouts.write = 20ms;
        on->stream.accept_at_most(10);
        expected_sent = sent::a_part;
    }
    SUBCASE("no answer comes")
    {
        on->limits.timeouts.response = 20ms;
        expected = phase::wait;
    }
    SUBCASE("the header comes in part")
    {
        on->limits.timeouts.response = 20ms;
        on->stream.answer("HTTP/1.1 200 OK\r\nConte");
        expected = phase::wait;
    }
    SUBCASE("only interim answers come")
    {
        on->limits.timeouts.response = 20ms;
        on->stream.answer("HTTP/1.1 102 Processing\r\n\r\n");
        expected = phase::wait;
    }
    SUBCASE("the body comes in part")
    {
        on->limits.timeouts.read = 20ms;
        on->stream.answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
        expected = phase::read;
    }
    auto const begin = clock::now();
    run(on);
    CHECK(*on->code == errc::timed_out);
    CHECK(on->progress.phase() == expected);
    CHECK(on->progress.sent == expected_sent);
    CHECK(on->progress.answered == (on->stream.delivered() > 0));
    CHECK(on->stream.is_closed());
    CHECK_FALSE(on->may_reuse);
    CHECK(clock::now() - begin >= 20ms);
    CHECK(clock::now() - begin < 5s);
}

namespace {

// Sends one letter every few milliseconds, for ever.
asio::awaitable<void> drip(std::shared_ptr<trial> on, std::string letters)
{
    asio::steady_timer timer(on->executor);
    for (std::size_t i = 0; !on->stream.is_closed(); ++i) {
        timer.expires_after(3ms);
        co_await timer.async_wait(asio::use_awaitable);
        on->stream.answer(letters.substr(i % letters.size(), 1));
    }
}

} // namespace

TEST_CASE_FIXTURE(exchange_fixture, "a server that drips does not extend its time")
{
    auto const on = std::make_shared<trial>(executor);
    on->limits.timeouts.response = 30ms;
    on->limits.timeouts.read = 30ms;
    std::string letters = "x";
    SUBCASE("the header")
    {
        on->stream.answer("HTTP/1.1 200 OK\r\nX-Long: ");
    }
    SUBCASE("the body")
    {
        on->stream.answer("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
    }
    SUBCASE("interim answers")
    {
        on->stream.answer("HTTP/1.1 100 Continue\r\n");
        letters = "\r\nHTTP/1.1 100 Continue\r\n";
    }
    auto const begin = clock::now();
    task const other(executor, drip(on, letters));
    run(on);
    CHECK(*on->code == errc::timed_out);
    CHECK(clock::now() - begin < 5s);
}

TEST_CASE_FIXTURE(exchange_fixture, "what the service was asked to wait is added to the limit of its answer")
{
    auto const on = std::make_shared<trial>(executor);
    on->limits.timeouts.response = 1ms;
    on->limits.server_wait = 60s;
    task const running(executor, perform(on));
    asio::steady_timer later(executor, 30ms);
    later.async_wait([&](error_code) { on->stream.answer(messages()[0].answer); });
    REQUIRE(run_until_ended(context, running));
    check_success(*on, messages()[0]);
}

namespace {

// Lets the answer come when its own time has come.
class answering_entry final : public replicate::io::deadline_entry {
public:
    explicit answering_entry(memory_stream& stream)
        : stream_(stream)
    {
    }

private:
    void on_deadline() override { stream_.answer(messages()[0].answer); }

    memory_stream& stream_;
};

} // namespace

TEST_CASE_FIXTURE(exchange_fixture, "an answer that comes whole as its time ends counts, but its stream is closed")
{
    auto const on = std::make_shared<trial>(executor);
    on->limits.timeouts.response = 20ms;
    task const running(executor, perform(on));
    run_ready(context);
    REQUIRE(on->stream.is_reading());
    // One look of the list finds both: the answer comes, then the limit closes the stream, then the reader runs.
    answering_entry answering(on->stream);
    on->deadlines->arm(answering, clock::now());
    auto const both_due = clock::now() + 25ms;
    while (clock::now() < both_due) {}
    REQUIRE(run_until_ended(context, running));
    CHECK(on->stream.is_closed());
    CHECK(*on->code == error_code());
    CHECK(on->response.body == "hello");
    CHECK_FALSE(on->may_reuse);
}

TEST_CASE_FIXTURE(exchange_fixture, "a cancelled exchange ends as aborted and says how far it came")
{
    auto const on = std::make_shared<trial>(executor);
    sent expected = sent::all;
    SUBCASE("while it writes")
    {
        on->stream.accept_at_most(5);
        expected = sent::a_part;
    }
    SUBCASE("while it waits")
    {
    }
    SUBCASE("while it reads")
    {
        on->stream.answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
    }
    task running(executor, perform(on));
    run_ready(context);
    REQUIRE_FALSE(running.ended());
    running.cancel();
    CHECK(run_dry(context));
    CHECK(running.ended());
    CHECK((running.code() == asio::error::operation_aborted || on->code == asio::error::operation_aborted));
    CHECK(on->progress.sent == expected);
    CHECK(on->progress.answered == (on->stream.delivered() > 0));
    CHECK_FALSE(on->may_reuse);
    CHECK_FALSE(on->stream.is_reading());
    CHECK_FALSE(on->stream.is_writing());
}

TEST_CASE("a context that is destroyed during an exchange takes the exchange with it")
{
    std::weak_ptr<trial> watched;
    {
        std::optional<asio::io_context> context(std::in_place);
        auto on = std::make_shared<trial>(make_strand(*context));
        watched = on;
        SUBCASE("while it writes")
        {
            on->stream.accept_at_most(5);
        }
        SUBCASE("while it waits")
        {
        }
        SUBCASE("while it reads")
        {
            on->stream.answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
        }
        task(on->executor, perform(on));
        run_ready(*context);
        CHECK_FALSE(on->code.has_value());
        // The stream would keep the handler that keeps the stream; a socket gives it to the context instead.
        error_code ignored;
        on->stream.close(ignored);
        on.reset();
        CHECK_FALSE(watched.expired());
    }
    CHECK(watched.expired());
}
