// Copyright (c) 2026 The replicate authors
// Distributed under the Boost Software License, Version 1.0.
// (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)

#include <replicate/error.hpp>
#include <replicate/io/exchange.hpp>

#include "support/coroutines.hpp"
#include "support/memory_stream.hpp"

#include <boost/asio/steady_timer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

namespace {

namespace asio = boost::asio;
using replicate::errc;
using replicate::core::sent;
using replicate::io::body_sink;
using replicate::io::body_source;
using replicate::io::body_streams;
using replicate::io::deadline_list;
using replicate::io::exchange;
using replicate::io::exchange_limits;
using replicate::io::strand;
using replicate::tests::make_strand;
using replicate::tests::memory_stream;
using replicate::tests::run_until;
using replicate::tests::run_until_ended;
using replicate::tests::task;
using namespace std::chrono_literals;
using error_code = boost::system::error_code;

class text_source final : public body_source {
public:
    explicit text_source(std::string text)
        : text_(std::move(text))
        , size_(text_.size())
    {
    }

    std::uint64_t size() const override { return size_; }
    void rewind() override { at_ = 0; }
    asio::awaitable<std::size_t> read(asio::mutable_buffer target) override
    {
        if (at_ == fails_at)
            throw replicate::detail::make_error(errc::invalid_argument, "photo.jpg: has vanished");
        std::size_t const count = asio::buffer_copy(target, asio::buffer(text_) + at_, at_most);
        at_ += count;
        co_return count;
    }

    // The size that is promised, whatever is there.
    void promise(std::uint64_t size) { size_ = size; }

    std::size_t at_most = 100'000;
    std::size_t fails_at = std::size_t(-1);

private:
    std::string text_;
    std::uint64_t size_;
    std::size_t at_ = 0;
};

class text_sink final : public body_sink {
public:
    explicit text_sink(strand executor)
        : executor_(executor)
    {
    }

    error_code begin(replicate::core::response const& head) override
    {
        status = head.status;
        return refuse;
    }
    asio::awaitable<error_code> take(std::string bytes) override
    {
        text += bytes;
        if (pause > 0ms) {
            busy = true;
            asio::steady_timer timer(executor_, pause);
            co_await timer.async_wait(asio::use_awaitable);
            busy = false;
        }
        co_return text.size() >= enough ? make_error_code(errc::body_too_large) : error_code();
    }

    unsigned status = 0;
    std::string text;
    error_code refuse;
    std::size_t enough = std::size_t(-1);
    std::chrono::milliseconds pause{0};
    bool busy = false;

private:
    strand executor_;
};

// One exchange with its streams, and what came of it.
class trial {
public:
    explicit trial(strand chosen)
        : executor(chosen)
        , stream(chosen)
        , sink(chosen)
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
    std::string request = "POST /files HTTP/1.1\r\nContent-Length: x\r\n\r\n";
    text_sink sink;
    body_streams bodies;

    std::optional<error_code> code;
    replicate::core::response response;
    bool passed_on = false;
    bool may_reuse = false;
};

asio::awaitable<void> perform(std::shared_ptr<trial> on)
{
    exchange<memory_stream> one(on->stream, on->buffer, *on->deadlines, on->limits, on->progress, on->bodies);
    on->code = co_await one.perform(on->request);
    on->response = one.response();
    on->passed_on = one.has_passed_on();
    on->may_reuse = one.may_reuse();
}

std::string letters(std::size_t count)
{
    std::string text;
    while (text.size() < count)
        text += static_cast<char>('a' + text.size() % 26);
    return text;
}

class streamed_fixture {
public:
    std::shared_ptr<trial> make_trial() { return std::make_shared<trial>(executor); }

    void run(std::shared_ptr<trial> const& on)
    {
        task const running(executor, perform(on));
        REQUIRE(run_until_ended(context, running));
        running.rethrow();
        REQUIRE(on->code.has_value());
    }

    asio::io_context context;
    strand executor = make_strand(context);
};

} // namespace

TEST_CASE_FIXTURE(streamed_fixture, "a source follows the head of its request, whole, however the stream carries it")
{
    for (std::size_t const share : {std::size_t(100), std::size_t(1'000'000)})
        for (std::size_t const at_most : {std::size_t(999), std::size_t(100'000)}) {
            std::string const text = letters(200'000);
            text_source source(text);
            source.at_most = at_most;
            auto const on = make_trial();
            on->bodies.source = &source;
            on->stream.carry_at_most(share);
            on->stream.answer("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", on->request.size() + text.size());
            run(on);
            CHECK(*on->code == error_code());
            CHECK(on->response.status == 201);
            CHECK(on->stream.received() == on->request + text);
            CHECK(on->progress.sent == sent::all);
            CHECK(on->may_reuse);
        }
}

TEST_CASE_FIXTURE(streamed_fixture, "an answer that comes before all is sent is read, although the other side takes no more")
{
    text_source source(letters(300'000));
    std::string const answer = "HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge";
    auto const on = make_trial();
    SUBCASE("of a source") { on->bodies.source = &source; }
    SUBCASE("of a large request") { on->request += letters(300'000); }
    on->stream.accept_at_most(100'000);
    on->stream.answer(answer, 90'000);
    run(on);
    CHECK(*on->code == error_code());
    CHECK(on->response.status == 413);
    CHECK(on->response.body == "large");
    CHECK(on->progress.sent == sent::a_part);
    CHECK_FALSE(on->may_reuse);
    CHECK(on->stream.is_closed());
}

TEST_CASE_FIXTURE(streamed_fixture, "a source that fails breaks the request off with what it threw")
{
    text_source source(letters(300'000));
    source.fails_at = 100'000;
    source.at_most = 50'000;
    auto const on = make_trial();
    on->bodies.source = &source;
    task const running(executor, perform(on));
    REQUIRE(run_until_ended(context, running));
    CHECK_THROWS_WITH_AS(running.rethrow(), doctest::Contains("photo.jpg"), replicate::error);
    CHECK(on->stream.is_closed());
    CHECK(on->progress.sent == sent::a_part);
}

TEST_CASE_FIXTURE(streamed_fixture, "a source that gives less than it promised never ends a request")
{
    text_source source(letters(1'000));
    source.promise(1'001);
    auto const on = make_trial();
    on->bodies.source = &source;
    task const running(executor, perform(on));
    REQUIRE(run_until_ended(context, running));
    CHECK(running.code() == errc::invalid_argument);
    CHECK(on->stream.is_closed());
    CHECK(on->progress.sent == sent::a_part);
}

TEST_CASE_FIXTURE(streamed_fixture, "a source on a line that takes nothing ends by the limit of writing")
{
    text_source source(letters(300'000));
    auto const on = make_trial();
    on->bodies.source = &source;
    on->limits.timeouts.write = 20ms;
    on->stream.accept_at_most(10);
    run(on);
    CHECK(*on->code == errc::timed_out);
    CHECK(on->progress.phase() == replicate::phase::write);
}

TEST_CASE_FIXTURE(streamed_fixture, "a sink gets the whole body of a success, which may be larger than answers are")
{
    std::string const text = letters(200'000);
    for (std::size_t const share : {std::size_t(1'000), std::size_t(1'000'000)})
        for (bool const chunked : {false, true}) {
            auto const on = make_trial();
            on->bodies.sink = &on->sink;
            on->stream.carry_at_most(share);
            on->stream.answer(chunked
                    ? "HTTP/1.1 206 Part\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n" + text + "\r\n0\r\n\r\n"
                    : "HTTP/1.1 206 Part\r\nContent-Length: 200000\r\n\r\n" + text,
                on->request.size());
            run(on);
            CHECK(*on->code == error_code());
            CHECK(on->sink.status == 206);
            CHECK(on->sink.text == text);
            CHECK(on->response.body.empty());
            CHECK(on->passed_on);
            CHECK(on->may_reuse);
        }
}

TEST_CASE_FIXTURE(streamed_fixture, "a sink gets nothing of a refusal, whose text stays in the answer")
{
    auto const on = make_trial();
    on->bodies.sink = &on->sink;
    SUBCASE("a short one")
    {
        on->stream.answer("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone", on->request.size());
        run(on);
        CHECK(*on->code == error_code());
        CHECK(on->response.body == "gone");
    }
    SUBCASE("one that is larger than answers may be")
    {
        std::string const text = letters(100'000);
        on->stream.answer("HTTP/1.1 404 Not Found\r\nContent-Length: 100000\r\n\r\n" + text, on->request.size());
        run(on);
        CHECK(*on->code == errc::body_too_large);
    }
    CHECK(on->sink.status == 0);
    CHECK_FALSE(on->passed_on);
}

TEST_CASE_FIXTURE(streamed_fixture, "while a sink is busy nothing is read and no time runs out")
{
    auto const on = make_trial();
    on->bodies.sink = &on->sink;
    on->bodies.silence = 30ms;
    on->sink.pause = 100ms;
    on->stream.answer("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc", on->request.size());
    on->stream.answer("def", on->request.size());
    task const running(executor, perform(on));
    REQUIRE(run_until(context, [&] { return on->sink.busy; }));
    CHECK_FALSE(on->stream.is_reading());
    REQUIRE(run_until_ended(context, running));
    CHECK(*on->code == error_code());
    CHECK(on->sink.text == "abcdef");
}

TEST_CASE_FIXTURE(streamed_fixture, "silence within a streamed answer ends it")
{
    auto const on = make_trial();
    on->bodies.sink = &on->sink;
    on->bodies.silence = 30ms;
    on->stream.answer("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc", on->request.size());
    run(on);
    CHECK(*on->code == errc::timed_out);
    CHECK(on->sink.text == "abc");
    CHECK(on->passed_on);
}

TEST_CASE_FIXTURE(streamed_fixture, "a sink can refuse an answer and can have enough of one")
{
    auto const on = make_trial();
    on->bodies.sink = &on->sink;
    on->stream.answer("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc", on->request.size());
    SUBCASE("refuse")
    {
        on->sink.refuse = errc::unexpected_content;
        run(on);
        CHECK(*on->code == errc::unexpected_content);
        CHECK(on->sink.text.empty());
    }
    SUBCASE("enough")
    {
        on->sink.enough = 3;
        run(on);
        CHECK(*on->code == errc::body_too_large);
    }
    CHECK_FALSE(on->may_reuse);
}
